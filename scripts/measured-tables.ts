import { isStopped } from '../planners/estimate/conditions.ts';
import type { Estimate, Quantiles } from '../planners/estimate/estimate.ts';
import type { Model } from '../planners/estimate/model.ts';
import type { Observation } from '../planners/estimate/observation.ts';
import { quickEstimate } from '../planners/estimate/quick.ts';
import { scenarioIdOf } from '../planners/calibrate/scenarios.ts';
import { formatBitsPerSecond, formatBytes, formatBytesPerSecond, formatSeconds } from '../topology/units.ts';

/** Tables of single measured moves beside what the shipped model says of them, as Markdown for the docs. */
interface Predicted {
  readonly run: Observation;
  readonly verdict: Estimate['verdict'];
  readonly total: Quantiles | null;
  readonly pause: Quantiles | null;
  readonly bytes: Quantiles | null;
  readonly wire: Quantiles | null;
}

/** In the order of the table; a move is of the first mode that fits. */
const modes: readonly { readonly name: string; readonly is: (run: Observation) => boolean }[] = [
  {
    name: 'seeded delta',
    is: ({ method, disks }) =>
      method === 'cold' && (disks ?? []).some(({ seededBytes }) => seededBytes !== undefined),
  },
  { name: 'cold copy', is: ({ method }) => method === 'cold' },
  { name: 'redirect (clone)', is: ({ method }) => method === 'redirect' },
  { name: 'disk mirror', is: ({ disks }) => (disks ?? []).length > 0 },
  { name: 'several moves on a link', is: ({ concurrent }) => (concurrent ?? []).length > 0 },
  { name: 'post-copy', is: ({ settings }) => settings?.postcopyAfterPasses === 0 },
  { name: 'hybrid', is: ({ settings }) => (settings?.postcopyAfterPasses ?? 0) > 0 },
  { name: 'auto-converge', is: ({ settings }) => settings?.autoConverge === true },
  { name: 'xbzrle', is: ({ settings }) => (settings?.xbzrleCacheBytes ?? 0) > 0 },
  { name: 'multifd', is: ({ settings }) => (settings?.multifdChannels ?? 0) > 0 },
  { name: 'compression', is: ({ settings }) => settings?.compress === true },
];

