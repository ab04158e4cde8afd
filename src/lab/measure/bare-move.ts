import { z } from 'zod';
import { migrationInfoSchema } from '../../hypervisors/qemu/status.ts';
import { migrationPollSeconds } from '../limits.ts';
import type { LabWorld } from '../world.ts';
import type { BareGuest } from './bare-guest.ts';
import type { ScenarioSettings } from './scenario.ts';

/** One migration by bare QMP commands, watched by polling; the target starts by itself when it has all. */
export interface BareMove {
  readonly source: BareGuest;
  readonly target: BareGuest;
  readonly targetAddress: string;
  readonly port: number;
  readonly settings: ScenarioSettings;
  /** Called when the guest is stopped and its last pages are still to go. */
  readonly beforeSwitchover?: () => Promise<void>;
}

/** What the hypervisor said of it: the fields of an observation, and when the guest stopped and ran (Unix seconds). */
export interface BareOutcome {
  readonly status: 'completed' | 'not-converged' | 'failed';
  readonly totalSeconds: number;
  readonly downtimeSeconds: number | null;
  readonly setupSeconds: number | null;
  readonly pauseSeconds: number | null;
  readonly transferredBytes: number;
  readonly passes: number;
  readonly normalPages: number | null;
  readonly zeroPages: number | null;
  readonly postcopyRequests: number;
  readonly throttlePercentMax: number;
  readonly syncs: Sync[];
  readonly stoppedAtSeconds: number | null;
  readonly resumedAtSeconds: number | null;
}

interface Sync {
  readonly atSeconds: number;
  readonly pass: number;
  readonly transferredBytes: number;
  readonly remainingBytes: number;
  readonly dirtyPagesPerSecond: number;
}

type Info = z.infer<typeof migrationInfoSchema>;
type Ram = NonNullable<Info['ram']>;

export async function moveBare(world: LabWorld, move: BareMove): Promise<BareOutcome> {
  const { source, target, targetAddress, port, settings } = move;
  const capabilities = capabilitiesOf(settings, move.beforeSwitchover !== undefined);
  for (const guest of [target, source]) {
    await guest.tell('migrate-set-capabilities', { capabilities });
    await guest.tell('migrate-set-parameters', parametersOf(settings));
  }
  const uri = `tcp:${targetAddress}:${port}`;
  await target.tell('migrate-incoming', { uri });
  const begun = world.clock.monotonicSeconds();
  await source.tell('migrate', { uri });
  return await follow(world, move, begun);
}

async function follow(
  world: LabWorld,
  { source, target, settings, beforeSwitchover }: BareMove,
  begun: number,
): Promise<BareOutcome> {
  const pollSeconds = beforeSwitchover === undefined ? migrationPollSeconds : gatedPollSeconds;
  const syncs: Sync[] = [];
  let last: Ram | undefined;
  let throttle = 0;
  let isPostcopy = false;
  for (;;) {
    const info = await source.ask('query-migrate', {}, migrationInfoSchema);
    const elapsed = world.clock.monotonicSeconds() - begun;
    throttle = Math.max(throttle, info['cpu-throttle-percentage'] ?? 0);
    if (info.ram !== undefined) {
      last = info.ram;
      noteSync(syncs, info.ram, elapsed);
    }
    const status = info.status ?? 'none';
    if (status === 'completed') return await completed(world, { source, target }, { syncs, throttle });
    if (status === 'failed' || status === 'cancelled')
      return givenUp(status, { last, syncs, throttle, elapsed });
    if (
      status === 'active' &&
      !isPostcopy &&
      passesDone(info) >= (settings.postcopyAfterPasses ?? Infinity)
    ) {
      isPostcopy = true;
      await source.tell('migrate-start-postcopy');
    }
    if (status === 'pre-switchover' && beforeSwitchover !== undefined) {
      await beforeSwitchover();
      await source.tell('migrate-continue', { state: 'pre-switchover' });
    }
    if (elapsed > settings.timeoutSeconds && status === 'active') await source.tell('migrate_cancel');
    await world.clock.sleep(pollSeconds, world.signal);
  }
}

