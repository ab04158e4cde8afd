import { z } from 'zod';
import type { TransferSettings } from '../../../planners/plan/plan.ts';
import { LonghaulError } from '../../../topology/errors.ts';
import type { TransferOrder } from '../../site/site.ts';
import type { QemuGuest } from './guest.ts';
import { announcement, cancelSecondsMax, runSecondsMax } from './limits.ts';
import { capabilitiesOf, parametersOf, runningParametersOf } from './settings.ts';

/** The source's side of a migration stream. */
export async function send(
  guest: QemuGuest,
  { uri, settings }: TransferOrder,
  signal: AbortSignal,
): Promise<void> {
  await guest.ask('migrate-set-capabilities', { capabilities: capabilitiesOf(settings) }, signal);
  await guest.ask('migrate-set-parameters', parametersOf(settings), signal);
  guest.migrationBegins('out');
  await guest.ask('migrate', { uri }, signal);
}

export async function adjust(
  guest: QemuGuest,
  change: Partial<TransferSettings>,
  signal: AbortSignal,
): Promise<void> {
  const parameters = runningParametersOf(change);
  if (Object.keys(parameters).length > 0) await guest.ask('migrate-set-parameters', parameters, signal);
  if (change.autoConverge !== undefined) {
    const capabilities = [{ capability: 'auto-converge', state: change.autoConverge }];
    await guest.ask('migrate-set-capabilities', { capabilities }, signal);
  }
  if (change.mode === 'post-copy' && guest.transfer !== 'post-copy')
    await guest.ask('migrate-start-postcopy', {}, signal);
}

/**
 * Ends the transfer with the guest running here. QEMU itself resumes the guest when a migration is cancelled or fails;
 * only after it has completed the guest is started by us, which is what the caller has asked for.
 */
export async function cancel(
  guest: QemuGuest,
  { host, signal }: { readonly host: string; readonly signal: AbortSignal },
): Promise<void> {
  const { workload } = guest;
  if (guest.transfer === 'post-copy')
    throw new LonghaulError('LH_GUEST_STATE', [
      workload,
      guest.state,
      host,
      'cancelling',
      'it not to be in post-copy',
    ]);
  if (isUnderWay(guest)) {
    await guest.askBriefly('migrate_cancel', {}, signal);
    const hasEnded = await settles(guest, cancelSecondsMax, signal);
    if (!hasEnded) await reset(guest, signal);
    await guest.until((one) => !isUnderWay(one), {
      what: 'free of its transfer',
      seconds: runSecondsMax,
      signal,
    });
  }
  if (guest.state === 'sent') {
    await guest.ask('cont', {}, signal);
    await guest.until(isRunning, { what: 'running', seconds: runSecondsMax, signal });
    await guest.ask('announce-self', announcement, signal);
    return;
  }
  const hasFailed = guest.transfer === 'cancelled' || guest.transfer === 'failed';
  if (hasFailed && guest.model.isAlive)
    await guest.until(isRunning, { what: 'running', seconds: runSecondsMax, signal });
}

/** Out of band, so that it works while QEMU's main loop waits for the dead connection. */
export async function reset(guest: QemuGuest, signal: AbortSignal): Promise<void> {
  const instances = instancesSchema
    .parse(await guest.askOutOfBand('query-yank', {}, signal))
    .filter(({ type }) => type === 'migration' || type === 'block-node');
  if (instances.length > 0) await guest.askOutOfBand('yank', { instances }, signal);
}

const instancesSchema = z.array(z.looseObject({ type: z.string() }));

const isRunning = ({ state }: QemuGuest): boolean => state === 'running';

const isUnderWay = ({ transfer }: QemuGuest): boolean =>
  transfer === 'setup' || transfer === 'active' || transfer === 'switchover';

async function settles(guest: QemuGuest, seconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await guest.until((one) => !isUnderWay(one), { what: 'free of its transfer', seconds, signal });
    return true;
  } catch (error) {
    if (error instanceof LonghaulError && error.code === 'LH_GUEST_TIMEOUT') return false;
    throw error;
  }
}
