import type { HypervisorLimits, Link, Method, Site, Workload } from '../../../topology/resolve/topology.ts';
import {
  type LiveLimits,
  liveLimits,
  operationBytes,
  otherLiveLimits,
  storageWaitRatioMax,
  stretchedLimits,
  stretchOverheadBytes,
} from '../limits.ts';
import type { Fleet } from '../fleet.ts';
import { type Path, usableBitsPerSecond } from '../paths.ts';
import { isLive, type MethodAttempt, type Refuse, type Rule } from './rule.ts';

export interface PathAttempt extends MethodAttempt {
  readonly path: Path;
  /** Hypervisor of the source host. */
  readonly hypervisor: string;
}

/** What each method asks of the way it takes. */
export const pathRules: readonly Rule<PathAttempt>[] = [share, live, segment, metro, storageBehind];

/** A link of which moves get nothing; the rates below are not asked then. */
function share({ fleet, path }: PathAttempt, refuse: Refuse): void {
  const { linkShareMax } = fleet.runbook.limits;
  for (const link of path.links) {
    if (usableBitsPerSecond(link, linkShareMax) > 0) continue;
    if (linkShareMax === 0) refuse('link-share-zero', { link: link.name });
    else refuse('link-all-reserved', { link: link.name });
  }
}

function live({ fleet, method, path, hypervisor }: PathAttempt, refuse: Refuse): void {
  if (!isLive(method)) return;
  const limits = limitsOf(hypervisor, fleet.topology.policies.hypervisors);
  if (limits.rttSecondsMax !== null && path.rttSeconds > limits.rttSecondsMax)
    refuse('round-trip-too-long', {
      rttSeconds: path.rttSeconds,
      limitSeconds: limits.rttSecondsMax,
      hypervisor,
    });
  if (limits.jitterSecondsMax !== null && path.jitterSeconds > limits.jitterSecondsMax)
    refuse('jitter-too-high', {
      jitterSeconds: path.jitterSeconds,
      limitSeconds: limits.jitterSecondsMax,
      hypervisor,
    });
  if (limits.lossMax !== null && path.loss > limits.lossMax)
    refuse('loss-too-high', { lossRatio: path.loss, limitRatio: limits.lossMax, hypervisor });
  if (isBelow(path, limits.rateBitsPerSecondMin))
    refuse('rate-too-low', {
      rateBitsPerSecond: path.rateBitsPerSecond,
      limitBitsPerSecond: limits.rateBitsPerSecondMin ?? 0,
      hypervisor,
    });
}

const isBelow = ({ rateBitsPerSecond }: Path, min: number | null): boolean =>
  min !== null && rateBitsPerSecond > 0 && rateBitsPerSecond < min;

export function limitsOf(hypervisor: string, changed: readonly HypervisorLimits[]): LiveLimits {
  const own = liveLimits[hypervisor] ?? otherLiveLimits;
  const policy = changed.find((entry) => entry.hypervisor === hypervisor);
  if (policy === undefined) return own;
  return {
    rttSecondsMax: policy.rttSecondsMax ?? own.rttSecondsMax,
    jitterSecondsMax: policy.jitterSecondsMax ?? own.jitterSecondsMax,
    lossMax: policy.lossMax ?? own.lossMax,
    rateBitsPerSecondMin: policy.rateBitsPerSecondMin ?? own.rateBitsPerSecondMin,
  };
}

/** What the hypervisor needs for each live move, in bits per second: also of one that shares its path. */
export function rateFloorOf({ topology }: Fleet, method: Method, hypervisor: string): number {
  return isLive(method) ? (limitsOf(hypervisor, topology.policies.hypervisors).rateBitsPerSecondMin ?? 0) : 0;
}

