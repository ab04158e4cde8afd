import { expect, test } from 'vitest';
import { PacedClock } from '../../../src/world/paced.ts';
import type { Clock } from '../../../topology/world.ts';

const epochSeconds = 1_800_000_000;

/** A real clock on which every sleep is over at once. */
function instantClock(): Clock {
  let seconds = 0;
  return {
    nowSeconds: () => epochSeconds + seconds,
    monotonicSeconds: () => seconds,
    sleep: async (pause) => {
      await new Promise(setImmediate);
      seconds += pause;
    },
  };
}

async function onPacedClock<T>(work: (clock: PacedClock, real: Clock) => Promise<T>): Promise<T> {
  const real = instantClock();
  const clock = new PacedClock(real, { epochSeconds });
  try {
    return await work(clock, real);
  } finally {
    clock.close();
  }
}

test('sleepers wake in order, each at its own instant, however fast time is said to go', async () => {
  const woke = await onPacedClock(async (clock) => {
    const names: string[] = [];
    clock.start(10_000);
    await Promise.all(
      [30, 10, 20].map(async (seconds) => {
        await clock.sleep(seconds);
        names.push(`${seconds} at ${clock.nowSeconds() - epochSeconds}`);
      }),
    );
    return names;
  });
  expect(woke).toEqual(['10 at 10', '20 at 20', '30 at 30']);
});

test('time stands still while somebody holds it', async () => {
  const seen = await onPacedClock(async (clock, real) => {
    clock.start(1_000_000);
    const held = await clock.holdDuring(async () => {
      const sleeping = clock.sleep(1);
      await real.sleep(5);
      return { during: clock.monotonicSeconds(), sleeping };
    });
    await held.sleeping;
    return [held.during, clock.monotonicSeconds()];
  });
  expect(seen).toEqual([0, 1]);
});

test('it goes as fast as it is told, and no faster', async () => {
  const realSeconds = await onPacedClock(async (clock, real) => {
    clock.start(10);
    for (let step = 0; step < 100; step++) await clock.sleep(0.5);
    return real.monotonicSeconds();
  });
  expect(realSeconds).toBeCloseTo(5, 2);
});

test('it advances to an instant at once, and whoever is due by then has gone on to its next sleep', async () => {
  const seen = await onPacedClock(async (clock) => {
    const ticks: number[] = [];
    void (async () => {
      for (;;) {
        await clock.sleep(3);
        ticks.push(clock.monotonicSeconds());
      }
    })();
    await clock.advanceTo(epochSeconds + 10);
    await clock.advanceTo(epochSeconds + 5);
    return { ticks, now: clock.monotonicSeconds() };
  });
  expect(seen).toEqual({ ticks: [3, 6, 9], now: 10 });
});

test('an aborted sleeper rejects with the reason', async () => {
  await onPacedClock(async (clock) => {
    const controller = new AbortController();
    const sleeping = clock.sleep(10, controller.signal);
    controller.abort(new RangeError('enough'));
    await expect(sleeping).rejects.toThrow('enough');
  });
});
