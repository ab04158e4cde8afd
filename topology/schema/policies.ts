import { z } from 'zod';
import { count, scope, selector } from './elements.ts';
import { bitsPerSecond, ratio, seconds } from './quantities.ts';
import { entityName } from './texts.ts';

/** Rules over workloads that hold at every instant. */
export const policies = z.strictObject({
  antiAffinity: z
    .array(
      z.strictObject({
        name: entityName('web-apart').describe('Unique among the policies.'),
        workloads: selector.describe('Names, or labels.'),
        scope: scope.describe('Never two of them on one host, or at one site.'),
      }),
    )
    .prefault([])
    .meta({ description: 'Kept apart, also in transit.' }),
  quorums: z
    .array(
      z.strictObject({
        name: entityName('etcd').describe('Unique among the policies.'),
        workloads: selector.describe('Three or more; at most ⌊(n−1)/2⌋ are disturbed at once.'),
      }),
    )
    .prefault([])
    .meta({ description: 'Clusters that need a majority.' }),
  residency: z
    .array(
      z.strictObject({
        name: entityName('eu-data').describe('Unique among the policies.'),
        workloads: selector.describe('Names, or labels.'),
        allowed: z
          .array(z.string().min(1))
          .min(1)
          .meta({ examples: [['FR', 'DE']], description: 'Values of `residency` of a site.' }),
      }),
    )
    .prefault([])
    .meta({ description: 'Where data may lie.' }),
  zones: z
    .array(
      z.strictObject({
        name: entityName('card-data').describe('Unique among the policies.'),
        zone: entityName('pci').describe('Only at sites that hold this zone.'),
        workloads: selector.describe('Names, or labels.'),
        neverBeside: selector.optional().describe('Never on one host, or at one site, with these.'),
        scope,
      }),
    )
    .prefault([])
    .meta({ description: 'Compliance zones.' }),
  licences: z
    .array(
      z.strictObject({
        name: entityName('oracle').describe('Unique among the policies.'),
        workloads: selector.describe('Names, or labels.'),
        sites: z
          .array(entityName('paris'))
          .min(1)
          .meta({ examples: [['paris']], description: 'Licensed there.' }),
        hostsMax: count(1, 2).optional().describe('Hosts of each site they may run on; default any number.'),
      }),
    )
    .prefault([])
    .meta({ description: 'Licences bound to sites or hosts.' }),
  hypervisors: z
    .array(
      z.strictObject({
        hypervisor: entityName('libvirt').describe('Hosts with this driver.'),
        rttMax: seconds({ example: '150 ms' }).optional().describe("Default the planner's own."),
        jitterMax: seconds({ example: '5 ms' }).optional().describe("Default the planner's own."),
        lossMax: ratio('0.1 %').optional().describe("Default the planner's own."),
        rateMin: bitsPerSecond({ example: '250 Mbit/s' }).optional().describe("Default the planner's own."),
      }),
    )
    .prefault([])
    .meta({ description: 'Limits of live moves, where they differ.' }),
});