function segment({ workload, source, target, method, path }: PathAttempt, refuse: Refuse): void {
  if (method !== 'stretched-live') return;
  for (const { network, mac } of workload.addresses) {
    const far = farEnd(source.name, network, path);
    if (far !== undefined) {
      const name = far.slice(far.indexOf('/') + 1);
      const guarded = target.networks.some((each) => each.name === name && each.portSecurity);
      if (guarded && source.name !== target.name)
        refuse('port-security', { network: name, site: target.name, mac: mac ?? 'of the guest' });
      framesFit({ source, target, network, path }, name, refuse);
      continue;
    }
    if (!path.links.every(({ stretchable }) => stretchable)) {
      refuse('segment-not-stretched', { network, source: source.name, target: target.name });
      continue;
    }
    const mtuBytes = source.networks.find(({ name }) => name === network)?.mtuBytes ?? 0;
    if (mtuBytes + stretchOverheadBytes > path.mtuBytes)
      refuse('stretch-mtu', { mtuBytes, overheadBytes: stretchOverheadBytes, pathMtuBytes: path.mtuBytes });
  }
}

/**
 * On a segment that is stretched already: how is not known, so no tunnel is counted, but what the link or the far
 * network cannot carry at all is dropped without a word.
 */
function framesFit(
  {
    source,
    target,
    network,
    path,
  }: Pick<PathAttempt, 'source' | 'target' | 'path'> & { readonly network: string },
  farName: string,
  refuse: Refuse,
): void {
  if (path.links.length === 0) return;
  const mtuOf = ({ networks }: Site, name: string): number | undefined =>
    networks.find((each) => each.name === name)?.mtuBytes;
  const mtuBytes = mtuOf(source, network) ?? 0;
  const farMtuBytes = mtuOf(target, farName) ?? mtuBytes;
  if (mtuBytes > path.mtuBytes)
    refuse('stretched-mtu', { network, mtuBytes, pathMtuBytes: path.mtuBytes, path: path.id });
  if (mtuBytes > farMtuBytes)
    refuse('stretched-mtu-far', { network, mtuBytes, farMtuBytes, far: farName, site: target.name });
}

/** Where the segment comes out at the other end of the path, link by link; undefined: it does not reach there. */
function farEnd(site: string, network: string, { links }: Path): string | undefined {
  let at: string | undefined = `${site}/${network}`;
  for (const link of links) at = at === undefined ? undefined : otherEnd(link, at);
  return at;
}

/** Every network of the workload comes along without being stretched first. */
export function keepsSegment(workload: Workload, path: Path): boolean {
  return (
    workload.addresses.length > 0 &&
    workload.addresses.every(({ network }) => farEnd(workload.site, network, path) !== undefined)
  );
}

function otherEnd({ stretched }: Link, end: string): string | undefined {
  const pair = stretched.find((ends) => ends.includes(end));
  return pair === undefined ? undefined : pair[0] === end ? pair[1] : pair[0];
}

/** A shared storage that the target still mounts is reached over the path from then on. */
function storageBehind({ workload, method, path }: PathAttempt, refuse: Refuse): void {
  if (method === 'redirect' || path.links.length === 0) return;
  const waitRatio = (sharedDiskBytesPerSecond(workload) / operationBytes) * path.rttSeconds;
  if (waitRatio > storageWaitRatioMax)
    refuse('storage-too-far', {
      waitRatio,
      rttSeconds: path.rttSeconds,
      storages: workload.disks.flatMap(({ storage }) => storage ?? []).join(', '),
    });
}

export function sharedDiskBytesPerSecond({ disks }: Workload): number {
  return disks.reduce(
    (sum, { storage, readBytesPerSecond, writeBytesPerSecond }) =>
      storage === null ? sum : sum + readBytesPerSecond + writeBytesPerSecond,
    0,
  );
}

function metro({ method, path }: PathAttempt, refuse: Refuse): void {
  if (method !== 'stretched-live') return;
  const { rttSecondsMax, rateBitsPerSecondMin, distanceKilometresMax } = stretchedLimits;
  if (path.rttSeconds > rttSecondsMax)
    refuse('stretch-round-trip', { rttSeconds: path.rttSeconds, limitSeconds: rttSecondsMax });
  if (isBelow(path, rateBitsPerSecondMin))
    refuse('stretch-rate', {
      rateBitsPerSecond: path.rateBitsPerSecond,
      limitBitsPerSecond: rateBitsPerSecondMin,
    });
  if (path.distanceKilometres !== null && path.distanceKilometres > distanceKilometresMax)
    refuse('stretch-distance', {
      distanceKilometres: path.distanceKilometres,
      limitKilometres: distanceKilometresMax,
    });
}
