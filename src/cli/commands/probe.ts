import type { Command } from 'commander';
import { LonghaulError } from '../../../topology/errors.ts';
import { formatBytes, formatBytesPerSecond, formatSeconds, parseSeconds } from '../../../topology/units.ts';
import { topologyFrom } from '../../../topology/resolve/read.ts';
import { clientOf } from '../../app.ts';
import { editTopology, replaceFile } from '../../config/edit-topology.ts';
import { readSource } from '../../config/input-files.ts';
import { dirtyIntervalSecondsMax } from '../../site/limits.ts';
import { probeWorkloads, probingSeconds, type WorkloadProbe } from '../../site/probe.ts';
import { addExample, addJsonOption } from '../render/help.ts';
import { printJson, printNote, printResult } from '../render/output.ts';
import { renderTable } from '../render/table.ts';

interface Options {
  readonly intervals: string;
  readonly workload: readonly string[];
  readonly write: boolean;
  readonly json: boolean;
}

/** `longhaul probe`: what planning needs to know of running guests and no file says. */
export function register(program: Command): void {
  const command = program
    .command('probe')
    .description(
      'Measure the memory and the dirty curves of running workloads, through the agents of their sites.',
    )
    .argument('<topology>', 'topology file (YAML or JSON)')
    .option('--intervals <list>', 'sampling intervals, whole seconds', '1s,3s,10s')
    .option(
      '--workload <name>',
      'only this one; may be given several times',
      (name: string, names: readonly string[]) => [...names, name],
      [] as readonly string[],
    )
    .option('--write', 'write what was measured into the topology file', false)
    .action(probe);
  addJsonOption(command);
  command.addHelpText(
    'after',
    `
It takes the sum of the intervals for every four workloads of a site. The guests run on: their hypervisor hashes a sample
of their pages twice an interval. In the lab all sessions lived on; of eight probes of a light guest seven could not be told
from idle times, one held a gap of 0.9 s; those of a busy guest held gaps of up to 0.4 s (docs/design/estimation.md).
Exit code 1 when a workload could not be measured.`,
  );
  addExample(command, [
    '$ longhaul probe storm.yaml --workload shop-db --write',
    'workload  state    memory  resident      1 s      3 s     10 s',
    'shop-db   running  8 GiB    5.2 GiB  61 MiB/s 44 MiB/s 19 MiB/s',
  ]);
}

async function probe(file: string, options: Options): Promise<void> {
  const intervalsSeconds = readIntervals(options.intervals);
  const source = await readSource(file);
  const topology = topologyFrom(source);
  const unknown = options.workload.find((name) => !topology.workloads.some((one) => one.name === name));
  if (unknown !== undefined)
    throw new LonghaulError('LH_OPTION_INVALID', ['--workload', `'${unknown}' is not in ${file}`]);
  const wanted = topology.workloads.filter(
    ({ name }) => options.workload.length === 0 || options.workload.includes(name),
  );
  const expected = formatSeconds(probingSeconds(wanted, intervalsSeconds));
  printNote(
    `measuring ${wanted.length} ${wanted.length === 1 ? 'workload' : 'workloads'} for about ${expected}; they run on`,
  );
  const clients = topology.sites.flatMap((site) => clientOf(site) ?? []);
  try {
    const probes = await probeWorkloads(wanted, new Map(clients.map((client) => [client.name, client])), {
      intervalsSeconds,
      probed: ({ workload, error }) =>
        printNote(error === null ? `measured ${workload}` : `${workload}: ${error}`),
      signal: new AbortController().signal,
    });
    if (options.write) await replaceFile(file, editTopology(source, probes.filter(isMeasured).map(editOf)));
    if (options.json) printJson({ intervalsSeconds, workloads: probes, written: options.write });
    else printResult(tableOf(probes, intervalsSeconds));
    if (!probes.every(isMeasured)) process.exitCode = 1;
  } finally {
    for (const client of clients) await client.close();
  }
}

function readIntervals(text: string): readonly number[] {
  const intervals = text.split(',').map((one) => parseSeconds(one));
  const isRight = (one: number | null): one is number =>
    one !== null && Number.isInteger(one) && one >= 1 && one <= dirtyIntervalSecondsMax;
  if (intervals.every(isRight)) return intervals;
  throw new LonghaulError('LH_OPTION_INVALID', [
    '--intervals',
    `'${text}' must be whole seconds from 1 s to ${dirtyIntervalSecondsMax} s; write for example 1s,3s,10s`,
  ]);
}

const isMeasured = ({ error }: WorkloadProbe): boolean => error === null;

const editOf = ({ workload, residentBytes, dirty }: WorkloadProbe) => ({
  workload,
  resident: residentBytes === null ? null : wholeMebibytes(residentBytes),
  dirty: dirty.map(({ seconds, bytesPerSecond }) => ({
    interval: formatSeconds(seconds),
    rate: `${wholeMebibytes(bytesPerSecond)}/s`,
  })),
});

/** QEMU measures in whole MiB; three figures of a GiB would be less. */
const wholeMebibytes = (value: number): string => `${Math.round(value / 2 ** 20)} MiB`;

function tableOf(probes: readonly WorkloadProbe[], intervalsSeconds: readonly number[]): string {
  const right = { align: 'right' } as const;
  const columns = [
    { title: 'workload' },
    { title: 'state' },
    { title: 'memory', ...right },
    { title: 'resident', ...right },
    ...intervalsSeconds.map((seconds) => ({ title: formatSeconds(seconds), ...right })),
  ];
  const size = (bytes: number | null): string => (bytes === null ? '-' : formatBytes(bytes));
  return renderTable(
    columns,
    probes.map(({ workload, state, memoryBytes, residentBytes, dirty }) => [
      workload,
      state,
      size(memoryBytes),
      size(residentBytes),
      ...intervalsSeconds.map((_, index) => {
        const sample = dirty[index];
        return sample === undefined ? '-' : formatBytesPerSecond(sample.bytesPerSecond);
      }),
    ]),
  );
}
