import type { RawTopology } from '../schema/topology.ts';

/**
 * Networks that links stretch are one segment: the same addresses, the same neighbours. Answers for each network the
 * name of its segment, 'site/network' of the first of them.
 */
export function segmentsOf({
  raw,
}: {
  readonly raw: RawTopology;
}): (site: string, network: string) => string {
  const parent = new Map<string, string>();
  const rootOf = (key: string): string => {
    let root = key;
    for (let next = parent.get(root); next !== undefined; next = parent.get(root)) root = next;
    return root;
  };
  for (const { stretched } of raw.links)
    for (const [a, b] of stretched) {
      const [first, second] = [rootOf(a), rootOf(b)].sort();
      if (first !== undefined && second !== undefined && first !== second) parent.set(second, first);
    }
  return (site, network) => rootOf(`${site}/${network}`);
}
