import type { Topology, Workload } from '../../topology/resolve/topology.ts';
import { LonghaulError } from '../../topology/errors.ts';
import { probesAtOnce } from './limits.ts';
import type { Site } from './site.ts';

/** What was found of one workload, or why nothing was. */
export interface WorkloadProbe {
  readonly workload: string;
  readonly site: string;
  readonly state: string;
  readonly memoryBytes: number | null;
  readonly residentBytes: number | null;
  /** Distinct bytes dirtied a second, over each interval. */
  readonly dirty: Workload['dirty'];
  readonly error: string | null;
}

/**
 * Measures the dirty curve of every workload through the agent of its site. The guests run on undisturbed: pages are
 * sampled and hashed by their hypervisor, twice an interval. At one site only a few are measured at a time, so that the
 * measuring itself does not load its hosts.
 */
export async function probeWorkloads(
  workloads: Topology['workloads'],
  sites: ReadonlyMap<string, Site>,
  {
    intervalsSeconds,
    probed,
    signal,
  }: {
    readonly intervalsSeconds: readonly number[];
    readonly probed: (probe: WorkloadProbe) => void;
    readonly signal: AbortSignal;
  },
): Promise<readonly WorkloadProbe[]> {
  const probes = new Map<string, WorkloadProbe>();
  const probeSite = async (name: string): Promise<void> => {
    const waiting = workloads.filter(({ site }) => site === name);
    const take = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const probe = await probeWorkload(next, sites.get(name), { intervalsSeconds, signal });
        probes.set(next.name, probe);
        probed(probe);
      }
    };
    await Promise.all(Array.from({ length: probesAtOnce }, take));
  };
  await Promise.all([...new Set(workloads.map(({ site }) => site))].map(probeSite));
  return workloads.flatMap(({ name }) => probes.get(name) ?? []);
}

/** How long that takes at least: intervals one after the other, a few workloads of a site at a time, all sites at once. */
export function probingSeconds(
  workloads: Topology['workloads'],
  intervalsSeconds: readonly number[],
): number {
  const each = intervalsSeconds.reduce((sum, seconds) => sum + seconds, 0);
  const counts = new Map<string, number>();
  for (const { site } of workloads) counts.set(site, (counts.get(site) ?? 0) + 1);
  return each * Math.max(0, ...[...counts.values()].map((count) => Math.ceil(count / probesAtOnce)));
}

async function probeWorkload(
  { name, site: siteName }: Workload,
  site: Site | undefined,
  {
    intervalsSeconds,
    signal,
  }: { readonly intervalsSeconds: readonly number[]; readonly signal: AbortSignal },
): Promise<WorkloadProbe> {
  const nothing = {
    workload: name,
    site: siteName,
    state: 'unknown',
    memoryBytes: null,
    residentBytes: null,
    dirty: [],
  };
  if (site === undefined) return { ...nothing, error: `site '${siteName}' has no agent` };
  try {
    const { state, memoryBytes, residentBytes } = await site.guests.inspect(name, signal);
    const found = { ...nothing, state, memoryBytes, residentBytes };
    if (state !== 'running') return { ...found, error: `is ${state}; only a running guest dirties memory` };
    const dirty = await site.guests.measureDirty(name, intervalsSeconds, signal);
    return { ...found, dirty, error: null };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LonghaulError) return { ...nothing, error: error.message };
    throw error;
  }
}
