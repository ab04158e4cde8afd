import type { Command } from 'commander';
import { inputError } from '../../../topology/load/problems.ts';
import type { Reading } from '../../../topology/resolve/read.ts';
import { readFiles } from '../../../topology/resolve/read.ts';
import type { Runbook } from '../../../topology/resolve/runbook.ts';
import type { Topology } from '../../../topology/resolve/topology.ts';
import { formatBitsPerSecond, formatBytes } from '../../../topology/units.ts';
import { readSource } from '../../config/input-files.ts';
import { addExample, addJsonOption } from '../render/help.ts';
import { printJson, printResult } from '../render/output.ts';

/** `longhaul check`: whether the files can be planned with; all that is wrong at once. */
export function register(program: Command): void {
  const command = program
    .command('check')
    .description(
      'Validate a topology, and a runbook against it: every problem at once, with line and column.',
    )
    .argument('<topology>', 'topology file (YAML or JSON)')
    .argument('[runbook]', 'runbook file (YAML or JSON)')
    .action(async (topology: string, runbook: string | undefined, { json }: { json: boolean }) => {
      const sources = await Promise.all([
        readSource(topology),
        runbook === undefined ? null : readSource(runbook),
      ]);
      const reading = readFiles(...sources);
      if (json) printJson(report(reading));
      if (reading.problems.length > 0) throw inputError(reading.problems);
      if (!json) printResult(summary(reading));
    });
  addJsonOption(command);
  addExample(command, [
    '$ longhaul check examples/storm/topology.yaml examples/storm/evacuate.yaml',
    "topology 'storm': 3 sites, 5 hosts, 3 links (2.6 Gbit/s), 14 workloads …",
    "runbook 'evacuate-paris': evacuate, deadline 2026-11-24T17:00:00.000Z",
    'no problems',
  ]);
}

function report({ problems, topology, runbook }: Reading) {
  return {
    valid: problems.length === 0,
    problems,
    topology: topology === null ? null : topologyCounts(topology),
    runbook: runbook === null ? null : { name: runbook.name, goal: runbook.goal.kind },
  };
}

function topologyCounts({ name, sites, links, workloads }: Topology) {
  return {
    name,
    sites: sites.length,
    hosts: sites.reduce((sum, { hosts }) => sum + hosts.length, 0),
    links: links.length,
    linkBitsPerSecond: links.reduce((sum, { rateBitsPerSecond }) => sum + rateBitsPerSecond, 0),
    workloads: workloads.length,
    memoryBytes: workloads.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
  };
}

function summary({ topology, runbook }: Reading): string {
  const lines = [];
  if (topology !== null) lines.push(topologyLine(topology));
  if (runbook !== null) lines.push(runbookLine(runbook));
  return [...lines, 'no problems'].join('\n');
}

function topologyLine(topology: Topology): string {
  const { name, sites, hosts, links, linkBitsPerSecond, workloads, memoryBytes } = topologyCounts(topology);
  return [
    `topology '${name}': ${counted(sites, 'site')}, ${counted(hosts, 'host')}`,
    `${counted(links, 'link')} (${formatBitsPerSecond(linkBitsPerSecond)})`,
    `${counted(workloads, 'workload')} (${formatBytes(memoryBytes)} of memory)`,
  ].join(', ');
}

function runbookLine({ name, goal, deadlineSeconds }: Runbook): string {
  const deadline =
    deadlineSeconds === null ? 'no deadline' : `deadline ${new Date(deadlineSeconds * 1000).toISOString()}`;
  return `runbook '${name}': ${goal.kind}, ${deadline}`;
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
