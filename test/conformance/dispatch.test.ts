import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { QueueJob, RunEvent } from '../../src/runs/store/dispatch.ts';
import { LonghaulError } from '../../topology/errors.ts';
import { requires } from '../support/requires.ts';
import { stores, type OpenStore } from '../support/stores.ts';

const conductor: QueueJob = { id: 'storm-1', kind: 'conduct', run: 'storm-1' };
const move = (workload: string): QueueJob => ({
  id: `storm-1-${workload}-1`,
  kind: 'move',
  run: 'storm-1',
  workload,
  attempt: 1,
});
const event = (change: Partial<RunEvent> = {}): RunEvent => ({
  run: 'storm-1',
  atSeconds: 1,
  workload: 'web',
  step: 'transfer',
  doneRatio: 0.5,
  convergence: null,
  text: 'half',
  ...change,
});
const until = (truth: () => boolean | Promise<boolean>) =>
  vi.waitFor(async () => expect(await truth()).toBe(true), { timeout: 20_000, interval: 20 });

for (const store of stores) {
  requires(`Dispatch on ${store.name}`, [store.lacks], () => {
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

    test('a job added before or after the worker starts arrives whole, and is gone when it has ended', async () => {
      const seen: QueueJob[] = [];
      await open.dispatch.add(conductor);
      await open.dispatch.work(async (job) => void seen.push(job), { concurrency: 2 });
      await open.dispatch.add(move('web'));
      await until(() => seen.length === 2);
      expect(seen.sort((a, b) => a.id.length - b.id.length)).toEqual([conductor, move('web')]);
      await until(async () => !(await open.dispatch.holds(conductor)));
      await until(async () => !(await open.dispatch.holds(move('web'))));
    });

    test('the same id twice is one job while it waits or runs, and a new one once it has ended', async () => {
      let calls = 0;
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      await open.dispatch.add(move('web'));
      await open.dispatch.add(move('web'));
      await open.dispatch.work(
        async () => {
          calls++;
          await gate;
        },
        { concurrency: 4 },
      );
      await until(() => calls === 1);
      await open.dispatch.add(move('web'));
      expect(await open.dispatch.holds(move('web'))).toBe(true);
      release();
      await until(async () => !(await open.dispatch.holds(move('web'))));
      expect(calls).toBe(1);
      await open.dispatch.add(move('web'));
      await until(() => calls === 2);
    });

    test('no more moves run at once than agreed, and conductors take none of their places', async () => {
      const running = new Set<string>();
      let most = 0;
      let release = (): void => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      await open.dispatch.work(
        async (job) => {
          running.add(job.id);
          most = Math.max(most, [...running].filter((id) => id !== conductor.id).length);
          await gate;
          running.delete(job.id);
        },
        { concurrency: 2 },
      );
      await open.dispatch.add(conductor);
      for (const workload of ['a', 'b', 'c', 'd']) await open.dispatch.add(move(workload));
      await until(() => running.size === 3);
      release();
      await until(async () => !(await open.dispatch.holds(move('d'))));
      expect(most).toBe(2);
    });

    test('a fault of the world is tried again', async () => {
      const tries: boolean[] = [];
      await open.dispatch.work(
        async (_job, _signal, { lastTry }) => {
          tries.push(lastTry);
          if (tries.length < 2) throw new LonghaulError('LH_AGENT_UNREACHABLE', ['paris', 'refused']);
        },
        { concurrency: 1 },
      );
      await open.dispatch.add(move('web'));
      await until(async () => tries.length === 2 && !(await open.dispatch.holds(move('web'))));
      expect(tries).toEqual([false, false]);
    });

    test.each([
      new LonghaulError('LH_PLAN_STALE', ['ab12', 'web is gone']),
      new LonghaulError('LH_INPUT_INVALID', ['no']),
      new TypeError('a programming error'),
    ])('any other error is final: %s', async (error) => {
      let calls = 0;
      await open.dispatch.work(
        async () => {
          calls++;
          throw error;
        },
        { concurrency: 1 },
      );
      await open.dispatch.add(move('web'));
      await until(async () => calls === 1 && !(await open.dispatch.holds(move('web'))));
      await open.dispatch.add(move('db'));
      await until(() => calls === 2);
    });

    test('closing aborts what runs and waits for it', async () => {
      const seen: string[] = [];
      await open.dispatch.work(
        async (_job, signal) => {
          seen.push('began');
          await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
          seen.push('aborted');
          throw signal.reason;
        },
        { concurrency: 1 },
      );
      await open.dispatch.add(move('web'));
      await until(() => seen.length === 1);
      await open.close();
      expect(seen).toEqual(['began', 'aborted']);
      open = await state.open();
    });

    test('progress reaches the listeners of its run, and who comes late gets the newest of each workload', async () => {
      const heard: RunEvent[] = [];
      const stop = await open.dispatch.subscribe('storm-1', (one) => heard.push(one));
      await open.dispatch.publish(event({ doneRatio: 0.1 }));
      await open.dispatch.publish(event({ run: 'other' }));
      await open.dispatch.publish(event({ workload: null, step: 'start' }));
      await open.dispatch.publish(event({ doneRatio: 0.9 }));
      await until(() => heard.length === 3);
      expect(heard).toEqual([
        event({ doneRatio: 0.1 }),
        event({ workload: null, step: 'start' }),
        event({ doneRatio: 0.9 }),
      ]);
      const latest = await open.dispatch.latest('storm-1');
      expect(latest.toSorted((a, b) => a.doneRatio - b.doneRatio)).toEqual([
        event({ workload: null, step: 'start' }),
        event({ doneRatio: 0.9 }),
      ]);
      await stop();
      await open.dispatch.publish(event({ doneRatio: 1 }));
      expect(await open.dispatch.latest('none')).toEqual([]);
      expect(heard).toHaveLength(3);
    });
  });
}
