import type { Session } from '../../../gateway/relocation.ts';
import { isInSubnet } from '../../../topology/addresses.ts';
import { formatSeconds } from '../../../topology/units.ts';
import { drainedFlowsListed } from '../limits.ts';
import type { Move, MoveFacts } from '../move.ts';
import type { Step } from '../step.ts';

/**
 * The tunnel stays until resolvers have forgotten the old address, nobody has opened a session to it for a while, and
 * the old sessions are gone; the deadline cuts the last two short, never the first.
 */
export const openDrain: Step = {
  name: 'open drain',
  weight: 0,
  deadlineSeconds: ({ limits }) => 2 * limits.callSeconds,
  apply: async (move, signal) => ({
    drainSinceSeconds: move.clock.nowSeconds(),
    sessionsOver: await sessionsOver(move, signal),
  }),
};

/**
 * A session that was handed over and ended while the guest was still at its source would be open at the target for days:
 * nothing of it ever passes there again. Whatever comes through the tunnel passes the source's gateway too, so what that
 * one no longer knows for open is over; only clients at the target have a way of their own.
 */
async function sessionsOver(
  { facts, source, target }: Move,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const over: string[] = [];
  for (const { target: half } of facts.relocations ?? []) {
    const { oldAddress } = half.guest;
    const atTarget = (await target.agent.relocations.get(half.id, signal))?.sessions ?? [];
    const atSource = await source.agent.relocations.sessions(oldAddress, signal);
    const known = new Set(atSource.map(keyOf));
    const isAtTarget = (address: string): boolean =>
      target.model.networks.some(({ subnet }) => isInSubnet(address, subnet));
    over.push(
      ...atTarget
        .filter(
          ({ sourceAddress, targetAddress }) => !isAtTarget(sourceAddress) && !isAtTarget(targetAddress),
        )
        .map(keyOf)
        .filter((key) => !known.has(key)),
    );
  }
  return over;
}

/** The same whichever side a gateway took for the one that opened it. */
function keyOf({ protocol, sourceAddress, sourcePort, targetAddress, targetPort }: Session): string {
  const ends = [`${sourceAddress}:${sourcePort}`, `${targetAddress}:${targetPort}`].toSorted();
  return [protocol, ...ends].join(' ');
}

export const drainSessions: Step = {
  name: 'drain',
  weight: 5,
  deadlineSeconds: (move) =>
    namesForgottenAfterSeconds(move) + move.runLimits.drainSecondsMax + move.limits.callSeconds,
  apply: async (move, signal) => {
    const { facts, clock, limits } = move;
    if ((facts.relocations ?? []).length === 0) return undefined;
    const sinceSeconds = facts.drainSinceSeconds ?? clock.nowSeconds();
    for (;;) {
      const view = await lookAtSessions(move, signal);
      const state = drainState(move, view, sinceSeconds);
      if (state.isOver) return await closeDrain(move, view, state.isLate);
      move.report({ ratio: state.ratio, convergence: null, text: state.text });
      await clock.sleep(limits.drainLookSeconds, signal);
    }
  },
};

export interface SessionView {
  readonly open: readonly Session[];
  readonly lastNewSeconds: number | null;
}

async function lookAtSessions({ facts, source, target }: Move, signal: AbortSignal): Promise<SessionView> {
  const over = new Set(facts.sessionsOver);
  const open = new Map<string, Session>();
  let lastNewSeconds: number | null = null;
  for (const { source: half } of facts.relocations ?? []) {
    const statuses = await Promise.all([
      source.agent.relocations.get(half.id, signal),
      target.agent.relocations.get(half.id, signal),
    ]);
    for (const status of statuses) {
      for (const session of status?.sessions ?? [])
        if (!over.has(keyOf(session))) open.set(keyOf(session), session);
      const last = status?.lastNewSessionSeconds ?? null;
      if (last !== null) lastNewSeconds = Math.max(last, lastNewSeconds ?? last);
    }
  }
  return { open: [...open.values()], lastNewSeconds };
}

function drainState(
  move: Move,
  { open, lastNewSeconds }: SessionView,
  sinceSeconds: number,
): { readonly isOver: boolean; readonly isLate: boolean; readonly ratio: number; readonly text: string } {
  const { clock, limits, facts, runLimits } = move;
  const nowSeconds = clock.nowSeconds();
  const forgottenAt = (facts.dnsNewSinceSeconds ?? sinceSeconds) + namesForgottenAfterSeconds(move);
  const isForgotten = nowSeconds >= forgottenAt;
  const isQuiet = lastNewSeconds === null || nowSeconds - lastNewSeconds >= limits.quietSeconds;
  const isLate = nowSeconds - sinceSeconds >= runLimits.drainSecondsMax;
  const waits = [
    ...(isForgotten
      ? []
      : [`resolvers forget the old address in ${formatSeconds(Math.ceil(forgottenAt - nowSeconds))}`]),
    ...(isQuiet ? [] : ['sessions are still opened to it']),
    ...(open.length === 0 ? [] : [`${open.length} old sessions are open`]),
  ];
  return {
    isOver: isForgotten && (isLate || (isQuiet && open.length === 0)),
    isLate,
    ratio: Math.min(1, (nowSeconds - sinceSeconds) / Math.max(1, runLimits.drainSecondsMax)),
    text: waits.join('; '),
  };
}

async function closeDrain(move: Move, { open }: SessionView, isLate: boolean): Promise<MoveFacts> {
  if (isLate && open.length > 0)
    await move.note('drain deadline: open sessions are reset', {
      count: open.length,
      sessions: open.slice(0, drainedFlowsListed),
    });
  const sinceSeconds = move.facts.drainSinceSeconds ?? move.clock.nowSeconds();
  return { drain: { seconds: move.clock.nowSeconds() - sinceSeconds, sessionsReset: open.length } };
}

/** The time to live that was answered last, and how long a secondary server may lag behind. */
export function namesForgottenAfterSeconds({
  planned,
  dnsSites,
}: Pick<Move, 'planned' | 'dnsSites'>): number {
  const ttlSeconds = Math.max(0, ...planned.names.map(({ loweredTtlSeconds }) => loweredTtlSeconds));
  const servers = dnsSites.flatMap(({ model }) => model.dns);
  return ttlSeconds + Math.max(0, ...servers.map(({ transferLagSeconds }) => transferLagSeconds));
}
