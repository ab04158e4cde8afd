import { z } from 'zod';
import type { Clock } from '../../../topology/world.ts';
import type { QemuGuest } from './guest.ts';
import { pollSeconds, samplePagesPerGibibyte } from './limits.ts';

const answerSchema = z.object({ status: z.string(), 'dirty-rate': z.int().nonnegative().optional() });

/**
 * Distinct bytes dirtied per second over the interval, by page sampling: pages are hashed before and after, the guest
 * runs on undisturbed. Never `dirty-bitmap`, which crashed a guest without KVM. QEMU answers in whole MiB/s.
 */
export async function measureDirty(
  clock: Clock,
  guest: QemuGuest,
  { intervalSeconds, signal }: { readonly intervalSeconds: number; readonly signal: AbortSignal },
): Promise<number> {
  const ask = async () => answerSchema.parse(await guest.ask('query-dirty-rate', {}, signal));
  const settle = async () => {
    let answer = await ask();
    for (; answer.status === 'measuring'; answer = await ask()) await clock.sleep(pollSeconds, signal);
    return answer;
  };
  await settle(); // one that an earlier caller began and did not await
  const parameters = {
    'calc-time': intervalSeconds,
    'sample-pages': samplePagesPerGibibyte,
    mode: 'page-sampling',
  };
  await guest.ask('calc-dirty-rate', parameters, signal);
  await clock.sleep(intervalSeconds, signal);
  const { 'dirty-rate': mebibytesPerSecond = 0 } = await settle();
  return mebibytesPerSecond * 2 ** 20;
}
