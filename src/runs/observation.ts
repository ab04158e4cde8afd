import type { Observation } from '../../planners/estimate/observation.ts';
import type { Plan, PlannedMove } from '../../planners/plan/plan.ts';
import type { Link, Method, Workload } from '../../topology/resolve/topology.ts';
import { foldMove, type MoveState } from '../moves/journal.ts';
import { type Measures, measuresOf } from '../moves/measures.ts';
import type { TransferProgress } from '../site/site.ts';
import type { StoredEntry } from './store/records.ts';

/**
 * What a finished attempt teaches the model: what was known before it, and what came of it. Null where nothing was
 * sent, so that there is nothing to learn.
 */
export function observationOf(
  plan: Plan,
  { entries, run, workload: name, attempt, method }: ObservationSource,
): Observation | null {
  const state = foldMove(entries, name, attempt);
  const planned = plan.moves.find(({ workload }) => workload === name);
  const workload = plan.topology.workloads.find((each) => each.name === name);
  const { transfer } = state.facts;
  if (state.outcome === null || transfer === undefined || planned === undefined || workload === undefined)
    return null;
  const [linkName] = planned.decision.chosen.path;
  const link = plan.topology.links.find((each) => each.name === linkName);
  if (link === undefined) return null;
  return {
    id: `${run}-${name}-${attempt}`,
    ...knownBefore(workload, { planned, link, method }),
    outcome: outcomeOf(state, transfer, measuresOf(method, entries, { workload: name, attempt })),
  };
}

export interface ObservationSource {
  readonly entries: readonly StoredEntry[];
  readonly run: string;
  readonly workload: string;
  readonly attempt: number;
  readonly method: Method;
}

const mebibyte = 2 ** 20;

function knownBefore(
  workload: Workload,
  { planned, link, method }: { readonly planned: PlannedMove; readonly link: Link; readonly method: Method },
): Omit<Observation, 'id' | 'outcome'> {
  const reserved = planned.reservations.find((each) => each.link === link.name)?.bytesPerSecond;
  const { settings, target } = planned.decision.chosen;
  return {
    method,
    guest: {
      memoryBytes: workload.memoryBytes,
      residentBytes: workload.residentBytes,
      vcpus: workload.vcpus,
    },
    dirty: workload.dirty.map(({ seconds, bytesPerSecond }) => ({
      seconds,
      mebibytesPerSecond: bytesPerSecond / mebibyte,
    })),
    link: {
      bitsPerSecond: reserved === undefined ? link.rateBitsPerSecond : reserved * 8,
      rttSeconds: link.rttSeconds,
      jitterSeconds: link.jitterSeconds,
      loss: link.loss,
      bufferSeconds: link.bufferSeconds,
      mtuBytes: link.mtuBytes,
      congestionControl: link.congestionControl,
      sendBufferBytes: link.sendBufferBytes,
    },
    ...(settings === null ? {} : { settings: settingsOf(settings) }),
    disks: workload.disks.map((disk) => ({
      sizeBytes: disk.sizeBytes,
      usedBytes: disk.usedBytes,
      shared: disk.storage !== null,
      writeBytesPerSecond: disk.writeBytesPerSecond,
      seededBytes: disk.seeded[target?.site ?? ''] ?? 0,
    })),
    gatedStart: true,
    ...(method === 'cold'
      ? { shutdownSeconds: workload.shutdownSeconds, bootSeconds: workload.bootSeconds }
      : {}),
  };
}

function settingsOf({
  mode,
  ...settings
}: NonNullable<PlannedMove['decision']['chosen']['settings']>): Observation['settings'] {
  return { ...settings, postcopyAfterPasses: { 'pre-copy': null, hybrid: 1, 'post-copy': 0 }[mode] };
}

function outcomeOf(
  { outcome }: MoveState,
  transfer: TransferProgress,
  { totalSeconds, pauseSeconds }: Measures,
): Observation['outcome'] {
  const hasMoved = outcome?.result === 'moved';
  return {
    status: hasMoved ? 'completed' : outcome?.result === 'left' ? 'not-converged' : 'failed',
    totalSeconds: totalSeconds ?? transfer.elapsedSeconds,
    downtimeSeconds: transfer.downtimeSeconds,
    setupSeconds: transfer.setupSeconds,
    pauseSeconds,
    sessionStallSeconds: null,
    transferredBytes: transfer.transferredBytes,
    wireBytes: null,
    passes: transfer.passes,
    normalPages: transfer.normalPages,
    zeroPages: transfer.zeroPages,
    postcopyRequests: transfer.postcopyRequests,
    throttlePercentMax: transfer.throttleRatio * 100,
    syncs: [],
  };
}
