import type { Plan } from '../../../planners/plan/plan.ts';
import { formatBitsPerSecond, formatInstant } from '../../../topology/units.ts';
import { section } from './sections.ts';
import { bullet } from './wrap.ts';

type Moves = NonNullable<Plan['underWay']>;

/** What other runs do meanwhile, a line each: how many moves, until when, and the most that they take of each link. */
export function underWayText({ underWay = [], startSeconds }: Plan): string {
  const runs = new Map<string, Moves[number][]>();
  for (const move of underWay) runs.set(move.run, [...(runs.get(move.run) ?? []), move]);
  return section(
    'Already under way, and left room by this plan',
    [...runs]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([run, moves]) => bullet(runLine(run, moves, startSeconds ?? 0))),
  );
}

function runLine(run: string, moves: Moves, startSeconds: number): string {
  const going = moves.filter(({ toUnixSeconds }) => toUnixSeconds !== null && toUnixSeconds > startSeconds);
  const stopped = moves.filter(({ toUnixSeconds }) => toUnixSeconds === null).length;
  const ended = moves.length - going.length - stopped;
  const end = Math.max(...going.map(({ toUnixSeconds }) => toUnixSeconds ?? 0));
  const links = [
    ...new Set(going.flatMap(({ reservations }) => reservations.map(({ link }) => link))),
  ].sort();
  const parts = [
    ...(going.length > 0 ? [`${count(going.length)} until ${formatInstant(end)} (P90)`] : []),
    ...links.map((link) => `up to ${formatBitsPerSecond(8 * mostOf(going, link))} of link ${link}`),
    ...(stopped > 0 ? [`${count(stopped)} stopped until a person settles it (longhaul show ${run})`] : []),
    ...(ended > 0 ? [`${count(ended)} done, not yet in the topology`] : []),
  ];
  return `run ${run}: ${parts.join(', ')}`;
}

const count = (moves: number): string => `${moves} ${moves === 1 ? 'move' : 'moves'}`;

/** What is taken can only rise when a move begins. */
function mostOf(moves: Moves, link: string): number {
  const rateAt = (at: number): number =>
    moves
      .filter(({ fromUnixSeconds, toUnixSeconds }) => fromUnixSeconds <= at && at < (toUnixSeconds ?? at))
      .flatMap(({ reservations }) => reservations)
      .reduce((sum, each) => (each.link === link ? sum + each.bytesPerSecond : sum), 0);
  return Math.max(...moves.map(({ fromUnixSeconds }) => rateAt(fromUnixSeconds)));
}
