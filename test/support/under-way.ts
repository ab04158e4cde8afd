import type { MoveUnderWay } from '../../planners/choose/under-way.ts';
import { createRandom } from '../../src/world/random.ts';
import type { Topology, Workload } from '../../topology/resolve/topology.ts';

/** One move of another run: the first workload of the small world, to Lyon over half of its link. */
export function aMoveUnderWay(changes: Partial<MoveUnderWay> = {}): MoveUnderWay {
  return {
    run: 'other-1',
    workload: 'app',
    source: { site: 'paris', host: 'h1' },
    target: { site: 'lyon', host: 'h1' },
    reservations: [{ link: 'wan', bytesPerSecond: 50_000_000 }],
    addresses: [],
    fromUnixSeconds: 0,
    toUnixSeconds: 600,
    ...changes,
  };
}

/**
 * Whatever other runs may be up to: moves that began long ago or come later, that have ended, have stopped, or that the
 * topology already has at their target, over any part of a link; policies and room mean nothing to them.
 */
export function anyUnderWay(
  { sites, links, workloads }: Topology,
  { seed, atUnixSeconds }: { readonly seed: number; readonly atUnixSeconds: number },
): readonly MoveUnderWay[] {
  const random = createRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.next() * from.length)]!;
  const hosts = sites.flatMap((site) => site.hosts.map(({ name }) => ({ site: site.name, host: name })));
  const some = workloads.filter(() => random.next() < 0.3);
  return some.flatMap(({ name, site, host }: Workload): readonly MoveUnderWay[] => {
    const home = { site, host };
    const other = pick(hosts);
    if (other.site === site && other.host === host) return [];
    const link = links.find(({ between }) => between.includes(site) && between.includes(other.site));
    const [source, target] = random.next() < 0.2 ? [other, home] : [home, other];
    const fromUnixSeconds = atUnixSeconds + Math.round(-500 + 2000 * random.next());
    const share = pick([0.05, 0.2, 0.5, 1]);
    const bytesPerSecond = share * ((link?.rateBitsPerSecond ?? 0) / 8);
    return [
      {
        run: pick(['other-1', 'other-2']),
        workload: name,
        source,
        target,
        reservations: link === undefined ? [] : [{ link: link.name, bytesPerSecond }],
        addresses: [],
        fromUnixSeconds,
        toUnixSeconds: random.next() < 0.15 ? null : fromUnixSeconds + Math.round(100 + 2000 * random.next()),
      },
    ];
  });
}
