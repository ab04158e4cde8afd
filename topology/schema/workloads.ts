import { z } from 'zod';
import { count, flag, names, texts } from './elements.ts';
import { bytes, bytesPerSecond, ratio, seconds } from './quantities.ts';
import { address, dnsName, entityName, macAddress, subnet } from './texts.ts';
import { window } from './times.ts';

const disk = z.strictObject({
  name: entityName('root').describe('Unique within its workload.'),
  size: bytes({ example: '40 GiB', min: { value: 1, text: '1 B' } }).describe('As the guest sees it.'),
  used: bytes({ example: '12 GiB' }).optional().describe('Bytes to copy; default its size.'),
  storage: entityName('san-metro')
    .optional()
    .describe("Shared storage it lies on; default its host's own disks."),
  write: bytesPerSecond({ example: '2 MiB/s' })
    .prefault('0 B/s')
    .describe('Written by the guest, on average.'),
  read: bytesPerSecond({ example: '5 MiB/s' }).prefault('0 B/s').describe('Read by the guest, on average.'),
  seeded: z
    .record(z.string(), bytes({ example: '10 GiB' }))
    .prefault({})
    .meta({ examples: [{ lyon: '10 GiB' }], description: 'By site: bytes of it that are there already.' }),
});

const dirtySample = z.strictObject({
  interval: seconds({ example: '1 s', min: { value: 0.001, text: '1 ms' } }).describe('Sampling interval.'),
  rate: bytesPerSecond({ example: '40 MiB/s' }).describe('Distinct bytes dirtied in it, a second.'),
});

const workloadAddress = z.strictObject({
  network: entityName('lan').describe('A network of its site.'),
  address: address('10.1.0.50').describe('Inside that network.'),
  mac: macAddress().optional().describe('Of the card that bears it; default found out by the agent.'),
  origin: z
    .enum(['static', 'dhcp'])
    .prefault('static')
    .meta({ examples: ['dhcp'], description: 'How it got it.' }),
  newAddresses: z
    .record(
      z.string(),
      z.strictObject({
        network: entityName('lan').describe('A network of the target site.'),
        address: address('10.2.0.50').describe('Free, inside that network, outside its DHCP pools.'),
      }),
    )
    .prefault({})
    .meta({ examples: [{ lyon: { network: 'lan', address: '10.2.0.50' } }], description: 'By target site.' }),
});

