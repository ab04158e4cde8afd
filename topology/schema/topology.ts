import { z } from 'zod';
import { link } from './links.ts';
import { policies } from './policies.ts';
import { site } from './sites.ts';
import { entityName } from './texts.ts';
import { workload } from './workloads.ts';

/**
 * The topology file as people write it. Every key carries its meaning (`describe`), its example and its default:
 * docs/reference/topology-file.md and the JSON Schema are generated from here.
 */
export const topologyFormat = 'longhaul-topology/1';

export const topologyFile = z.strictObject({
  format: z.literal(topologyFormat).describe('Says which form the file has.'),
  name: entityName('europe').describe('Of the whole.'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .prefault('EUR')
    .meta({ examples: ['CHF'], description: 'ISO 4217 code of every price.' }),
  sites: z.array(site).min(1).meta({ description: 'Data centres.' }),
  links: z.array(link).prefault([]).meta({ description: 'WAN circuits between sites.' }),
  workloads: z.array(workload).prefault([]).meta({ description: 'What can be moved.' }),
  policies: policies.prefault({}).meta({ description: 'Rules that hold at every instant.' }),
});
export type RawTopology = z.output<typeof topologyFile>;