/** A stopped guest must not wait for the next look. */
const gatedPollSeconds = 0.01;

const passesDone = ({ ram }: Info): number => (ram?.['dirty-sync-count'] ?? 1) - 1;

function noteSync(syncs: Sync[], ram: Ram, atSeconds: number): void {
  const pass = ram['dirty-sync-count'];
  if (syncs.at(-1)?.pass === pass) return;
  syncs.push({
    atSeconds: rounded(atSeconds),
    pass,
    transferredBytes: ram.transferred,
    remainingBytes: ram.remaining,
    dirtyPagesPerSecond: ram['dirty-pages-rate'],
  });
}

interface Seen {
  readonly syncs: readonly Sync[];
  readonly throttle: number;
}

async function completed(
  world: LabWorld,
  { source, target }: Pick<BareMove, 'source' | 'target'>,
  { syncs, throttle }: Seen,
): Promise<BareOutcome> {
  const isLoaded = async (): Promise<boolean> =>
    target.eventSeconds('RESUME') !== null &&
    (await target.ask('query-migrate', {}, migrationInfoSchema)).status === 'completed';
  while (!(await isLoaded())) await world.clock.sleep(migrationPollSeconds, world.signal);
  const info = await source.ask('query-migrate', {}, migrationInfoSchema); // its times follow its status
  const stopped = source.eventSeconds('STOP');
  const resumed = target.eventSeconds('RESUME');
  return {
    status: 'completed',
    totalSeconds: seconds(info['total-time']) ?? 0,
    downtimeSeconds: seconds(info.downtime),
    setupSeconds: seconds(info['setup-time']),
    pauseSeconds: stopped === null || resumed === null ? null : rounded(resumed - stopped),
    ...counted(info.ram),
    throttlePercentMax: throttle,
    syncs: [...syncs],
    stoppedAtSeconds: stopped,
    resumedAtSeconds: resumed,
  };
}

function givenUp(
  status: string,
  { last, syncs, throttle, elapsed }: Seen & { readonly last: Ram | undefined; readonly elapsed: number },
): BareOutcome {
  return {
    status: status === 'cancelled' ? 'not-converged' : 'failed',
    totalSeconds: rounded(elapsed),
    downtimeSeconds: null,
    setupSeconds: null,
    pauseSeconds: null,
    ...counted(last),
    throttlePercentMax: throttle,
    syncs: [...syncs],
    stoppedAtSeconds: null,
    resumedAtSeconds: null,
  };
}

const counted = (ram: Ram | undefined) => ({
  transferredBytes: ram?.transferred ?? 0,
  passes: ram?.['dirty-sync-count'] ?? 0,
  normalPages: ram?.normal ?? null,
  zeroPages: ram?.duplicate ?? null,
  postcopyRequests: ram?.['postcopy-requests'] ?? 0,
});

const seconds = (milliseconds: number | undefined): number | null =>
  milliseconds === undefined ? null : milliseconds / 1000;
export const rounded = (value: number): number => Number(value.toFixed(4));

function capabilitiesOf(settings: ScenarioSettings, gated: boolean): readonly object[] {
  const states = {
    events: true,
    'auto-converge': settings.autoConverge,
    xbzrle: settings.xbzrleCacheBytes > 0,
    multifd: settings.multifdChannels > 0,
    compress: settings.compress,
    'postcopy-ram': settings.postcopyAfterPasses !== null,
    'pause-before-switchover': gated,
  };
  return Object.entries(states).map(([capability, state]) => ({ capability, state }));
}

function parametersOf(settings: ScenarioSettings): object {
  const { maxBandwidthBytesPerSecond, downtimeLimitSeconds, xbzrleCacheBytes, multifdChannels } = settings;
  return {
    'downtime-limit': Math.round(downtimeLimitSeconds * 1000),
    'max-bandwidth': maxBandwidthBytesPerSecond ?? 0,
    'max-postcopy-bandwidth': 0,
    ...(xbzrleCacheBytes > 0 ? { 'xbzrle-cache-size': xbzrleCacheBytes } : {}),
    ...(multifdChannels > 0 ? { 'multifd-channels': multifdChannels } : {}),
  };
}