/** What is moved as one. */
export const workload = z.strictObject({
  name: entityName('web-1').describe('Unique.'),
  site: entityName('paris').describe('Where it runs.'),
  host: entityName('paris-1').describe('The host there.'),
  vcpus: count(1, 4).describe('Virtual CPUs.'),
  memory: bytes({ example: '8 GiB', min: { value: 2 ** 20, text: '1 MiB' } }).describe(
    'As the guest sees it.',
  ),
  resident: bytes({ example: '5 GiB' })
    .optional()
    .describe('Part of it that the host holds, about what is not zero; default found out.'),
  disks: z.array(disk).prefault([]).meta({ description: 'Its disks.' }),
  dirty: z
    .array(dirtySample)
    .prefault([])
    .meta({ description: 'Its dirty curve; empty: to be measured by probe.' }),
  addresses: z.array(workloadAddress).prefault([]).meta({ description: 'Its addresses.' }),
  names: z
    .array(
      z.strictObject({
        name: dnsName('app.example.test').describe(
          'Absolute, without the final dot; it moves with the workload.',
        ),
        ttl: seconds({ example: '5 min' }).prefault('1 h').describe('Time to live of its records.'),
      }),
    )
    .prefault([])
    .meta({ description: 'DNS names that point at it.' }),
  sessions: z
    .enum(['keep', 'drain', 'may-break'])
    .prefault('keep')
    .meta({ examples: ['drain'], description: 'Open sessions survive; end by themselves; may be cut.' }),
  downtimeBudget: seconds({ example: '500 ms' }).prefault('1 s').describe('Longest stop its users accept.'),
  dependsOn: names('db-1').describe('Workloads that move before it.'),
  peers: z
    .array(
      z.strictObject({
        workload: entityName('db-1').describe('The other one.'),
        traffic: bytesPerSecond({ example: '3 MiB/s' }).prefault('0 B/s').describe('Both ways together.'),
        rttMax: seconds({ example: '5 ms' })
          .optional()
          .describe('Longest round trip they bear; default any.'),
      }),
    )
    .prefault([])
    .meta({ description: 'Workloads it talks to a lot.' }),
  egressIdentity: z
    .enum(['old', 'new'])
    .prefault('new')
    .meta({
      examples: ['old'],
      description: 'Which address outsiders see of sessions it opens after the move.',
    }),
  egressPrefixes: z
    .array(subnet('198.51.100.0/24'))
    .prefault([])
    .meta({
      examples: [['198.51.100.0/24']],
      description: 'With `old`: only towards these; empty: towards all.',
    }),
  addressTies: z
    .strictObject({
      vrrp: flag(false).describe('Shares a virtual address with a neighbour.'),
      multicast: flag(false).describe('Finds neighbours by multicast or broadcast.'),
      inPayload: flag(false).describe('Writes its address into what it sends.'),
      allowLists: z
        .array(
          z.strictObject({
            partner: z
              .string()
              .min(1)
              .meta({ examples: ['bank'], description: 'Who lets only this address in.' }),
            prefixes: z
              .array(subnet('198.51.100.0/24'))
              .prefault([])
              .meta({ examples: [['198.51.100.0/24']], description: "The partner's own prefixes." }),
          }),
        )
        .prefault([])
        .meta({ description: 'Partners who must be told first.' }),
    })
    .prefault({})
    .meta({ description: 'What hangs on its address.' }),
  traffic: z
    .strictObject({
      openSessions: count(0, 250).prefault(0).describe('Open at a time.'),
      sessionLife: seconds({ example: '20 min' }).optional().describe('Mean life of one; default not known.'),
      rate: bytesPerSecond({ example: '4 MiB/s' })
        .prefault('0 B/s')
        .describe('With its clients, both ways together.'),
    })
    .prefault({})
    .meta({ description: 'What its clients do, on average.' }),
  cpuUse: ratio('35 %').prefault(0.5).describe("Share of its vCPUs' time in use."),
  ports: z
    .array(z.int().min(1).max(65_535))
    .prefault([])
    .meta({ examples: [[443]], description: 'TCP ports that must answer at the target.' }),
  cpuModel: z
    .string()
    .min(1)
    .optional()
    .meta({ examples: ['Broadwell'], description: "CPU model it sees; default its host's own." }),
  machineType: z
    .string()
    .min(1)
    .optional()
    .meta({ examples: ['pc-q35-7.2'], description: 'Machine type; default not known and not checked.' }),
  devices: texts('gpu-a100').describe('Passed through from its host.'),
  vtpm: flag(false).describe('Has a virtual TPM.'),
  snapshots: count(0, 1).prefault(0).describe('Snapshots its hypervisor holds.'),
  localMedia: texts('installer.iso').describe('Images in its drives that lie on its host.'),
  labels: z
    .record(z.string(), z.string())
    .prefault({})
    .meta({ examples: [{ app: 'shop', tier: 'web' }], description: 'For selectors.' }),
  methods: z
    .array(z.enum(['stretched-live', 'routed-live', 'redirect', 'cold']))
    .min(1)
    .prefault(['stretched-live', 'routed-live', 'redirect', 'cold'])
    .meta({ examples: [['routed-live', 'cold']], description: 'Ways it may move.' }),
  clone: z
    .strictObject({
      template: z
        .string()
        .min(1)
        .meta({ examples: ['web-image-12'], description: 'What a clone is made from.' }),
      time: seconds({ example: '90 s' }).describe('From order to ready.'),
      size: bytes({ example: '2 GiB' }).prefault('0 B').describe('What must cross the link for it.'),
      pool: entityName('web').optional().describe('Balancer pool it joins; default clients find it by name.'),
    })
    .optional()
    .meta({ description: 'Present where it can be cloned (stateless or replicated).' }),
  shutdown: seconds({ example: '20 s' }).prefault('30 s').describe('Time to shut down in good order.'),
  boot: seconds({ example: '45 s' }).prefault('60 s').describe('Time from power-on to serving.'),
  priority: z
    .int()
    .min(-1000)
    .max(1000)
    .prefault(0)
    .meta({ examples: [10], description: 'Higher goes first.' }),
  windows: z.array(window).prefault([]).meta({ description: 'When it may move; empty: always.' }),
  changeControlled: flag(false).describe('Moves only under a runbook that names a change ticket.'),
});
export type RawWorkload = z.output<typeof workload>;
