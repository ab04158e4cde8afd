import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Lanes } from '../../../src/site/lanes.ts';

const never = new AbortController().signal;

test('tasks of one key run one after the other, those of another beside them; a failure does not stop the next', async () => {
  const lanes = new Lanes();
  const steps: string[] = [];
  const task =
    (name: string, fails = false) =>
    async (): Promise<void> => {
      steps.push(`${name}+`);
      await sleep(5);
      steps.push(`${name}-`);
      if (fails) throw new Error(name);
    };
  const first = lanes.run(['a'], never, task('1', true));
  const second = lanes.run(['a', 'b'], never, task('2'));
  const third = lanes.run(['b'], never, task('3'));
  await expect(first).rejects.toThrow('1');
  await Promise.all([second, third]);
  expect(steps.filter((step) => !step.startsWith('3'))).toEqual(['1+', '1-', '2+', '2-']);
});

test('who waits behind a task that hangs leaves with his signal, and his task is not run later', async () => {
  const lanes = new Lanes();
  let release = (): void => undefined;
  const hanging = lanes.run(['a'], never, () => new Promise<void>((resolve) => (release = resolve)));
  let ran = false;
  const waiting = lanes.run(['a'], AbortSignal.timeout(20), async () => void (ran = true));
  await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' });
  release();
  await hanging;
  await lanes.run(['a'], never, async () => undefined);
  expect(ran).toBe(false);
});
