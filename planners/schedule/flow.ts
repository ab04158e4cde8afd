import assert from 'node:assert/strict';
import type { Placed, Problem } from './problem.ts';

export interface Predecessors {
  /** Without whose success it cannot run: what it needs, and who leaves it room. */
  readonly needs: readonly string[];
  /** These, and those whose place or rate it takes over: they must have ended, well or not. */
  readonly after: readonly string[];
}

/**
 * Who waits for whom: for each placed job the names of those whose place, rate or room it takes over, and of those it
 * needs. Whoever starts each job only when these have ended keeps every limit, however long the jobs really take.
 *
 * Every unit of a resource is followed from hand to hand (Artigues and Roubellat 2000, resource flow network): free
 * units nobody had yet first, then those of jobs that are waited for anyway, then those that have been free longest.
 */
export function predecessors(
  { resources, stores }: Problem,
  placed: readonly Placed[],
): ReadonlyMap<string, Predecessors> {
  const pools = new Map<string, Pool>();
  for (const { name } of resources) pools.set(`r ${name}`, new Pool(0));
  for (const { name, amount } of stores) pools.set(`s ${name}`, new Pool(amount));
  const pool = (key: string): Pool => {
    const found = pools.get(key);
    assert(found !== undefined, `no ${key}`);
    return found;
  };
  const all = new Map<string, Predecessors>();
  const names = new Set(placed.map(({ job }) => job.name));
  for (const event of eventsOf(resources, placed)) {
    if (event.kind === 'step') pool(`r ${event.resource}`).change(event.amount);
    else if (event.kind === 'end') giveBack(event.placed, pool);
    else {
      const { job, option } = event.placed;
      const before = new Set(job.needs.filter((need) => names.has(need)));
      for (const { store, amount } of option.takes) pool(`s ${store}`).take(amount, before);
      const needs = [...before].sort();
      for (const { resource, amount } of [...job.uses, ...option.uses])
        pool(`r ${resource}`).take(amount, before);
      all.set(job.name, { needs, after: [...before].sort() });
    }
  }
  return all;
}

type FlowEvent =
  | { readonly at: number; readonly kind: 'step'; readonly resource: string; readonly amount: number }
  | { readonly at: number; readonly kind: 'end' | 'start'; readonly placed: Placed };

/** In time; at one instant what frees comes before what takes. */
function eventsOf(resources: Problem['resources'], placed: readonly Placed[]): readonly FlowEvent[] {
  const rank = { end: 0, step: 1, start: 2 };
  const events: FlowEvent[] = [
    ...resources.flatMap(({ name, steps }) =>
      steps.map(
        ({ atSeconds, amount }, index): FlowEvent => ({
          at: atSeconds,
          kind: 'step',
          resource: name,
          amount: amount - (steps[index - 1]?.amount ?? 0),
        }),
      ),
    ),
    ...placed.flatMap((entry): readonly FlowEvent[] => [
      { at: entry.startSeconds, kind: 'start', placed: entry },
      { at: entry.endSeconds, kind: 'end', placed: entry },
    ]),
  ];
  return events.sort((a, b) => a.at - b.at || rank[a.kind] - rank[b.kind]);
}

function giveBack({ job, option }: Placed, pool: (key: string) => Pool): void {
  for (const { resource, amount } of [...job.uses, ...option.uses])
    pool(`r ${resource}`).put(amount, job.name);
  for (const { store, amount } of job.returns) pool(`s ${store}`).put(amount, job.name);
}

/** Free units, each with the job that had them last. */
class Pool {
  #unused: number;
  #free: { readonly job: string; amount: number }[] = [];

  constructor(unused: number) {
    this.#unused = unused;
  }

  put(amount: number, job: string): void {
    this.#free.push({ job, amount });
  }

  /** What there is grows or shrinks; what shrinks away is nobody's first. */
  change(amount: number): void {
    if (amount >= 0) this.#unused += amount;
    else this.take(-amount, new Set());
  }

  take(amount: number, before: Set<string>): void {
    let left = amount - Math.min(this.#unused, amount);
    this.#unused -= amount - left;
    const tolerance = 1e-9 * amount;
    for (const known of [true, false]) {
      for (const entry of this.#free) {
        if (left <= tolerance) break;
        if (before.has(entry.job) !== known) continue;
        const taken = Math.min(entry.amount, left);
        entry.amount -= taken;
        left -= taken;
        before.add(entry.job);
      }
    }
    this.#free = this.#free.filter((entry) => entry.amount > tolerance);
    assert(left <= 1e-6 * Math.max(1, amount), 'a start finds what it takes');
  }
}
