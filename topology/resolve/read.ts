import { load } from '../load/load.ts';
import type { SourceFile } from '../load/document.ts';
import { inputError, sortedProblems } from '../load/problems.ts';
import type { Problem } from '../load/problems.ts';
import { runbookFile, runbookFormat } from '../schema/runbook.ts';
import { topologyFile, topologyFormat } from '../schema/topology.ts';
import type { Entry, Inventory } from './inventory.ts';
import { inventoryOf } from './inventory.ts';
import { checkAddresses } from './checks/addresses.ts';
import { checkDependencies } from './checks/dependencies.ts';
import { checkLinks } from './checks/links.ts';
import { checkDnsNames } from './checks/names-in-dns.ts';
import { checkNames } from './checks/names.ts';
import { checkNetworks } from './checks/networks.ts';
import { checkRoom } from './checks/room.ts';
import { checkWorkloads } from './checks/workloads.ts';
import { resolveLink } from './links.ts';
import { sortedByName } from './order.ts';
import { resolvePolicies } from './policies.ts';
import { resolveRunbook } from './resolve-runbook.ts';
import type { Runbook } from './runbook.ts';
import { resolveSite } from './sites.ts';
import type { Topology } from './topology.ts';
import { resolveWorkload } from './workloads.ts';

/** What was found in the files: all their problems, and the values where there is none. */
export interface Reading {
  readonly problems: readonly Problem[];
  readonly topology: Topology | null;
  readonly runbook: Runbook | null;
}

/**
 * Text → Topology and Runbook: form, references, cross-checks, every problem of both files at once. The runbook is
 * checked against what could be read of the topology.
 */
export function readFiles(topologySource: SourceFile, runbookSource: SourceFile | null): Reading {
  const file = load(topologySource, { kind: 'topology', format: topologyFormat, schema: topologyFile });
  const inventory = file.raw === null ? null : inventoryOf(file.raw, file);
  const topology = inventory === null ? null : resolveTopology(inventory);
  const runbook = runbookSource === null ? null : readRunbook(runbookSource, inventory);
  const problems = sortedProblems([...file.problems, ...(runbook?.problems ?? [])]);
  return problems.length > 0
    ? { problems, topology: null, runbook: null }
    : { problems, topology, runbook: runbook?.runbook ?? null };
}

/** For callers that go on only with a good file; throws LH_INPUT_INVALID with every problem. */
export function topologyFrom(source: SourceFile): Topology {
  const { problems, topology } = readFiles(source, null);
  if (topology === null) throw inputError(problems);
  return topology;
}

export function topologyAndRunbookFrom(
  topologySource: SourceFile,
  runbookSource: SourceFile,
): { readonly topology: Topology; readonly runbook: Runbook } {
  const { problems, topology, runbook } = readFiles(topologySource, runbookSource);
  if (topology === null || runbook === null) throw inputError(problems);
  return { topology, runbook };
}

function readRunbook(source: SourceFile, inventory: Inventory | null) {
  const file = load(source, { kind: 'runbook', format: runbookFormat, schema: runbookFile });
  const runbook = file.raw === null ? null : resolveRunbook(file.raw, { file, inventory });
  return { runbook, problems: file.problems };
}

function resolveTopology(inventory: Inventory): Topology {
  const { raw } = inventory;
  checkNames(inventory);
  checkNetworks(inventory);
  checkLinks(inventory);
  checkWorkloads(inventory);
  checkAddresses(inventory);
  checkDnsNames(inventory);
  checkDependencies(inventory);
  checkRoom(inventory);
  return {
    format: topologyFormat,
    name: raw.name,
    currency: raw.currency,
    sites: sortedByName(entries(raw.sites, 'sites').map((site) => resolveSite(site, inventory))),
    links: sortedByName(entries(raw.links, 'links').map((link) => resolveLink(link, inventory))),
    workloads: sortedByName(raw.workloads.map((workload) => resolveWorkload(workload, inventory))),
    policies: resolvePolicies(inventory),
  };
}

function entries<T>(list: readonly T[], key: string): readonly Entry<T>[] {
  return list.map((raw, index) => ({ raw, path: [key, index] }));
}
