import type { Host, Method, Site, Workload } from '../../../topology/resolve/topology.ts';
import { policiesOf, type Fleet } from '../fleet.ts';
import { hostKey, localDiskBytes, type Room } from '../room.ts';
import { isLive, type Refuse, type Rule } from './rule.ts';

export interface HostAttempt {
  readonly fleet: Fleet;
  readonly room: Room;
  readonly workload: Workload;
  readonly method: Method;
  readonly source: { readonly site: string; readonly host: Host };
  readonly target: { readonly site: Site; readonly host: Host };
}

/** What does not change while choices are made. */
type KindAttempt = Omit<HostAttempt, 'room'>;

/** Whether a host can take the guest at all, whatever else runs there. */
export const hostRules: readonly Rule<KindAttempt>[] = [takesMoves, processor, machine, storages];
/** Whether it has room for it beside those that are there and those already planned to be. */
export const roomRules: readonly Rule<HostAttempt>[] = [
  memory,
  storage,
  neighbours,
  siteNeighbours,
  licences,
];

function takesMoves({ target: { host } }: KindAttempt, refuse: Refuse): void {
  if (host.movesMax < 1) refuse('host-takes-no-moves');
}

function processor({ workload, method, source, target: { host } }: KindAttempt, refuse: Refuse): void {
  if (host.cpuArchitecture !== source.host.cpuArchitecture)
    refuse('host-architecture', { architecture: host.cpuArchitecture, needed: source.host.cpuArchitecture });
  if (workload.vcpus > host.cores) refuse('host-cores', { cores: host.cores, needed: workload.vcpus });
  if (isLive(method) && !host.cpuModels.includes(workload.cpuModel))
    refuse('host-cpu-model', { model: workload.cpuModel });
}

function machine({ workload, method, source, target: { host } }: KindAttempt, refuse: Refuse): void {
  if (method === 'redirect') return;
  if (host.hypervisor !== source.host.hypervisor)
    refuse('hypervisors-differ', { source: source.host.hypervisor, target: host.hypervisor });
  if (workload.vtpm && !host.devices.includes('vtpm')) refuse('host-vtpm');
  const { machineType } = workload;
  const known = machineType !== null && host.machineTypes.length > 0;
  if (known && !host.machineTypes.includes(machineType)) refuse('host-machine-type', { machineType });
  for (const device of workload.devices) {
    if (!host.devices.includes(device)) refuse('host-device', { device });
  }
}

function storages({ workload, method, target: { host } }: KindAttempt, refuse: Refuse): void {
  if (method === 'redirect') return;
  for (const { storage: name } of workload.disks) {
    if (name !== null && !host.storages.includes(name)) refuse('storage-left-behind', { storage: name });
  }
}

function memory({ room, workload, target }: HostAttempt, refuse: Refuse): void {
  const freeBytes = room.at(hostKey(target.site.name, target.host.name)).freeMemoryBytes;
  if (freeBytes < workload.memoryBytes)
    refuse('host-memory', { freeBytes: Math.max(0, freeBytes), neededBytes: workload.memoryBytes });
}

function storage({ room, workload, target }: HostAttempt, refuse: Refuse): void {
  const freeBytes = room.at(hostKey(target.site.name, target.host.name)).freeStorageBytes;
  const neededBytes = localDiskBytes(workload);
  if (freeBytes < neededBytes) refuse('host-storage', { freeBytes: Math.max(0, freeBytes), neededBytes });
}

function neighbours({ fleet, room, workload, target }: HostAttempt, refuse: Refuse): void {
  const { antiAffinity, zones, shunned } = policiesOf(fleet, workload.name);
  const beside = (members: readonly string[]): string | undefined =>
    members.find(
      (member) => member !== workload.name && room.isAt(member, hostKey(target.site.name, target.host.name)),
    );
  for (const { name, scope, workloads } of antiAffinity) {
    const other = scope === 'host' ? beside(workloads) : undefined;
    if (other !== undefined) refuse('anti-affinity-host', { policy: name, other });
  }
  for (const { name, neverBeside } of zones) {
    const other = beside(neverBeside);
    if (other !== undefined) refuse('zone-neighbour-at-host', { policy: name, other });
  }
  for (const { name, workloads } of shunned) {
    const other = beside(workloads);
    if (other !== undefined) refuse('zone-neighbour-at-host', { policy: name, other });
  }
}

/** The site's rules see who stays there; those that come in the same plan, or have not left yet, are seen here. */
function siteNeighbours({ fleet, room, workload, target }: HostAttempt, refuse: Refuse): void {
  const site = target.site.name;
  if (workload.site === site) return;
  const { antiAffinity, zones, shunned } = policiesOf(fleet, workload.name);
  const against = [
    ...antiAffinity.map((policy) => ({ ...policy, code: 'anti-affinity-site' as const })),
    ...zones.map((policy) => ({
      ...policy,
      workloads: policy.neverBeside,
      code: 'zone-neighbour-at-site' as const,
    })),
    ...shunned.map((policy) => ({ ...policy, code: 'zone-neighbour-at-site' as const })),
  ];
  for (const { name, scope, workloads, code } of against) {
    const other = workloads.find(
      (member) => scope === 'site' && member !== workload.name && room.hostsOf([member], site).size > 0,
    );
    if (other !== undefined) refuse(code, { policy: name, other, site });
  }
}

function licences({ fleet, room, workload, target }: HostAttempt, refuse: Refuse): void {
  for (const { name, workloads, hostsMax } of policiesOf(fleet, workload.name).licences) {
    if (hostsMax === null) continue;
    const key = hostKey(target.site.name, target.host.name);
    const used = room.hostsOf(
      workloads.filter((member) => member !== workload.name),
      target.site.name,
    );
    if (!used.has(key) && used.size >= hostsMax) refuse('licence-hosts', { licence: name, hostsMax });
  }
}
