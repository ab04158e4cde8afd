import type { Site, Workload } from '../../topology/resolve/topology.ts';
import type { Template } from './candidate.ts';
import type { Choosing } from './choosing.ts';
import { hostOf, policiesOf, type Fleet } from './fleet.ts';
import { templateOf } from './template.ts';

/**
 * Workloads of one kind, which differ only in what no rule and no estimate looks at, share their templates: a fleet of
 * ten thousand has a few hundred kinds.
 */
export function templatesFor(
  choosing: Choosing,
  workload: Workload,
  sites: readonly Site[],
): readonly Template[] {
  const { fleet, templates } = choosing;
  const kind = isPersonal(fleet, workload) ? workload.name : kindKey(fleet, workload);
  const bySite = templates.get(kind) ?? new Map<Site, Template>();
  templates.set(kind, bySite);
  return sites.map((site) => {
    const known = bySite.get(site);
    if (known !== undefined) return known;
    const template = templateOf(choosing, workload, site);
    bySite.set(site, template);
    return template;
  });
}

/**
 * Whether a rule may look at who it is: a refusal would name its address, it stands in a policy that compares it with
 * others at a site, or a freeze names it.
 */
function isPersonal(fleet: Fleet, { name, addresses, peers, changeControlled }: Workload): boolean {
  const { antiAffinity, zones, shunned } = policiesOf(fleet, name);
  return (
    changeControlled ||
    peers.length > 0 ||
    addresses.some(({ mac, origin }) => mac === null || origin === 'dhcp' || fleet.sharedMacs.has(mac)) ||
    [...antiAffinity, ...zones, ...shunned].some(({ scope }) => scope === 'site') ||
    fleet.runbook.freezes.some(({ workloads }) => workloads.includes(name))
  );
}

/** What nothing here looks at, or what is looked at in parts below. */
const personal: ReadonlySet<string> = new Set([
  'name',
  'host',
  'addresses',
  'names',
  'dependsOn',
  'ports',
  'labels',
  'priority',
] satisfies readonly (keyof Workload)[]);

/** Everything else that a rule, an estimate or a price looks at. */
function kindKey(fleet: Fleet, workload: Workload): string {
  const { name, host, addresses, names } = workload;
  const { hypervisor, cpuArchitecture } = hostOf(fleet, { site: workload.site, host });
  const policies = policiesOf(fleet, name);
  const rest = Object.entries(workload).filter(([field]) => !personal.has(field));
  return JSON.stringify([
    rest,
    hypervisor,
    cpuArchitecture,
    addresses.map(({ network, newAddresses }) => [
      network,
      Object.entries(newAddresses).map(([site, moved]) => [site, moved.network]),
    ]),
    names.map(({ name: full, ttlSeconds }) => [full.slice(full.indexOf('.') + 1), ttlSeconds]),
    policies.residency.map((policy) => policy.name),
    policies.licences.map((policy) => policy.name),
    policies.zones.map((policy) => policy.name),
    policies.quorums.filter(({ workloads }) => workloads.length < 3).map((policy) => policy.name),
  ]);
}
