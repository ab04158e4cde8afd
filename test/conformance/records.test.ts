import { afterEach, beforeEach, expect, test } from 'vitest';
import { requires } from '../support/requires.ts';
import { stores, type OpenStore } from '../support/stores.ts';
import { makeEntry, makeObservation, makePlan, makeRun } from '../support/values.ts';

for (const store of stores) {
  requires(`Records on ${store.name}`, [store.lacks], () => {
    let state: Awaited<ReturnType<typeof store.fresh>>;
    let open: OpenStore;
    beforeEach(async () => {
      state = await store.fresh();
      open = await state.open();
    });
    afterEach(async () => {
      await open.close();
      await state.remove();
    });

    test('an empty store answers nothing, and does not fail', async () => {
      const { records } = open;
      expect({
        plan: await records.plan('none'),
        run: await records.run('none'),
        runs: await records.runs(),
        journal: await records.journal('none'),
        claim: await records.claim('none'),
        observations: await records.observations(),
        updated: await records.updateRun('none', 1, { state: 'done' }),
      }).toEqual({
        plan: null,
        run: null,
        runs: [],
        journal: [],
        claim: null,
        observations: [],
        updated: null,
      });
    });

    test('a plan comes back as it was saved, also when it is saved twice', async () => {
      const plan = makePlan("storm 'quoted' \\ ü €");
      await open.records.savePlan(plan);
      await open.records.savePlan(plan);
      expect(await open.records.plan(plan.hash)).toEqual(plan);
    });

    test('a run is created once; the second of the same id is refused and changes nothing', async () => {
      expect(await open.records.createRun(makeRun('storm-1'))).toBe(true);
      expect(await open.records.createRun(makeRun('storm-1', { state: 'done' }))).toBe(false);
      expect(await open.records.run('storm-1')).toEqual(makeRun('storm-1'));
    });

    test('runs are listed newest first, whatever their ids', async () => {
      for (const id of ['run-b', 'run-c', 'run-a']) await open.records.createRun(makeRun(id));
      expect((await open.records.runs()).map((run) => run.id)).toEqual(['run-a', 'run-c', 'run-b']);
    });

    test('of two changes from the same version one wins, and the other is told', async () => {
      await open.records.createRun(makeRun('storm-1'));
      const answers = await Promise.all([
        open.records.updateRun('storm-1', 1, { state: 'running', startedAtSeconds: 5 }),
        open.records.updateRun('storm-1', 1, { request: 'cancel' }),
      ]);
      expect(answers.filter((answer) => answer === null)).toHaveLength(1);
      const winner = answers.find((answer) => answer !== null);
      expect(winner?.version).toBe(2);
      expect(await open.records.run('storm-1')).toEqual(winner);
    });

    test('a change touches what it names and nothing else, and can set null again', async () => {
      await open.records.createRun(makeRun('storm-1'));
      await open.records.updateRun('storm-1', 1, {
        state: 'needs-person',
        settle: 'longhaul rollback storm-1',
      });
      expect(await open.records.updateRun('storm-1', 2, { settle: null })).toEqual(
        makeRun('storm-1', { state: 'needs-person', settle: null, version: 3 }),
      );
    });

    test('the journal numbers entries 1, 2, 3 … for each run by itself, in the order of their append', async () => {
      const { records } = open;
      const numbers = [
        await records.append('a', makeEntry({ step: 'one' })),
        await records.append('b', makeEntry({ step: 'other run' })),
        await records.append(
          'a',
          makeEntry({ step: 'two', detail: { nested: { text: 'ü', list: [1, null] } } }),
        ),
      ];
      expect(numbers).toEqual([1, 1, 2]);
      expect(await records.journal('a')).toEqual([
        { ...makeEntry({ step: 'one' }), sequence: 1 },
        { ...makeEntry({ step: 'two', detail: { nested: { text: 'ü', list: [1, null] } } }), sequence: 2 },
      ]);
      expect(await records.journal('a', 1)).toEqual([
        { ...makeEntry({ step: 'two', detail: { nested: { text: 'ü', list: [1, null] } } }), sequence: 2 },
      ]);
      expect(await records.journal('a', 2)).toEqual([]);
    });

    test('a hundred appends at once get a hundred consecutive numbers', async () => {
      const steps = Array.from({ length: 100 }, (_, index) => `step ${index}`);
      const numbers = await Promise.all(steps.map((step) => open.records.append('a', makeEntry({ step }))));
      expect([...numbers].sort((a, b) => a - b)).toEqual(steps.map((_, index) => index + 1));
      const journal = await open.records.journal('a');
      expect(journal.map((entry) => entry.sequence)).toEqual(steps.map((_, index) => index + 1));
      for (const [index, number] of numbers.entries()) expect(journal[number - 1]?.step).toBe(steps[index]);
    });

    test('a claim is taken by exactly one of many who saw the same epoch; epochs only grow', async () => {
      const takes = await Promise.all(
        Array.from({ length: 10 }, (_, index) => open.records.takeClaim('web', 0, `run-${index}`)),
      );
      expect(takes.filter((epoch) => epoch !== null)).toEqual([1]);
      const winner = `run-${takes.indexOf(1)}`;
      expect(await open.records.claim('web')).toEqual({ epoch: 1, run: winner });
      expect(await open.records.takeClaim('web', 0, 'late')).toBeNull();
      expect(await open.records.takeClaim('web', 1, 'next')).toBe(2);
      expect(await open.records.claim('web')).toEqual({ epoch: 2, run: 'next' });
      expect(await open.records.claim('db')).toBeNull();
    });

    test('a worker whose claim was taken over cannot write into the journal any more', async () => {
      const { records } = open;
      await records.takeClaim('web', 0, 'a');
      await records.append('a', makeEntry({ workload: 'web', epoch: 1 }));
      await records.takeClaim('web', 1, 'a');
      await expect(records.append('a', makeEntry({ workload: 'web', epoch: 1 }))).rejects.toMatchObject({
        code: 'LH_CLAIM_LOST',
        message: "The claim on 'web' (epoch 1) was taken over (epoch 2)",
      });
      await records.append('a', makeEntry({ workload: 'web', epoch: 2 }));
      await expect(records.append('a', makeEntry({ workload: 'db', epoch: 1 }))).rejects.toMatchObject({
        code: 'LH_CLAIM_LOST',
      });
      await records.append('a', makeEntry());
      expect((await records.journal('a')).map(({ sequence, epoch }) => [sequence, epoch])).toEqual([
        [1, 1],
        [2, 2],
        [3, 0],
      ]);
    });

    test('observations come back in their order', async () => {
      await open.records.appendObservation(makeObservation('one'));
      await open.records.appendObservation(makeObservation('two'));
      expect(await open.records.observations()).toEqual([makeObservation('one'), makeObservation('two')]);
    });

    test('everything is still there after the store was closed and opened again', async () => {
      const plan = makePlan('storm');
      await open.records.savePlan(plan);
      await open.records.createRun(makeRun('a'));
      await open.records.updateRun('a', 1, { state: 'running' });
      await open.records.append('a', makeEntry());
      await open.records.takeClaim('web', 0, 'a');
      await open.records.appendObservation(makeObservation('one'));
      await open.close();
      open = await state.open();
      const { records } = open;
      expect({
        plan: await records.plan(plan.hash),
        run: await records.run('a'),
        journal: await records.journal('a'),
        claim: await records.claim('web'),
        observations: await records.observations(),
        next: await records.append('a', makeEntry()),
      }).toEqual({
        plan,
        run: makeRun('a', { state: 'running', version: 2 }),
        journal: [{ ...makeEntry(), sequence: 1 }],
        claim: { epoch: 1, run: 'a' },
        observations: [makeObservation('one')],
        next: 2,
      });
    });
  });
}
