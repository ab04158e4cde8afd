import { createHash } from 'node:crypto';
import { LonghaulError } from '../../topology/errors.ts';
import { isStopped } from '../estimate/conditions.ts';
import type { Model } from '../estimate/model.ts';
import type { Observation } from '../estimate/observation.ts';
import { type Fitted, fitParameters } from './fit.ts';
import { type HeldOutRun, holdOut } from './held-out.ts';
import { type Report, reportOf } from './score.ts';
import { isCompleted, type Scenario, scenariosOf } from './scenarios.ts';
import { spreadsOf } from './spread.ts';

/**
 * What measured moves teach: `fit.ts` finds the parameters under which they are most probable, `held-out.ts` asks
 * models that did not see a scenario about it, `spread.ts` turns what they missed into ranges, `score.ts` reports all
 * of it beside three simple models.
 */
export function calibrate(observations: readonly Observation[], options: CalibrateOptions = {}): Calibration {
  const scenarios = scenariosOf(observations.filter(teaches));
  refuseNonsense(scenarios);
  const fitted = fitAll(scenarios);
  const heldOut = holdOut(scenarios, fitted, options.onFold ?? (() => undefined));
  const body = { parameters: rounded(fitted.parameters), spread: rounded(spreadsOf(heldOut.offsets)) };
  const id = createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 12);
  return {
    model: { format: 'longhaul-model/1', id, fittedTo: describe(scenarios), ...body },
    report: reportOf(scenarios, heldOut.runs),
    heldOut: heldOut.runs,
  };
}

/**
 * Parameters are about one guest's memory on its way: a copied disk, a boot or a clone says nothing of them, and how
 * several moves divide a link between them is chance.
 */
export const teaches = ({ method, disks = [], concurrent = [] }: Observation): boolean =>
  !isStopped(method) && concurrent.length === 0 && disks.every(({ shared }) => shared === true);

/** The parameters alone, without what held-out moves say of them. */
export const fitAll = (scenarios: readonly Scenario[]): Fitted =>
  fitParameters(scenarios, { step: 0.5, sweepsMax: 30 });

export interface CalibrateOptions {
  readonly onFold?: (done: number, folds: number) => void;
}

export interface Calibration {
  readonly model: Model;
  readonly report: Report;
  /** Every move beside its prediction by a model that did not see its scenario. */
  readonly heldOut: readonly HeldOutRun[];
}

/** Fewer say less than the priors do. */
const completedScenariosMin = 8;

function refuseNonsense(scenarios: readonly Scenario[]): void {
  const completed = scenarios.filter(({ runs }) => runs.some(isCompleted));
  if (completed.length < completedScenariosMin)
    throw new LonghaulError('LH_CALIBRATION_IMPOSSIBLE', [
      `${completed.length} of ${scenarios.length} scenarios hold a completed move, and at least ` +
        `${completedScenariosMin} are needed; measure more, for example with 'longhaul lab measure'`,
    ]);
  const alike = (of: (run: Observation) => unknown): boolean =>
    new Set(completed.flatMap(({ runs }) => runs.map((run) => JSON.stringify(of(run))))).size === 1;
  if (alike(({ guest, link }) => [guest.memoryBytes, guest.residentBytes, link]))
    throw new LonghaulError('LH_CALIBRATION_IMPOSSIBLE', [
      'every move had the same guest on the same link, which tells nothing about others; vary both',
    ]);
  if (alike(({ outcome }) => outcome.totalSeconds) || alike(({ outcome }) => outcome.transferredBytes))
    throw new LonghaulError('LH_CALIBRATION_IMPOSSIBLE', [
      'every move has the same outcome, so the outcomes were not measured; give each line its own',
    ]);
}

/** Five figures: what a model is fitted to does not carry more, and its file stays readable. */
export function rounded<Value>(value: Value): Value {
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === 'number' ? Number(inner.toPrecision(5)) : inner,
    ),
  ) as Value;
}

function describe(scenarios: readonly Scenario[]): string {
  const runs = scenarios.flatMap((scenario) => scenario.runs);
  const versions = new Set(
    runs.map(({ guest }) => `QEMU ${guest.qemu ?? '(unknown)'} ${guest.accelerator ?? ''}`.trim()),
  );
  const rates = runs.map(({ link }) => link.bitsPerSecond / 1e6);
  const trips = runs.map(({ link }) => link.rttSeconds * 1000);
  return [
    `${runs.length} moves in ${scenarios.length} scenarios`,
    [...versions].sort().join(', '),
    `${Math.min(...rates)}–${Math.max(...rates)} Mbit/s`,
    `RTT ${Math.min(...trips)}–${Math.max(...trips)} ms`,
  ].join('; ');
}
