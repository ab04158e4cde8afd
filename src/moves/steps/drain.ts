import type { Session } from '../../../gateway/relocation.ts';
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
  deadlineSeconds: ({ limits }) => limits.callSeconds,
  apply: async ({ clock }) => ({ drainSinceSeconds: clock.nowSeconds() }),
};

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
  const open = new Map<string, Session>();
  let lastNewSeconds: number | null = null;
  for (const { source: half } of facts.relocations ?? []) {
    const statuses = await Promise.all([
      source.agent.relocations.get(half.id, signal),
      target.agent.relocations.get(half.id, signal),
    ]);
    for (const status of statuses) {
      for (const session of status?.sessions ?? []) open.set(JSON.stringify(session), session);
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
