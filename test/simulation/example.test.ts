import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { shippedModel } from '../../planners/estimate/shipped-model.ts';
import { makePlan } from '../../planners/plan/make-plan.ts';
import { simulated } from '../../src/moves/limits.ts';
import { rehearse } from '../../src/rehearsal/rehearse.ts';
import { createRandom } from '../../src/world/random.ts';
import { topologyAndRunbookFrom } from '../../topology/resolve/read.ts';
import { silentLog } from '../support/log.ts';

const fileOf = (file: string) => ({ file, text: readFileSync(`examples/storm/${file}`, 'utf8') });

test('the shipped example goes as planned: no move takes longer than nine times in ten', async () => {
  const startSeconds = Date.parse('2026-11-24T11:00:00Z') / 1000;
  const plan = makePlan({
    ...topologyAndRunbookFrom(fileOf('topology.yaml'), fileOf('evacuate.yaml')),
    model: shippedModel,
    nowSeconds: startSeconds,
    random: createRandom(1),
  });
  const { status, violations } = await rehearse({
    ...{ plan, faults: { faults: [] }, startSeconds },
    ...{ limits: simulated, concurrency: 16, log: silentLog },
  });
  expect(status.run.state).toBe('done');
  expect(violations).toEqual([]);
  const late = status.moves.filter(
    ({ measured, predicted }) =>
      measured.totalSeconds === null ||
      predicted.totalSeconds === null ||
      measured.totalSeconds > predicted.totalSeconds.p90,
  );
  expect(late.map(({ workload }) => workload)).toEqual([]);
});