/** Each run of the lab in a mode of its own. */
export function modesTable(observations: readonly Observation[], model: Model): string {
  const rows = observations.filter(({ id }) => id.startsWith('lab-')).map((run) => predictedOf(run, model));
  return modes
    .map(({ name, is }) => ({
      name,
      runs: rows.filter(({ run }) => modes.find((mode) => mode.is(run))?.is === is),
    }))
    .filter(({ runs }) => runs.length > 0)
    .map(({ name, runs }) =>
      [
        `### ${sentence(name)}`,
        '',
        '| run | link | time | predicted | traffic | predicted | pause | predicted |',
        '|---|---|---|---|---|---|---|---|',
        ...runs.map(modeRow),
        '',
      ].join('\n'),
    )
    .join('\n');
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

function predictedOf(run: Observation, model: Model): Predicted {
  const { verdict, ranges } = quickEstimate(run, model);
  const { totalSeconds: total, pauseSeconds: pause, transferredBytes: bytes, wireBytes: wire } = ranges;
  return { run, verdict, total, pause, bytes, wire };
}

function modeRow({ run, verdict, total, pause, bytes, wire }: Predicted): string {
  const { link, outcome } = run;
  const ended = outcome.status === 'completed';
  return cells([
    run.id,
    `${formatBitsPerSecond(link.bitsPerSecond)}, ${formatSeconds(link.rttSeconds)}`,
    ended ? formatSeconds(outcome.totalSeconds ?? 0) : 'no end',
    verdict === 'does-not-converge' ? 'no end' : rangeText(total, formatSeconds),
    ...(ended ? trafficCells(outcome, { bytes, wire }) : ['–', '–']),
    ended ? formatSeconds(outcome.pauseSeconds ?? 0) : '–',
    ended && !(isStopped(run.method) && pause?.p50 === 0) ? rangeText(pause, formatSeconds) : '–',
  ]);
}

/** What crossed as the hypervisor counts it; of disks, whose holes it counts too, as the wire does. */
function trafficCells(
  { transferredBytes, wireBytes }: Observation['outcome'],
  { bytes, wire }: Pick<Predicted, 'bytes' | 'wire'>,
): string[] {
  return transferredBytes == null
    ? [`${formatBytes(wireBytes ?? 0)} on the wire`, rangeText(wire, formatBytes)]
    : [formatBytes(transferredBytes), rangeText(bytes, formatBytes)];
}

/** Scenarios that were measured as drawn and with the settings that tuning proposes: means of the repeats. */
export function tuningTable(observations: readonly Observation[], model: Model): string {
  const groups = new Map<string, Predicted[]>();
  for (const one of observations.map((run) => predictedOf(run, model))) {
    const id = scenarioIdOf(one.run.id);
    groups.set(id, [...(groups.get(id) ?? []), one]);
  }
  const rows = [...groups].flatMap(([id, untuned]) => {
    const tuned = groups.get(id.replace(/-untuned$/, '-tuned'));
    return id.endsWith('-untuned') && tuned !== undefined ? [tuningRow(untuned, tuned)] : [];
  });
  return [
    '| scenario | link | tuning changes | pause as drawn | predicted | tuned | predicted | time as drawn | tuned |',
    '|---|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function tuningRow(untuned: readonly Predicted[], tuned: readonly Predicted[]): string {
  const [before, after] = [untuned[0]!.run, tuned[0]!.run];
  return cells([
    scenarioIdOf(before.id).replace(/-untuned$/, ''),
    `${formatBitsPerSecond(before.link.bitsPerSecond)}, ${formatSeconds(before.link.rttSeconds)}`,
    changesOf(before, after).join(', '),
    measuredMean(untuned, ({ outcome }) => outcome.pauseSeconds),
    predictedMean(untuned, ({ pause }) => pause),
    measuredMean(tuned, ({ outcome }) => outcome.pauseSeconds),
    predictedMean(tuned, ({ pause }) => pause),
    measuredMean(untuned, ({ outcome }) => outcome.totalSeconds),
    measuredMean(tuned, ({ outcome }) => outcome.totalSeconds),
  ]);
}

function changesOf(before: Observation, after: Observation): string[] {
  const { settings: old = {}, link: oldLink } = before;
  const { settings = {}, link } = after;
  const changes: (string | false)[] = [
    settings.downtimeLimitSeconds !== old.downtimeLimitSeconds &&
      `limit ${formatSeconds(old.downtimeLimitSeconds ?? 0)} → ${formatSeconds(settings.downtimeLimitSeconds ?? 0)}`,
    settings.maxBandwidthBytesPerSecond !== old.maxBandwidthBytesPerSecond &&
      `cap ${capText(old.maxBandwidthBytesPerSecond)} → ${capText(settings.maxBandwidthBytesPerSecond)}`,
    settings.multifdChannels !== old.multifdChannels && `streams → ${settings.multifdChannels ?? 0}`,
    settings.autoConverge !== old.autoConverge && 'auto-converge',
    settings.postcopyAfterPasses !== old.postcopyAfterPasses && 'post-copy',
    link.sendBufferBytes !== oldLink.sendBufferBytes &&
      `buffer ${formatBytes(oldLink.sendBufferBytes ?? 0)} → ${formatBytes(link.sendBufferBytes ?? 0)}`,
    link.congestionControl !== oldLink.congestionControl && `→ ${link.congestionControl ?? ''}`,
  ];
  return changes.filter((change) => change !== false);
}

const capText = (cap: number | null | undefined): string =>
  cap == null ? 'none' : formatBytesPerSecond(cap);

function measuredMean(
  runs: readonly Predicted[],
  of: (run: Observation) => number | null | undefined,
): string {
  const ended = runs.filter(({ run }) => run.outcome.status === 'completed');
  return ended.length === 0 ? 'no end' : formatSeconds(meanOf(ended.map(({ run }) => of(run) ?? 0)));
}

function predictedMean(runs: readonly Predicted[], of: (run: Predicted) => Quantiles | null): string {
  const told = runs.flatMap((run) => of(run)?.p50 ?? []);
  return told.length === 0 ? 'no end' : formatSeconds(meanOf(told));
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const rangeText = (range: Quantiles | null, format: (value: number) => string): string =>
  range === null ? '–' : `${format(range.p50)} (${format(range.p10)} – ${format(range.p90)})`;

const cells = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;
