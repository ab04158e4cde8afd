import fs from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { shippedModel } from '../../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../../planners/plan/make-plan.ts';
import type { Plan } from '../../../planners/plan/plan.ts';
import type { RunStatus } from '../../runs/status.ts';
import { readConfig } from '../../config/config.ts';
import { readTopologyAndRunbook } from '../../config/input-files.ts';
import { packageRoot } from '../../config/package.ts';
import type { App } from '../../app.ts';
import { createRandom } from '../../world/random.ts';
import { realClock } from '../../world/real.ts';
import { exitCodeOfRun, followRun } from '../follow.ts';
import { shortDuration } from '../render/duration.ts';
import { addExample, addJsonOption } from '../render/help.ts';
import { colour, printJson, printNote, printResult } from '../render/output.ts';
import { placesText, type PlaceOfWorkload } from '../render/places.ts';
import { planText } from '../render/plan.ts';
import { statusText } from '../render/run.ts';
import type { Session } from '../session.ts';
import { foregroundLog, startSession } from '../state-options.ts';

/** `longhaul demo`, also `npm start`: the shipped example from its files to the last released address. */
export function register(program: Command): void {
  const command = program
    .command('demo')
    .description('Plan the shipped example and carry it out on simulated sites; touches nothing real.')
    .option('--directory <path>', 'where plan, state and journal are left', '.longhaul/demo')
    .action(async ({ directory, json }: { readonly directory: string; readonly json: boolean }) => {
      await runDemo(path.resolve(directory), json);
    });
  addJsonOption(command);
  addExample(command, ['$ longhaul demo']);
}

async function runDemo(directory: string, json: boolean): Promise<void> {
  fs.rmSync(directory, { recursive: true, force: true });
  fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
  const example = path.join(packageRoot(), 'examples', 'storm');
  const plan = makePlan({
    ...(await readTopologyAndRunbook({
      topology: path.join(example, 'topology.yaml'),
      runbook: path.join(example, 'evacuate.yaml'),
    })),
    model: shippedModel,
    nowSeconds: realClock.nowSeconds(),
    random: createRandom(1),
  });
  const planFile = path.join(directory, 'plan.json');
  fs.writeFileSync(planFile, `${JSON.stringify(plan, null, 2)}\n`);
  if (!json) printResult(`${planText(plan)}\n`);
  const config = readConfig({ state: directory, speed: String(demoSpeed(plan)) });
  printNote(`Carrying it out on simulated sites, ${Math.round(config.speed / 60)} minutes a second.`);
  const session = await startSession(config, 'work', foregroundLog(config, 'work'));
  try {
    await carryOut(session, plan, { directory, planFile, json });
  } finally {
    await session.close();
  }
}

interface Output {
  readonly directory: string;
  readonly planFile: string;
  readonly json: boolean;
}

async function carryOut(session: Session, plan: Plan, output: Output): Promise<void> {
  const run = await session.service.start(plan, { yes: false, approvedBy: [] });
  const status = await followRun(session, run);
  if (status === null || session.app === null) {
    process.exitCode = 1;
    return;
  }
  const journal = await session.service.journal(run.id);
  const journalFile = path.join(output.directory, 'journal.jsonl');
  fs.writeFileSync(journalFile, journal.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  const violations = await session.app.violations(plan);
  process.exitCode = violations.length > 0 ? 1 : exitCodeOfRun(status.run);
  const places = await placesOf(session.app, plan);
  const files = { plan: output.planFile, journal: journalFile, state: output.directory };
  if (output.json) printJson({ ...status, places, violations, files });
  else printResult(summary(status, { places, violations, files }));
}

/** Where each workload of the plan executes now, as the sites themselves say. */
async function placesOf(app: App, plan: Plan): Promise<readonly PlaceOfWorkload[]> {
  const sites = await app.sites(plan);
  const named = new Set(plan.moves.map(({ workload }) => workload));
  const places = await Promise.all(
    [...sites].map(async ([site, port]) => {
      const { guests } = await port.describe(AbortSignal.timeout(describeSeconds * 1000));
      return guests
        .filter(({ workload, state }) => named.has(workload) && state === 'running')
        .map(({ workload, host }) => ({ workload, site, host }));
    }),
  );
  return places.flat();
}

const describeSeconds = 10;

interface Findings {
  readonly places: readonly PlaceOfWorkload[];
  readonly violations: readonly string[];
  readonly files: { readonly plan: string; readonly journal: string; readonly state: string };
}

function summary(status: RunStatus, { places, violations, files }: Findings): string {
  const { startedAtSeconds, endedAtSeconds } = status.run;
  const tookSeconds = (endedAtSeconds ?? 0) - (startedAtSeconds ?? 0);
  return [
    statusText(status),
    `${colour.bold('Where everything runs now')}\n${placesText(places)}`,
    violations.length > 0
      ? colour.red(violations.join('\n'))
      : 'At no moment did two copies of one workload run, and no tunnel went while somebody needed it.',
    `It took ${shortDuration(tookSeconds)} of simulated time, with the waits for old DNS answers and open sessions.`,
    [
      `Plan     ${files.plan}`,
      `Journal  ${files.journal}`,
      `State    longhaul show ${status.run.id} --state ${files.state}`,
    ].join('\n'),
  ].join('\n\n');
}

/** The example, with the waits for DNS and sessions after its last move, in about this many seconds. */
const demoSeconds = 15;
const drainShare = 5;

function demoSpeed({ makespan }: Plan): number {
  return Math.ceil((makespan.p90Seconds * drainShare) / demoSeconds);
}
