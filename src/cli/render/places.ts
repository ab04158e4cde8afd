import { wrapped } from './wrap.ts';

export interface PlaceOfWorkload {
  readonly workload: string;
  readonly site: string;
  readonly host: string;
}

/** One line a host: what runs there. */
export function placesText(places: readonly PlaceOfWorkload[]): string {
  const hosts = new Map<string, string[]>();
  for (const { workload, site, host } of places) {
    const name = `${site}/${host}`;
    hosts.set(name, [...(hosts.get(name) ?? []), workload]);
  }
  const width = Math.max(0, ...[...hosts.keys()].map((name) => name.length));
  return [...hosts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, workloads]) => wrapped(`${name.padEnd(width)}  ${workloads.sort().join(', ')}`, width + 2))
    .join('\n');
}
