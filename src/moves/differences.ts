import type { SiteDescription } from '../site/site.ts';
import type { Move } from './move.ts';

/** What a planned move takes for granted and its two sites do not have: one sentence each, empty when it fits. */
export function differencesOf(
  move: Checked,
  { source, target }: { readonly source: SiteDescription; readonly target: SiteDescription },
): readonly string[] {
  return [
    ...sourceDifferences(move, source),
    ...targetDifferences(move, target),
    ...gatewayDifferences(move, { source, target }),
  ];
}

type Checked = Pick<Move, 'planned' | 'workload' | 'method'>;

function sourceDifferences({ planned, workload }: Checked, site: SiteDescription): readonly string[] {
  const { host } = planned.source;
  const copies = copiesOf(workload.name, site);
  const guest = copies.find((each) => each.host === host) ?? copies[0];
  if (guest === undefined) return [`'${workload.name}' is not at '${site.name}'`];
  if (guest.host !== host)
    return [`'${workload.name}' runs on '${guest.host}' of '${site.name}', not on '${host}'`];
  if (guest.state !== 'running')
    return [`'${workload.name}' is '${guest.state}' at '${site.name}', not running`];
  return [];
}

const copiesOf = (workload: string, { guests }: SiteDescription): SiteDescription['guests'] =>
  guests.filter((guest) => guest.workload === workload && guest.state !== 'absent');

function targetDifferences({ planned, workload, method }: Checked, site: SiteDescription): readonly string[] {
  const hostName = planned.decision.chosen.target?.host;
  const isSource = (host: string): boolean =>
    planned.source.site === site.name && planned.source.host === host;
  const differences = copiesOf(workload.name, site)
    .filter(({ host, state }) => state !== 'failed' && !isSource(host))
    .map(({ state }) => `'${site.name}' already has a copy of '${workload.name}': it is '${state}'`);
  const host = site.hosts.find(({ name }) => name === hostName);
  if (host === undefined) return [...differences, `'${site.name}' has no host '${hostName ?? ''}'`];
  if (host.memoryBytesFree < workload.memoryBytes)
    differences.push(
      `'${host.name}' of '${site.name}' has ${host.memoryBytesFree} bytes of memory free; '${workload.name}' needs ${workload.memoryBytes}`,
    );
  const isLive = method === 'routed-live' || method === 'stretched-live';
  const { machineType } = workload;
  if (
    isLive &&
    machineType !== null &&
    host.machineTypes.length > 0 &&
    !host.machineTypes.includes(machineType)
  )
    differences.push(`'${host.name}' of '${site.name}' does not offer machine type '${machineType}'`);
  return differences;
}

function gatewayDifferences(
  { planned, method }: Checked,
  sites: { readonly source: SiteDescription; readonly target: SiteDescription },
): readonly string[] {
  if (method === 'redirect' || planned.addresses.length === 0) return [];
  return [sites.source, sites.target]
    .filter(({ gateway }) => gateway === null)
    .map(({ name }) => `'${name}' has no gateway of ours, so an address cannot follow`);
}
