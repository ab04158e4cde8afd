import assert from 'node:assert/strict';
import type { Topology, Workload } from '../../topology/resolve/topology.ts';
import type { Resource } from '../schedule/problem.ts';

interface Start {
  /** Of the plan. */
  readonly startSeconds: number | null;
}

interface Place {
  readonly site: string;
  readonly host: string;
}

/**
 * A move of a run that goes on beside the plan. It holds room at both ends, for good: what it leaves at its source is
 * given back by the next plan. From `fromUnixSeconds` to `toUnixSeconds` it takes its rate of the links and a place at
 * every limit on moves; from the plan's start to its end its workload counts as disturbed in every quorum, since no
 * move of the plan can be told to wait for it. One that has ended is only where it is.
 */
export interface MoveUnderWay {
  readonly run: string;
  readonly workload: string;
  readonly source: Place;
  readonly target: Place;
  /** Of each link of its path. */
  readonly reservations: readonly { readonly link: string; readonly bytesPerSecond: number }[];
  /** Those that it takes at its target. */
  readonly addresses: readonly { readonly network: string; readonly address: string }[];
  readonly fromUnixSeconds: number;
  /** Null: it has stopped, sends nothing, and goes on when a person has settled it. */
  readonly toUnixSeconds: number | null;
}

/** So much less of something for so long, in seconds after the start of the plan. */
export interface Taken {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly amount: number;
}

/** All that is under way when a plan is made, in an order of its own: that of the entries says nothing. */
export class UnderWay {
  readonly moves: readonly MoveUnderWay[];
  readonly #byWorkload = new Map<string, MoveUnderWay>();

  constructor(moves: readonly MoveUnderWay[]) {
    this.moves = moves.toSorted(byWorkload);
    for (const move of this.moves) {
      const known = this.#byWorkload.get(move.workload);
      if (known === undefined || endOf(move) > endOf(known)) this.#byWorkload.set(move.workload, move);
    }
  }

  /** Of a workload that several runs are to move, the move that ends last. */
  of(workload: string): MoveUnderWay | null {
    return this.#byWorkload.get(workload) ?? null;
  }

  /** Seconds after the start of the plan at which it ends; 0: it has, Infinity: nobody knows when. */
  endSeconds(workload: string, { startSeconds }: Start): number {
    const move = this.of(workload);
    return move === null ? 0 : Math.max(0, endOf(move) - (startSeconds ?? 0));
  }

  /** Places at which something runs, or is to, beside the one that the topology names; each once. */
  held({ workloads }: Topology): readonly { readonly workload: Workload; readonly place: Place }[] {
    if (this.moves.length === 0) return [];
    const byName = new Map(workloads.map((workload) => [workload.name, workload]));
    const held = new Map<string, { readonly workload: Workload; readonly place: Place }>();
    for (const { workload: name, source, target } of this.moves) {
      const workload = byName.get(name);
      assert(workload !== undefined, `what is under way is in the topology: ${name}`);
      for (const place of [source, target]) {
        if (place.site !== workload.site || place.host !== workload.host)
          held.set(`${name} ${place.site}/${place.host}`, { workload, place });
      }
    }
    return [...held.values()];
  }

  /** Bytes per second of the link. */
  onLink(link: string, start: Start): readonly Taken[] {
    return this.#sending(start, ({ reservations }) =>
      reservations.reduce((sum, each) => (each.link === link ? sum + each.bytesPerSecond : sum), 0),
    );
  }

  movesOver(link: string, start: Start): readonly Taken[] {
    return this.#sending(start, ({ reservations }) =>
      reservations.some((each) => each.link === link) ? 1 : 0,
    );
  }

  /** Without a host: at the site. */
  movesAt({ site, host }: { readonly site: string; readonly host?: string }, start: Start): readonly Taken[] {
    const isThere = (end: Place): boolean => end.site === site && (host === undefined || end.host === host);
    return this.#sending(start, ({ source, target }) => (isThere(source) || isThere(target) ? 1 : 0));
  }

  /** Members that are disturbed from the start of the plan until their moves end. */
  disturbed(workloads: readonly string[], start: Start): readonly Taken[] {
    if (this.moves.length === 0) return [];
    return workloads
      .map((workload) => ({ fromSeconds: 0, toSeconds: this.endSeconds(workload, start), amount: 1 }))
      .filter(({ toSeconds }) => toSeconds > 0);
  }

  #sending({ startSeconds }: Start, amountOf: (move: MoveUnderWay) => number): readonly Taken[] {
    return this.moves.flatMap((move): readonly Taken[] => {
      const amount = amountOf(move);
      if (amount === 0 || move.toUnixSeconds === null) return [];
      const fromSeconds = Math.max(0, move.fromUnixSeconds - (startSeconds ?? 0));
      const toSeconds = move.toUnixSeconds - (startSeconds ?? 0);
      return toSeconds > fromSeconds ? [{ fromSeconds, toSeconds, amount }] : [];
    });
  }
}

/** Steps with what is taken away from them, never below nothing. */
export function lessTaken(steps: Resource['steps'], taken: readonly Taken[]): Resource['steps'] {
  if (taken.length === 0) return steps;
  const times = new Set([
    ...steps.map(({ atSeconds }) => atSeconds),
    ...taken.flatMap(({ fromSeconds, toSeconds }) => [fromSeconds, toSeconds]).filter(Number.isFinite),
  ]);
  return [...times]
    .sort((a, b) => a - b)
    .map((atSeconds) => {
      const there = steps.findLast((step) => step.atSeconds <= atSeconds)?.amount ?? 0;
      return { atSeconds, amount: Math.max(0, there - takenAt(taken, atSeconds)) };
    })
    .filter(({ amount }, index, all) => index === 0 || amount !== all[index - 1]!.amount);
}

export function takenAt(taken: readonly Taken[], atSeconds: number): number {
  return taken.reduce(
    (sum, { fromSeconds, toSeconds, amount }) =>
      fromSeconds <= atSeconds && atSeconds < toSeconds ? sum + amount : sum,
    0,
  );
}

const endOf = ({ toUnixSeconds }: MoveUnderWay): number => toUnixSeconds ?? Number.POSITIVE_INFINITY;

function byWorkload(a: MoveUnderWay, b: MoveUnderWay): number {
  if (a.workload !== b.workload) return a.workload < b.workload ? -1 : 1;
  return a.run === b.run ? a.fromUnixSeconds - b.fromUnixSeconds : a.run < b.run ? -1 : 1;
}
