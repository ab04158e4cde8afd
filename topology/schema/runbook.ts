import { z } from 'zod';
import { count, selector } from './elements.ts';
import { money, ratio, seconds } from './quantities.ts';
import { entityName } from './texts.ts';
import { instant, timeOfDay } from './times.ts';

/** The runbook file as people write it: one goal, its own keys, and the keys that every goal has. */
export const runbookFormat = 'longhaul-runbook/1';

const siteNames = z
  .array(entityName('lyon'))
  .min(1)
  .meta({ examples: [['lyon', 'frankfurt']] });

const price = (example: number) =>
  z
    .number()
    .min(0)
    .optional()
    .meta({ examples: [example] });

const weights = z.strictObject({
  preset: z
    .enum(['keep-sessions', 'fastest', 'cheapest', 'safest'])
    .prefault('keep-sessions')
    .meta({ examples: ['fastest'], description: 'Where the other weights come from.' }),
  downtimeSecond: price(2).describe('A second of downtime of one workload.'),
  sessionLost: price(0.5).describe('A session that is cut.'),
  moveSecond: price(0.01).describe('A second that a move takes.'),
  gibibyte: price(0.02).describe('A GiB over a link, beside its price.'),
  tromboneGibibytePerDay: price(0.1).describe('A GiB a day that still goes through the old site.'),
  risk: price(1000).describe('Losing a workload, times the probability of it.'),
});

const freeze = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .meta({ examples: ['month-end closing'], description: 'Why.' }),
    from: instant().describe('Beginning.'),
    to: instant().describe('End.'),
    workloads: selector.optional().describe('Only these; default all.'),
  })
  .meta({ description: 'A time in which nothing starts and nothing still runs.' });

const common = {
  format: z.literal(runbookFormat).describe('Says which form the file has.'),
  name: entityName('storm').describe('Of the runbook.'),
  start: instant().optional().describe('Not before; default when told to.'),
  deadline: instant().optional().describe('All is done by then.'),
  confidence: ratio('90 %')
    .prefault(0.9)
    .describe('Probability with which the whole fleet is done by the deadline.'),
  limits: z
    .strictObject({
      downtimeMax: seconds({ example: '5 s' })
        .optional()
        .describe('Of any workload; default its own budget.'),
      movesMax: count(1, 8).prefault(8).describe('Moves at once.'),
      linkShareMax: ratio('80 %').prefault(1).describe('Of what each link leaves beside its reserved share.'),
      costMax: money('once').optional().describe('Of the whole; default no limit.'),
      postCopyRiskMax: ratio('0.1 %')
        .prefault(0.001)
        .describe('Probability of losing a workload to a link outage during post-copy.'),
      drainMax: seconds({ example: '2 h' })
        .prefault('1 h')
        .describe('Old sessions are followed for so long, then reset and listed.'),
    })
    .prefault({})
    .meta({ description: 'What the plan may use.' }),
  weights: z
    .union([z.enum(['keep-sessions', 'fastest', 'cheapest', 'safest']), weights])
    .prefault('keep-sessions')
    .meta({
      examples: ['fastest'],
      description:
        "What matters: a preset, or a preset and the weights that differ, in the topology's currency.",
    }),
  approvals: z
    .array(z.string().min(1))
    .prefault([])
    .meta({ examples: [['net-on-call']], description: 'Whose approval a run waits for.' }),
  changeTicket: z
    .string()
    .min(1)
    .optional()
    .meta({ examples: ['CHG-20417'], description: 'The change it belongs to.' }),
  freezes: z.array(freeze).prefault([]).meta({ description: 'When nothing may move.' }),
};

const goal = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, meaning: string, shape: Shape) =>
  z
    .strictObject({ ...common, goal: z.literal(kind).describe(meaning), ...shape })
    .meta({ description: meaning });

const evacuate = goal('evacuate', 'Empty a site.', {
  from: entityName('paris').describe('The site to empty.'),
  to: siteNames.optional().describe('Where to; default every other site.'),
});

const drainHost = goal('drain-host', 'Empty one host.', {
  site: entityName('paris').describe('Its site.'),
  host: entityName('paris-1').describe('The host to empty.'),
  to: siteNames.optional().describe('Where to; default its own site first, then every other.'),
});

const move = goal('move', 'Move these workloads.', {
  workloads: selector.describe('Names, or labels.'),
  to: entityName('lyon').describe('Where to.'),
});

const followTheSun = goal('follow-the-sun', 'Run where it is day; recurring.', {
  workloads: selector.describe('Names, or labels.'),
  schedule: z
    .array(
      z.strictObject({
        site: entityName('paris').describe('Where they are to run.'),
        from: timeOfDay().describe('From then on, every day.'),
      }),
    )
    .min(2)
    .meta({ description: 'The round of a day.' }),
  benefitPerHour: money('hour').describe('Worth of an hour of one workload at its scheduled site.'),
  cooldown: seconds({ example: '4 h' }).prefault('1 h').describe('No workload moves twice within it.'),
});

const burst = goal('burst', 'Add clones elsewhere while load is high.', {
  workloads: selector.describe('Names, or labels; they have a `clone`.'),
  to: entityName('cloud').describe('Where the clones run.'),
  load: ratio('85 %').describe('Share of their capacity in use now.'),
  loadMax: ratio('80 %').prefault(0.8).describe('Clones are added above.'),
  loadMin: ratio('50 %').prefault(0.5).describe('Clones are taken back below.'),
  clonesMax: count(1, 4).prefault(4).describe('Of each workload, at once.'),
});

const rebalance = goal('rebalance', 'Level the load, or empty hosts to switch them off.', {
  sites: siteNames.optional().describe('Among these; default all.'),
  aim: z
    .enum(['level', 'power-off'])
    .prefault('level')
    .meta({ examples: ['power-off'], description: 'Even load, or as few hosts as possible.' }),
});

const place = goal('place', 'Where should new ones start?', {
  workloads: selector.describe('The new ones are like these.'),
  count: count(1, 3).prefault(1).describe('New ones of each.'),
  sites: siteNames.optional().describe('Among these; default all.'),
});

export const runbookFile = z.discriminatedUnion('goal', [
  evacuate,
  drainHost,
  move,
  followTheSun,
  burst,
  rebalance,
  place,
]);
export type RawRunbook = z.output<typeof runbookFile>;
