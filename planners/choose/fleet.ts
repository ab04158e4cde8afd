import assert from 'node:assert/strict';
import type { Runbook } from '../../topology/resolve/runbook.ts';
import type { Host, Policies, Site, Topology, Workload } from '../../topology/resolve/topology.ts';
import { AddressBook } from './addresses.ts';
import { Paths } from './paths.ts';
import type { UnderWay } from './under-way.ts';

/**
 * Choosing, step by step: fleet.ts and paths.ts index what exists; rules/ hold every hard constraint; predict.ts asks
 * for estimates, one for each class of workload, path and mode; cost.ts weighs what is left; choose.ts puts a Decision
 * together; ladder.ts and sensitivity.ts say what follows when the prediction fails and what would change the answer.
 *
 * The fleet is the topology indexed by name, built once a plan.
 */
export interface Fleet {
  readonly topology: Topology;
  readonly runbook: Runbook;
  readonly paths: Paths;
  readonly addresses: AddressBook;
  readonly sites: ReadonlyMap<string, Site>;
  /** By 'site/host'. */
  readonly hosts: ReadonlyMap<string, Host>;
  readonly workloads: ReadonlyMap<string, Workload>;
  readonly policies: ReadonlyMap<string, WorkloadPolicies>;
  /** MAC addresses in use, by site. */
  readonly macs: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Those that more than one workload has. */
  readonly sharedMacs: ReadonlySet<string>;
  /** Whom each may not be too far from, whichever of the two says so. */
  readonly closePeers: ReadonlyMap<string, readonly ClosePeer[]>;
  /** Moves of other runs. */
  readonly underWay: UnderWay;
}

export interface ClosePeer {
  readonly peer: string;
  readonly rttMaxSeconds: number;
}

/** The policies that name one workload. */
export interface WorkloadPolicies {
  readonly antiAffinity: readonly Policies['antiAffinity'][number][];
  readonly quorums: readonly Policies['quorums'][number][];
  readonly residency: readonly Policies['residency'][number][];
  readonly zones: readonly Policies['zones'][number][];
  readonly licences: readonly Policies['licences'][number][];
  /** Zone policies in which it is one of those that others must not stand beside. */
  readonly shunned: readonly Policies['zones'][number][];
}

const none: WorkloadPolicies = {
  antiAffinity: [],
  quorums: [],
  residency: [],
  zones: [],
  licences: [],
  shunned: [],
};

export function createFleet(topology: Topology, runbook: Runbook, underWay: UnderWay): Fleet {
  return {
    topology,
    runbook,
    paths: new Paths(topology, runbook.limits.linkShareMax),
    addresses: new AddressBook(topology, underWay.moves),
    sites: new Map(topology.sites.map((site) => [site.name, site])),
    hosts: new Map(
      topology.sites.flatMap((site) =>
        site.hosts.map((host) => [`${site.name}/${host.name}`, host] as const),
      ),
    ),
    workloads: new Map(topology.workloads.map((workload) => [workload.name, workload])),
    policies: indexPolicies(topology.policies),
    macs: indexMacs(topology),
    sharedMacs: findSharedMacs(topology),
    closePeers: indexPeers(topology),
    underWay,
  };
}

export function policiesOf(fleet: Fleet, workload: string): WorkloadPolicies {
  return fleet.policies.get(workload) ?? none;
}

export function siteOf(fleet: Fleet, name: string): Site {
  const site = fleet.sites.get(name);
  assert(site !== undefined, `no site ${name}`);
  return site;
}

export function hostOf(fleet: Fleet, { site, host }: { readonly site: string; readonly host: string }): Host {
  const found = fleet.hosts.get(`${site}/${host}`);
  assert(found !== undefined, `no host ${host} at ${site}`);
  return found;
}

export function workloadOf(fleet: Fleet, name: string): Workload {
  const workload = fleet.workloads.get(name);
  assert(workload !== undefined, `no workload ${name}`);
  return workload;
}

/** Members of a quorum that may be missing at once: the others are still more than half. */
export const missingMax = (members: readonly string[]): number => Math.floor((members.length - 1) / 2);

/** Where it is, or will be when another run has moved it. */
export function siteToBe({ underWay, workloads }: Fleet, name: string): string | undefined {
  return underWay.of(name)?.target.site ?? workloads.get(name)?.site;
}

function findSharedMacs({ workloads }: Topology): ReadonlySet<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const { mac } of workloads.flatMap(({ addresses }) => addresses)) {
    if (mac === null) continue;
    if (seen.has(mac)) shared.add(mac);
    seen.add(mac);
  }
  return shared;
}

function indexPeers({ workloads }: Topology): ReadonlyMap<string, readonly ClosePeer[]> {
  const index = new Map<string, Map<string, number>>();
  const add = (name: string, peer: string, rttMaxSeconds: number): void => {
    const known = index.get(name) ?? new Map<string, number>();
    index.set(name, known.set(peer, Math.min(rttMaxSeconds, known.get(peer) ?? rttMaxSeconds)));
  };
  for (const { name, peers } of workloads) {
    for (const { workload: peer, rttMaxSeconds } of peers) {
      if (rttMaxSeconds === null || peer === name) continue;
      add(name, peer, rttMaxSeconds);
      add(peer, name, rttMaxSeconds);
    }
  }
  return new Map(
    [...index].map(([name, peers]) => [
      name,
      [...peers]
        .map(([peer, rttMaxSeconds]) => ({ peer, rttMaxSeconds }))
        .sort((a, b) => (a.peer < b.peer ? -1 : 1)),
    ]),
  );
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };

export function indexPolicies(policies: Policies): ReadonlyMap<string, WorkloadPolicies> {
  const index = new Map<string, Mutable<WorkloadPolicies>>();
  const entry = (workload: string): Mutable<WorkloadPolicies> => {
    const found = index.get(workload) ?? structuredClone(none as Mutable<WorkloadPolicies>);
    index.set(workload, found);
    return found;
  };
  for (const policy of policies.antiAffinity)
    for (const name of policy.workloads) entry(name).antiAffinity.push(policy);
  for (const policy of policies.quorums)
    for (const name of policy.workloads) entry(name).quorums.push(policy);
  for (const policy of policies.residency)
    for (const name of policy.workloads) entry(name).residency.push(policy);
  for (const policy of policies.licences)
    for (const name of policy.workloads) entry(name).licences.push(policy);
  for (const policy of policies.zones) {
    for (const name of policy.workloads) entry(name).zones.push(policy);
    for (const name of policy.neverBeside) entry(name).shunned.push(policy);
  }
  return index;
}

function indexMacs(topology: Topology): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const index = new Map<string, Map<string, string>>();
  for (const { name, site, addresses } of topology.workloads) {
    for (const { mac } of addresses) {
      if (mac === null) continue;
      const macs = index.get(site) ?? new Map<string, string>();
      macs.set(mac.toLowerCase(), name);
      index.set(site, macs);
    }
  }
  return index;
}
