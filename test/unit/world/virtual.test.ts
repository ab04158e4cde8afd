import { describe, expect, test } from 'vitest';
import { withDeadline } from '../../../src/world/deadline.ts';
import { scaledClock } from '../../../src/world/scaled.ts';
import { VirtualClock } from '../../../src/world/virtual.ts';

const epochSeconds = 1_800_000_000;

describe('virtual clock', () => {
  test('tasks wake in the order of their due time, and in the order they fell asleep when it is the same', async () => {
    const clock = new VirtualClock({ epochSeconds });
    const woke: string[] = [];
    const task = async (name: string, seconds: readonly number[]): Promise<void> => {
      for (const pause of seconds) {
        await clock.sleep(pause);
        woke.push(`${name}@${clock.monotonicSeconds()}`);
      }
    };
    await clock.run(async () => {
      await Promise.all([task('slow', [10, 10]), task('fast', [3, 7, 1]), task('none', [0])]);
    });
    expect(woke).toEqual(['none@0', 'fast@3', 'slow@10', 'fast@10', 'fast@11', 'slow@20']);
    expect(clock.nowSeconds()).toBe(epochSeconds + 20);
  });

  test('an aborted sleeper rejects with the reason and holds up nobody', async () => {
    const clock = new VirtualClock({ epochSeconds });
    const controller = new AbortController();
    const reason = new RangeError('enough');
    await clock.run(async () => {
      const sleeping = clock.sleep(1e9, controller.signal);
      await clock.sleep(5);
      controller.abort(reason);
      await expect(sleeping).rejects.toBe(reason);
      await expect(clock.sleep(1, controller.signal)).rejects.toBe(reason);
    });
    expect(clock.monotonicSeconds()).toBe(5);
  });

  test('a program in which everybody waits and nobody sleeps is a fault, not an endless wait', async () => {
    const clock = new VirtualClock({ epochSeconds });
    await expect(clock.run(() => new Promise<never>(() => undefined))).rejects.toThrow(
      'virtual time stands still',
    );
  });

  test('ten thousand sleepers wake in order', async () => {
    const clock = new VirtualClock({ epochSeconds });
    const woke: number[] = [];
    const dues = Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 10_007);
    await clock.run(async () => {
      await Promise.all(dues.map(async (due) => (await clock.sleep(due), woke.push(due))));
    });
    expect(woke).toEqual(dues.toSorted((a, b) => a - b));
  });
});

describe('deadline', () => {
  const late = (): Error => new RangeError('too late');

  test('a task that ends in time gives its result, and the timer is gone', async () => {
    const clock = new VirtualClock({ epochSeconds });
    const signal = new AbortController().signal;
    const result = await clock.run(() =>
      withDeadline(
        { clock, seconds: 60, signal },
        late,
        async (inner) => (await clock.sleep(1, inner), 'done'),
      ),
    );
    expect([result, clock.monotonicSeconds()]).toEqual(['done', 1]);
  });

  test('a task that ignores its signal is left behind at the deadline', async () => {
    const clock = new VirtualClock({ epochSeconds });
    const signal = new AbortController().signal;
    await clock.run(async () => {
      const hangs = withDeadline(
        { clock, seconds: 60, signal },
        late,
        () => new Promise<never>(() => undefined),
      );
      await expect(hangs).rejects.toThrow('too late');
    });
    expect(clock.monotonicSeconds()).toBe(60);
  });
});

test('a scaled clock runs faster by its factor, and sleeps shorter', async () => {
  const clock = new VirtualClock({ epochSeconds });
  const fast = scaledClock(clock, 60);
  await clock.run(() => fast.sleep(120));
  expect([clock.monotonicSeconds(), fast.monotonicSeconds(), fast.nowSeconds()]).toEqual([
    2,
    120,
    epochSeconds + 120,
  ]);
});
