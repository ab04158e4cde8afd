import type { Quantiles } from '../../../planners/estimate/estimate.ts';
import type { ExplainedOption, WorkloadExplanation } from '../../../planners/explain/workload.ts';
import type { Said } from '../../../planners/explain/said.ts';
import type { MoveOption } from '../../../planners/plan/plan.ts';
import {
  formatBitsPerSecond,
  formatBytes,
  formatBytesPerSecond,
  formatFigure,
  formatInstant,
  formatSeconds,
} from '../../../topology/units.ts';
import { shortDuration } from './duration.ts';
import { colour } from './output.ts';
import { section, sections, verdictText } from './sections.ts';
import { renderTable } from './table.ts';
import { bullet, wrapped } from './wrap.ts';

/** The whole decision for one workload, for people, 80 columns. */
export function explanationText(explanation: WorkloadExplanation): string {
  const { because, ladder, sensitivity, candidates } = explanation;
  return sections([
    headline(explanation),
    section(
      'Why',
      because.map((each) => bullet(each.sentence)),
    ),
    section('Prediction', predictionLines(explanation.chosen)),
    section('When', whenLines(explanation)),
    section('Addresses and names', addressLines(explanation)),
    section(`What was looked at, costs in ${explanation.currency}`, candidateLines(candidates)),
    section('Why not the others', candidates.flatMap(whyNotLines)),
    section('Where it could start', placeLines(explanation)),
    section(
      'If the prediction fails',
      ladder.map(({ action, when }, index) =>
        wrapped(`${index + 1}. ${rungNames[action]}: ${when.sentence}`, 3),
      ),
    ),
    section(
      'What would change the answer',
      sensitivity.map((each) => bullet(each.sentence)),
    ),
  ]);
}

const rungNames = {
  untune: 'take the tuning back',
  throttle: 'throttle the guest',
  'post-copy': 'switch to post-copy',
  'pause-within-budget': 'pause it within its budget',
  cold: 'move it cold',
  leave: 'leave it where it is',
} as const;

function headline(explanation: WorkloadExplanation): string {
  const { plan, name } = explanation;
  const first = `${colour.bold(name)} of plan ${plan.name} (${verdictText(plan.verdict)}, ${plan.hash.slice(0, 12)})`;
  return [first, wrapped(outcomeLine(explanation))].join('\n');
}

function outcomeLine({ outcome, source, chosen, candidates, places, copies }: WorkloadExplanation): string {
  const from = source === null ? '' : `${source.site}/${source.host}`;
  const copied = copies.length === 0 ? '' : `; new copies of it: ${copies.join(', ')}`;
  switch (outcome) {
    case 'moves':
      return `moves ${candidates[0]?.way ?? ''} from ${from} to ${targetOf(chosen)}${over(chosen)}`;
    case 'stays':
      return `stays at ${from}${copied}`;
    case 'starts': {
      const [place] = places;
      return `starts at ${[place?.option.site, place?.option.host].join('/')}, so that nothing has to move`;
    }
    case 'starts-nowhere':
      return 'can be started nowhere';
    case 'not-part-of-the-goal':
      return `runs at ${from}; the goal of this plan does not concern it${copied}`;
  }
}

const targetOf = (option: MoveOption | null): string =>
  option?.target == null ? 'nowhere' : `${option.target.site}/${option.target.host}`;
const over = (option: MoveOption | null): string =>
  option === null || option.path.length === 0 ? '' : ` over ${option.path.join(', ')}`;

function predictionLines(chosen: MoveOption | null): readonly string[] {
  const estimate = chosen?.estimate ?? null;
  if (chosen === null || estimate === null) return [];
  const row = (
    title: string,
    range: Quantiles | null,
    format: (value: number) => string,
  ): readonly string[] =>
    range === null ? [] : [title, format(range.p10), format(range.p50), format(range.p90)];
  const isLive = chosen.method.endsWith('-live');
  const rows = [
    row('time', estimate.totalSeconds, formatSeconds),
    isLive ? row('downtime, as the hypervisor reports it', estimate.downtimeSeconds, formatSeconds) : [],
    chosen.method === 'redirect'
      ? []
      : row(
          isLive ? 'pause, source stopped to target running' : 'shutdown to boot',
          estimate.pauseSeconds,
          formatSeconds,
        ),
    isLive ? row('stall that sessions see', estimate.sessionStallSeconds, formatSeconds) : [],
    row('sent', estimate.transferredBytes, formatBytes),
    row('on the wire', estimate.wireBytes, formatBytes),
  ].filter((cells) => cells.length > 0);
  const columns = ['', 'P10', 'P50', 'P90'].map((title, index) => ({
    title,
    align: index === 0 ? ('left' as const) : ('right' as const),
  }));
  return [renderTable(columns, rows), ...settingsLines(chosen), ...estimate.why.map((why) => bullet(why))];
}

function settingsLines({ settings, estimate, method }: MoveOption): readonly string[] {
  const sure =
    estimate === null ? '' : `completes with a probability of ${percent(estimate.completesProbability)}`;
  if (settings === null) return [];
  const rate =
    settings.maxBandwidthBytesPerSecond === null
      ? 'no rate limit'
      : `at most ${formatBytesPerSecond(settings.maxBandwidthBytesPerSecond)}`;
  const limit = `cancelled after ${formatSeconds(settings.timeoutSeconds)}`;
  const parts = method.endsWith('-live')
    ? [settings.mode, rate, `downtime limit ${formatSeconds(settings.downtimeLimitSeconds)}`, limit]
    : [rate, limit];
  return [wrapped([...parts, sure].filter((part) => part !== '').join('; '))];
}

