import { expect, test } from 'vitest';
import { calibrate, teaches } from '../../../../planners/calibrate/calibrate.ts';
import { bareModel, fitParameters, misfit } from '../../../../planners/calibrate/fit.ts';
import { priorParameters } from '../../../../planners/calibrate/priors.ts';
import { scenariosOf } from '../../../../planners/calibrate/scenarios.ts';
import { modelSchema } from '../../../../planners/estimate/model.ts';
import { quickEstimate } from '../../../../planners/estimate/quick.ts';
import type { Observation } from '../../../../planners/estimate/observation.ts';
import { measuredMoves } from '../../../support/observations.ts';

/** Fifteen scenarios, with their repeats: enough to fit, few enough to be quick. */
const few = (): Observation[] => measuredMoves().filter(({ id }) => /^s2-0[0-2]/.test(id));

test('a model is fitted to moves, and judged on those it has not seen', () => {
  const folds: string[] = [];
  const { model, report, heldOut } = calibrate(few(), {
    onFold: (done, all) => folds.push(`${done}/${all}`),
  });
  const scenarios = scenariosOf(few()).length;
  expect(folds.at(-1)).toBe(`${scenarios}/${scenarios}`);
  expect(modelSchema.parse(model)).toEqual(model);
  expect(model.fittedTo).toBe(
    `${few().length} moves in ${scenarios} scenarios; QEMU 7.2.22 tcg; 50–1000 Mbit/s; RTT 1–80 ms`,
  );
  expect(heldOut.map(({ run }) => run.id).sort()).toEqual(
    few()
      .map(({ id }) => id)
      .sort(),
  );
  const all = report.kinds.find(({ kind }) => kind === 'all')?.scores;
  expect(all?.longhaul.scenarios).toBe(scenarios);
  expect(all?.longhaul.error.total).toBeLessThan(all?.textbook.error.total ?? 0);
  expect(all?.longhaul.intervalScore).toBeLessThan(all?.gudkov.intervalScore ?? 0);
}, 120_000);

test('the order of the moves does not change the model', () => {
  const one = fitParameters(scenariosOf(few()), { step: 0.5, sweepsMax: 1 });
  const other = fitParameters(scenariosOf(few().reverse()), { step: 0.5, sweepsMax: 1 });
  expect(other).toEqual(one);
});

test('fitting makes the measured moves more probable than the priors do', () => {
  const scenarios = scenariosOf(few());
  const { parameters } = fitParameters(scenarios, { step: 0.5, sweepsMax: 2 });
  expect(misfit(scenarios, bareModel(parameters))).toBeLessThan(
    misfit(scenarios, bareModel(priorParameters())),
  );
});

test('a parameter that made the outcomes is found again', () => {
  const truth = { ...priorParameters(), doublingRoundTrips: 4 };
  const made = measuredMoves()
    .filter(({ outcome }) => outcome.status === 'completed')
    .map((move): Observation => {
      const { ranges } = quickEstimate(move, bareModel(truth));
      return {
        ...move,
        outcome: {
          status: 'completed',
          totalSeconds: ranges.totalSeconds?.p50 ?? 1,
          transferredBytes: ranges.transferredBytes.p50,
        },
      };
    });
  const { parameters } = fitParameters(scenariosOf(made), { step: 0.5, sweepsMax: 8 });
  expect(parameters.doublingRoundTrips).toBeGreaterThan(2.5);
}, 60_000);

test('copies of disks, boots, clones and moves that share a link say nothing of the parameters', () => {
  const [move] = measuredMoves();
  const disks = [{ sizeBytes: 1e9 }];
  expect(teaches(move!)).toBe(true);
  expect(teaches({ ...move!, disks: [{ ...disks[0]!, shared: true }] })).toBe(true);
  const others: Partial<Observation>[] = [
    { method: 'cold' },
    { method: 'redirect' },
    { disks },
    { concurrent: [{}] },
  ];
  for (const other of others) expect(teaches({ ...move!, ...other })).toBe(false);
  const made = measuredMoves().map((one) => ({ ...one, method: 'cold' as const }));
  expect(() => calibrate(made)).toThrow(/0 of 0 scenarios hold a completed move/);
});

test('too few moves, one move many times, and made-up outcomes make no model', () => {
  const moves = measuredMoves().filter(({ outcome }) => outcome.status === 'completed');
  expect(() => calibrate(moves.slice(0, 5))).toThrow(
    /of 3 scenarios hold a completed move, and at least 8 are needed/,
  );
  const copies = moves
    .slice(0, 20)
    .map((move, index) => ({ ...moves[0]!, id: `copy${index}`, outcome: move.outcome }));
  expect(() => calibrate(copies)).toThrow(/same guest on the same link/);
  const constant = moves.map((move) => ({ ...move, outcome: { ...move.outcome, totalSeconds: 5 } }));
  expect(() => calibrate(constant)).toThrow(/every move has the same outcome/);
});
