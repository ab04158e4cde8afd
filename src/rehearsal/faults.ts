import { z } from 'zod';
import type { Plan } from '../../planners/plan/plan.ts';
import type { SourceFile } from '../../topology/load/document.ts';
import { load } from '../../topology/load/load.ts';
import { inputError } from '../../topology/load/problems.ts';
import { seconds } from '../../topology/schema/quantities.ts';
import { entityName } from '../../topology/schema/texts.ts';
import { stepsOf } from '../moves/methods.ts';

/**
 * What breaks in a rehearsal and when, `longhaul-faults/1`: at a time after the run's start, or when a workload comes
 * to a step of its move.
 */
const fault = z.strictObject({
  kind: z
    .enum(['link-cut', 'agent-killed', 'worker-killed'])
    .meta({ examples: ['link-cut'], description: 'What happens.' }),
  link: entityName('paris-reims').optional().describe('For `link-cut`: it carries nothing, silently.'),
  site: entityName('reims').optional().describe('For `agent-killed`.'),
  at: seconds({ example: '5 min' }).optional().describe('After the start of the run.'),
  workload: entityName('db-1').optional().describe('Instead of `at`, with `step`: when it comes there.'),
  step: z
    .string()
    .optional()
    .meta({ examples: ['transfer'], description: 'Of its method; below.' }),
  after: seconds({ example: '2 s' }).prefault('0 s').describe('So long after the step has begun.'),
  for: seconds({ example: '45 s' }).optional().describe('Then it is well again; without it, never.'),
});

export const faultsFileSchema = z.strictObject({
  format: z.literal('longhaul-faults/1').describe('Says which form the file has.'),
  workerSite: entityName('paris')
    .optional()
    .describe(
      'Where the worker stands: it reaches the other sites over the same links. Default: over none of them.',
    ),
  faults: z.array(fault).prefault([]).meta({ description: 'In any order.' }),
});

export type Fault = z.output<typeof fault>;
export type Faults = Omit<z.output<typeof faultsFileSchema>, 'format'>;

/** Throws LH_INPUT_INVALID with every problem of the file, references into the plan included. */
export function readFaults(source: SourceFile, plan: Plan): Faults {
  const loaded = load(source, { kind: 'faults file', format: 'longhaul-faults/1', schema: faultsFileSchema });
  if (loaded.raw !== null && loaded.isWhole) checkReferences(loaded.raw, plan, loaded.report);
  if (loaded.raw === null || loaded.problems.length > 0) throw inputError(loaded.problems);
  return loaded.raw;
}

type Report = ReturnType<typeof load>['report'];

function checkReferences(file: Faults, plan: Plan, report: Report): void {
  const sites = plan.topology.sites.map(({ name }) => name);
  if (file.workerSite !== undefined)
    requireOne(file.workerSite, { path: ['workerSite'], known: sites, report });
  file.faults.forEach((each, index) => {
    const at: Place = { path: ['faults', index], plan, report };
    checkSubject(each, at);
    checkMoment(each, at);
  });
}

interface Place {
  readonly path: readonly (string | number)[];
  readonly plan: Plan;
  readonly report: Report;
}

function checkSubject({ kind, link, site, for: seconds }: Fault, { path, plan, report }: Place): void {
  const { links, sites } = plan.topology;
  const about = (key: string, known: readonly { readonly name: string }[]): Expected => ({
    path: [...path, key],
    known: known.map(({ name }) => name),
    report,
  });
  if (kind === 'link-cut') requireOne(link, about('link', links));
  else if (link !== undefined) report([...path, 'link'], `${kind} has no link`, 'leave it out');
  if (kind === 'agent-killed') requireOne(site, about('site', sites));
  else if (site !== undefined) report([...path, 'site'], `${kind} has no site`, 'leave it out');
  if (kind === 'worker-killed' && seconds === undefined)
    report(
      [...path, 'kind'],
      'nobody would carry the run on',
      'write when another worker is there: "for: 30 s"',
    );
}

function checkMoment({ at, workload, step }: Fault, { path, plan, report }: Place): void {
  const hasStep = workload !== undefined && step !== undefined;
  if ((at !== undefined) === hasStep) {
    report([...path], 'must say when it happens', 'write `at`, or `workload` and `step`');
    return;
  }
  if (!hasStep) return;
  const workloads = plan.moves.map((move) => move.workload);
  requireOne(workload, { path: [...path, 'workload'], known: workloads, report });
  const method = plan.moves.find((move) => move.workload === workload)?.decision.chosen.method ?? 'stay';
  if (method === 'stay') return;
  requireOne(step, { path: [...path, 'step'], known: stepsOf[method].map(({ name }) => name), report });
}

interface Expected {
  readonly path: readonly (string | number)[];
  readonly known: readonly string[];
  readonly report: Report;
}

function requireOne(name: string | undefined, { path, known, report }: Expected): void {
  if (name !== undefined && known.includes(name)) return;
  const right = `write one of ${known.slice(0, namesShown).join(', ')}`;
  if (name === undefined) report([...path.slice(0, -1)], `${String(path.at(-1))} is missing`, right);
  else report([...path], `'${name}' is not in the plan`, right);
}

const namesShown = 20;