function whenLines({ move, plan }: WorkloadExplanation): readonly string[] {
  if (move === null) return [];
  const { wave, startSeconds, endSeconds, reservations, needs, after } = move;
  const at = (seconds: number): string =>
    plan.startSeconds === null
      ? shortDuration(seconds)
      : `${shortDuration(seconds)} (${formatInstant(plan.startSeconds + seconds)})`;
  const others = after.filter((name) => !needs.includes(name));
  const ends = `ends after ${shortDuration(endSeconds.p50)} (P50) to ${at(endSeconds.p90)} (P90)`;
  return [
    wrapped(`wave ${wave}, starts after ${at(startSeconds)}, ${ends}`),
    ...reservations.map(({ link, bytesPerSecond }) =>
      wrapped(`reserved on ${link}: ${formatBitsPerSecond(bytesPerSecond * 8)}`),
    ),
    ...(needs.length === 0 ? [] : [wrapped(`not unless these have moved: ${needs.join(', ')}`)]),
    ...(others.length === 0
      ? []
      : [wrapped(`not before these have ended, whose link, place or room it takes: ${others.join(', ')}`)]),
  ];
}

function addressLines({ move }: WorkloadExplanation): readonly string[] {
  if (move === null) return [];
  return [
    ...move.addresses.map(({ network, oldAddress, newNetwork, newAddress }) =>
      wrapped(`${oldAddress} (${network}) becomes ${newAddress} (${newNetwork})`),
    ),
    ...move.names.map(({ name, ttlSeconds, loweredTtlSeconds }) =>
      wrapped(
        `${name}: TTL ${formatSeconds(ttlSeconds)}, lowered to ${formatSeconds(loweredTtlSeconds)} while the move is near`,
      ),
    ),
  ];
}

/** The numbers of each; what has none is refused before anything is estimated. */
function candidateLines(candidates: readonly ExplainedOption[]): readonly string[] {
  if (candidates.length === 0) return [];
  const titles = ['', 'way', 'down', 'time', 'sent', 'lost', 'money', 'trombone', 'risk', 'cost'];
  const columns = titles.map((title, index) => ({
    title,
    align: index === 1 ? ('left' as const) : ('right' as const),
    wraps: index === 1,
  }));
  const chosen = candidates.find(({ verdict }) => verdict === 'chosen');
  return [
    renderTable(columns, candidates.map(candidateRow)),
    ...(chosen?.costParts == null ? [] : [wrapped(`cost of ${chosen.way}: ${partsText(chosen.costParts)}`)]),
    wrapped('lost: open sessions; trombone: a day, by the old site or to what stays there; risk: steps'),
  ];
}

/** Instead of a cost, where it does not count. */
const verdicts: Partial<Record<ExplainedOption['verdict'], string>> = {
  refused: 'refused',
  'not-needed': 'unneeded',
};

function candidateRow({ verdict, way, option }: ExplainedOption, index: number): readonly string[] {
  const number = String(index + 1);
  const name = way.replace('-live', '');
  const { effects, cost } = option;
  const last = verdicts[verdict] ?? formatFigure(cost ?? 0);
  if (effects === null) return [number, name, '', '', '', '', '', '', '', last];
  const { downtimeSeconds, totalSeconds } = effects;
  return [
    number,
    name,
    option.method === 'redirect' ? 'none' : downtimeSeconds === null ? '' : formatSeconds(downtimeSeconds),
    totalSeconds === null ? 'no end' : shortDuration(totalSeconds),
    totalSeconds === null ? '' : formatBytes(effects.wireBytes),
    formatFigure(effects.sessionsLost),
    formatFigure(effects.money),
    formatBytes(effects.tromboneBytesPerDay),
    formatFigure(effects.riskSteps),
    last,
  ];
}

function whyNotLines({ verdict, way, option, because }: ExplainedOption, index: number): readonly string[] {
  if (verdict === 'chosen') return [];
  const where = option.target === null ? '' : ` to ${targetOf(option)}${over(option)}`;
  return [wrapped(`${index + 1} ${way}${where}`), ...because.map((each) => bullet(coded(each), 2))];
}

const coded = ({ sentence, code }: Said): string => `${sentence} [${code}]`;

function placeLines({ places }: WorkloadExplanation): readonly string[] {
  return places.map(({ option, because }) => {
    const where = [option.site, option.host].filter((part) => part !== null).join('/');
    const cost = option.cost === null ? 'not there' : `${formatFigure(option.cost)} a day`;
    return bullet([`${where}: ${cost}`, ...because.map(coded)].join('; '));
  });
}

function partsText(parts: Readonly<Record<string, number>>): string {
  return Object.entries(parts)
    .filter(([, value]) => formatFigure(value) !== '0')
    .sort(([, a], [, b]) => b - a)
    .map(([name, value]) => `${name} ${formatFigure(value)}`)
    .join(', ');
}

const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;
