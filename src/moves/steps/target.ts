import { LonghaulError } from '../../../topology/errors.ts';
import type { TransferSettings } from '../../../planners/plan/plan.ts';
import type { TargetSpec, TransferContent } from '../../site/site.ts';
import type { Move } from '../move.ts';
import type { Step } from '../step.ts';

/**
 * The copy at the target: built paused, and taken away again only when the source is known to have its own, or when the
 * guest ended at the source before the target had all of it.
 */
export const prepareTarget: Step = {
  name: 'prepare target',
  weight: 2,
  deadlineSeconds: ({ limits }) => 2 * limits.callSeconds,
  apply: async (move, signal) => {
    const definition = move.facts.definition ?? (await define(move, signal));
    const content = move.method === 'cold' ? 'disks' : 'guest';
    if (content === 'disks' && !hasDisksToCopy(move)) return { definition };
    const spec = targetSpec(move, content, definition);
    const { uri } = await move.target.guests.prepareTarget(move.claim, spec, signal);
    return { definition, uri };
  },
  undo: async (move, signal) => {
    const { source, target, workload, claim } = move;
    const copy = await target.guests.inspect(workload.name, signal);
    if (copy.state === 'absent') return;
    const original = await source.guests.inspect(workload.name, signal);
    const isNeverWhole = original.state === 'stopped' && copy.state !== 'loaded';
    if (original.state !== 'running' && !isNeverWhole)
      throw new LonghaulError('LH_GUEST_STATE', [
        workload.name,
        original.state,
        source.name,
        `taking away the copy at '${target.name}'`,
        'it to run',
      ]);
    await target.guests.discard(claim, signal);
  },
};

export function targetSpec(move: Move, content: TransferContent, definition: unknown): TargetSpec {
  const { planned, source } = move;
  return {
    host: planned.decision.chosen.target?.host ?? source.model.name,
    content,
    settings: transferSettings(move),
    nics: planned.addresses.flatMap(({ mac, newNetwork }) =>
      mac === null ? [] : [{ mac, network: newNetwork }],
    ),
    definition,
  };
}

/** Of a cold move the plan keeps only the rate cap. */
export function transferSettings({ planned }: Move): TransferSettings {
  return (
    planned.decision.chosen.settings ?? {
      ...plainSettings,
      maxBandwidthBytesPerSecond: reservedRate({ planned }),
    }
  );
}

/** Disks that the target's host cannot reach where they lie. */
export function hasDisksToCopy({
  workload,
  planned,
  target,
}: Pick<Move, 'workload' | 'planned' | 'target'>): boolean {
  const host = target.model.hosts.find(({ name }) => name === planned.decision.chosen.target?.host);
  return workload.disks.some(({ storage }) => storage === null || host?.storages.includes(storage) !== true);
}

function reservedRate({ planned }: Pick<Move, 'planned'>): number | null {
  const rates = planned.reservations.map(({ bytesPerSecond }) => bytesPerSecond).filter((rate) => rate > 0);
  return rates.length === 0 ? null : Math.min(...rates);
}

async function define({ source, workload }: Move, signal: AbortSignal): Promise<unknown> {
  return await source.guests.define(workload.name, signal);
}

const plainSettings: TransferSettings = {
  mode: 'pre-copy',
  maxBandwidthBytesPerSecond: null,
  downtimeLimitSeconds: 0.3,
  autoConverge: false,
  xbzrleCacheBytes: 0,
  multifdChannels: 0,
  compress: false,
  timeoutSeconds: 86_400,
};
