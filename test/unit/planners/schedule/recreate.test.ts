import fc from 'fast-check';
import { expect, test } from 'vitest';
import { violations } from '../../../../bench/planner/check.ts';
import { instanceOf } from '../../../../bench/planner/instances.ts';
import { build, type Built } from '../../../../planners/schedule/build.ts';
import { compile } from '../../../../planners/schedule/compile.ts';
import type { Job, Problem } from '../../../../planners/schedule/problem.ts';
import { recreated } from '../../../../planners/schedule/recreate.ts';
import { byStart } from '../../../../planners/schedule/sequence.ts';
import { createRandom } from '../../../../src/world/random.ts';

const seed = Number(process.env['SEED'] ?? 1);

/** A schedule in the order of names, each job in one of its first options; and the same with parts of it made anew. */
function beforeAndAfter(
  problem: Problem,
  lookupsLeft: number,
  optionsMax = 1,
): { readonly before: Built; readonly after: Built } {
  const compiled = compile(problem);
  const { jobs } = compiled;
  const every = jobs.map(({ options }) => options.map((_, index) => index));
  const rest = { deadlineSeconds: Number.POSITIVE_INFINITY };
  const order = byStart(jobs, new Float64Array(jobs.length));
  const before = build(compiled, { ...rest, order, options: every.map((all) => all.slice(0, optionsMax)) });
  if (before.unplaced > 0) return { before, after: before };
  const recipe = recreated(compiled, {
    built: before,
    menus: [every],
    random: createRandom(seed),
    lookupsLeft,
    targetSeconds: 0,
  });
  return { before, after: build(compiled, { ...rest, ...recipe }) };
}

const overAorB = (index: number, priority: number): Job => ({
  name: `job-${String(index).padStart(2, '0')}`,
  options: ['a', 'b'].map((resource) => ({
    id: resource,
    seconds: 1 + (index % 5),
    surelySeconds: 1 + (index % 5),
    uses: [{ resource, amount: 1 }],
    takes: [],
  })),
  needs: [],
  priority,
  windows: [],
  uses: [],
  returns: [],
});

const oneEach = ['a', 'b'].map((name) => ({ name, steps: [{ atSeconds: 0, amount: 1 }] }));

test('what is all on one link is shared out with the one beside it', () => {
  const jobs = Array.from({ length: 40 }, (_, index) => overAorB(index, 0));
  const { before, after } = beforeAndAfter({ jobs, resources: oneEach, stores: [] }, 20_000);
  expect(before.makespanSeconds).toBe(120);
  expect(after.makespanSeconds).toBe(60);
});

test('whoever has a higher priority stays where it is', () => {
  const jobs = Array.from({ length: 40 }, (_, index) => overAorB(index, index % 4 === 0 ? 1 : 0));
  const { before, after } = beforeAndAfter({ jobs, resources: oneEach, stores: [] }, 20_000);
  expect(after.makespanSeconds).toBeLessThan(before.makespanSeconds);
  jobs.forEach(({ priority }, index) => {
    if (priority === 1) expect(after.starts[index]).toBe(before.starts[index]);
  });
});

test('without lookups it is the same schedule', () => {
  const jobs = Array.from({ length: 10 }, (_, index) => overAorB(index, 0));
  const { before, after } = beforeAndAfter({ jobs, resources: oneEach, stores: [] }, 0);
  expect(after.starts).toEqual(before.starts);
});

test('whoever takes room that another gives back is not made to wait for it', () => {
  const using = (name: string, resources: readonly string[], seconds: number): Job => ({
    ...overAorB(0, 0),
    name,
    options: resources.map((resource) => ({
      id: resource,
      seconds,
      surelySeconds: seconds,
      uses: [{ resource, amount: 1 }],
      takes: name.startsWith('in') ? [{ store: 'room', amount: 1 }] : [],
    })),
    returns: name.startsWith('a-out') ? [{ store: 'room', amount: 1 }] : [],
  });
  const random = createRandom(1);
  const jobs = Array.from({ length: 40 }, (_, index) => {
    const number = String(index).padStart(2, '0');
    return [
      using(`a-out-${number}`, ['a', 'b'], 0.5 + random.next()),
      using(`in-${number}`, ['c', 'd'], 4 + 4 * random.next()),
      using(`other-${number}`, ['a', 'b'], 3 + 7 * random.next()),
    ];
  })
    .flat()
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const resources = ['a', 'b', 'c', 'd'].map((name) => ({ name, steps: [{ atSeconds: 0, amount: 1 }] }));
  const stores = [{ name: 'room', amount: 0 }];
  const { before, after } = beforeAndAfter({ jobs, resources, stores }, 100_000, 2);
  expect(before.unplaced).toBe(0);
  expect(after.makespanSeconds).toBeLessThanOrEqual(before.makespanSeconds);
});

test('what comes out keeps every limit, everybody is placed, and it ends no later', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 12 }), (drawn, count) => {
      const problem = instanceOf(drawn, { jobs: count, secondsMax: 30 });
      const { before, after } = beforeAndAfter(problem, 2000);
      fc.pre(before.unplaced === 0);
      expect(after.unplaced).toBe(0);
      expect(after.makespanSeconds).toBeLessThanOrEqual(before.makespanSeconds);
      const placed = problem.jobs.map((job, index) => ({
        job,
        option: job.options[after.options[index]!]!,
        startSeconds: after.starts[index]!,
        endSeconds: after.ends[index]!,
      }));
      expect(violations(problem, placed)).toEqual([]);
    }),
    { seed, numRuns: 60 },
  );
});
