import { isLive, type MethodAttempt, type Refuse, type Rule } from './rule.ts';

/** What each method asks of the workload and of the two sites, whatever the path. */
export const methodRules: readonly Rule<MethodAttempt>[] = [
  allowed,
  betweenSites,
  sessions,
  cloneable,
  addresses,
  ties,
  gateway,
  ports,
  guest,
];

function allowed({ workload, method }: MethodAttempt, refuse: Refuse): void {
  if (!workload.methods.includes(method))
    refuse('method-not-allowed', { methods: workload.methods.join(', ') });
}

function betweenSites({ source, target, method }: MethodAttempt, refuse: Refuse): void {
  if (method === 'routed-live' && source.name === target.name) refuse('same-site', { site: target.name });
}

/** Redirect lets open sessions end at the old site, which a policy of `keep` does not accept. */
function sessions({ workload, method }: MethodAttempt, refuse: Refuse): void {
  const breaks =
    (method === 'cold' && workload.sessions !== 'may-break') ||
    (method === 'redirect' && workload.sessions === 'keep');
  if (breaks) refuse('sessions-would-break', { method, policy: workload.sessions });
}

export function cloneable({ workload, source, target, method }: MethodAttempt, refuse: Refuse): void {
  if (method !== 'redirect') return;
  if (workload.clone === null) {
    refuse('no-clone');
    return;
  }
  const { pool } = workload.clone;
  const balanced =
    pool !== null &&
    [source, target].some(({ balancers }) => balancers.some(({ pools }) => pools.includes(pool)));
  if (!balanced && workload.names.length === 0) refuse('no-way-to-redirect', { site: target.name });
}

/** A new address at the target for every old one, unless the segment comes along; a clone can be given any. */
function addresses({ fleet, workload, source, target, method }: MethodAttempt, refuse: Refuse): void {
  if (method === 'stretched-live' || source.name === target.name) return;
  if (method === 'routed-live' && workload.addresses.length === 0) refuse('no-address');
  for (const { network, address, origin, mac, newAddresses } of workload.addresses) {
    if (method === 'routed-live' && origin === 'dhcp') refuse('address-by-dhcp', { address });
    if (method === 'routed-live' && mac === null) refuse('address-without-mac', { address });
    const isGiven = (): boolean =>
      (method === 'cold' && origin === 'dhcp') ||
      (method === 'redirect' && fleet.addresses.free(target.name, network) !== null);
    if (newAddresses[target.name] === undefined && !isGiven())
      refuse('no-address-at-target', { workload: workload.name, site: target.name, address });
  }
}

function ties({ workload, source, target, method }: MethodAttempt, refuse: Refuse): void {
  if (method === 'stretched-live' || (method === 'cold' && source.name === target.name)) return;
  const { vrrp, multicast, inPayload, allowLists } = workload.addressTies;
  if (vrrp) refuse('address-shared-by-vrrp', { method });
  if (multicast) refuse('needs-multicast', { method });
  if (inPayload) refuse('address-in-payload', { method });
  const keepsOld = method === 'routed-live' && workload.egressIdentity === 'old';
  for (const { partner, prefixes } of allowLists) {
    const covered =
      keepsOld &&
      (workload.egressPrefixes.length === 0 ||
        prefixes.every((prefix) => workload.egressPrefixes.includes(prefix)));
    if (!covered) refuse('partner-allow-list', { partner, method });
  }
}

/** Routed-live stands on our gateway at both ends. */
function gateway({ workload, source, target, method }: MethodAttempt, refuse: Refuse): void {
  if (method !== 'routed-live') return;
  for (const address of workload.addresses) {
    const moved = address.newAddresses[target.name];
    const ends = [
      { site: source, network: address.network },
      { site: target, network: moved?.network },
    ];
    for (const { site, network } of ends) {
      const found = site.networks.find(({ name }) => name === network);
      if (found !== undefined && !found.gatewayInline)
        refuse('gateway-not-inline', { network: found.name, site: site.name });
    }
  }
}

/** The guest brings its own MAC address when it moves live; that of a stretched segment's far end is path.ts. */
function ports({ fleet, workload, target, method }: MethodAttempt, refuse: Refuse): void {
  if (!isLive(method) || workload.site === target.name) return;
  for (const { mac, newAddresses } of workload.addresses) {
    if (mac === null) continue;
    const network = target.networks.find(({ name }) => name === newAddresses[target.name]?.network);
    if (network?.portSecurity === true && method === 'routed-live')
      refuse('port-security', { network: network.name, site: target.name, mac });
    const other = fleet.macs.get(target.name)?.get(mac.toLowerCase());
    if (other !== undefined && other !== workload.name)
      refuse('mac-collision', { mac, other, site: target.name });
  }
}

function guest({ workload, method }: MethodAttempt, refuse: Refuse): void {
  if (method === 'redirect') return;
  if (isLive(method)) for (const device of workload.devices) refuse('device-passed-through', { device });
  if (workload.snapshots > 0) refuse('has-snapshots', { snapshots: workload.snapshots });
  if (workload.localMedia.length > 0) refuse('local-media', { media: workload.localMedia.join(', ') });
}
