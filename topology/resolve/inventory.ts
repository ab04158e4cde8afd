import { shortened } from '../load/suggest.ts';
import type { Path, Report } from '../load/problems.ts';
import type { RawHost, RawNetwork, RawSite } from '../schema/sites.ts';
import type { RawTopology } from '../schema/topology.ts';
import type { RawWorkload } from '../schema/workloads.ts';
import { nearest } from '../load/suggest.ts';

/** An entry of the file, and where it stands. */
export interface Entry<T> {
  readonly raw: T;
  readonly path: Path;
}

/** What the checks share: every entry by name, and where to complain. */
export interface Inventory {
  readonly raw: RawTopology;
  readonly report: Report;
  /** True where the form of the file is right, so that sums over all entries mean something. */
  readonly isWhole: boolean;
  /** Names of entries that are in the file but too faulty to be known here. */
  readonly lostNames: ReadonlySet<string>;
  readonly sites: ReadonlyMap<string, Entry<RawSite>>;
  readonly workloads: ReadonlyMap<string, Entry<RawWorkload>>;
  readonly networksOf: (site: string) => ReadonlyMap<string, Entry<RawNetwork>>;
  readonly hostsOf: (site: string) => ReadonlyMap<string, Entry<RawHost>>;
}

export function inventoryOf(
  raw: RawTopology,
  loaded: Pick<Inventory, 'report' | 'isWhole' | 'lostNames'>,
): Inventory {
  const sites = byName(raw.sites, ['sites']);
  const workloads = byName(raw.workloads, ['workloads']);
  const inner = <T extends { readonly name: string }>(
    key: string,
    listOf: (site: RawSite) => readonly T[],
  ) => {
    const maps = new Map(
      [...sites.values()].map(({ raw: site, path }) => [site.name, byName(listOf(site), [...path, key])]),
    );
    const none: ReadonlyMap<string, Entry<T>> = new Map();
    return (site: string): ReadonlyMap<string, Entry<T>> => maps.get(site) ?? none;
  };
  return {
    raw,
    report: loaded.report,
    isWhole: loaded.isWhole,
    lostNames: loaded.lostNames,
    sites,
    workloads,
    networksOf: inner('networks', (site) => site.networks),
    hostsOf: inner('hosts', (site) => site.hosts),
  };
}

/** The first of each name; later ones are complained about by checks/names.ts. */
function byName<T extends { readonly name: string }>(
  list: readonly T[],
  path: Path,
): ReadonlyMap<string, Entry<T>> {
  const map = new Map<string, Entry<T>>();
  for (const [index, raw] of list.entries())
    if (!map.has(raw.name)) map.set(raw.name, { raw, path: [...path, index] });
  return map;
}

/** The entry that a reference names; complains where it does not exist. */
export function refer<T>(
  inventory: Pick<Inventory, 'report' | 'lostNames'>,
  known: ReadonlyMap<string, T>,
  reference: { readonly name: string; readonly path: Path; readonly kind: string; readonly of?: string },
): T | null {
  const { name, path, kind, of } = reference;
  const found = known.get(name);
  if (found !== undefined) return found;
  const wrong = of === undefined ? `there is no ${kind} '${name}'` : `${of} has no ${kind} '${name}'`;
  if (!inventory.lostNames.has(name)) inventory.report(path, wrong, meant(name, known));
  return null;
}

function meant(name: string, known: ReadonlyMap<string, unknown>): string {
  const names = [...known.keys()].sort();
  const near = nearest(name, names);
  if (near !== null) return `did you mean '${near}'?`;
  return names.length === 0 ? 'none is described' : `known are ${shortened(names)}`;
}
