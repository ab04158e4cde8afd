import type { Placement, Plan } from '../../../planners/plan/plan.ts';
import { sentenceOf } from '../../../planners/plan/reasons.ts';
import { formatBytes, formatFigure, formatInstant } from '../../../topology/units.ts';
import { shortDuration } from './duration.ts';
import { section } from './sections.ts';
import { renderTable } from './table.ts';
import { bullet } from './wrap.ts';

/** What a plan holds beside moves: new copies, and rounds that come back. */
export function copiesText({ placements, topology }: Plan): string {
  if (placements.length === 0) return '';
  const table = renderTable(
    [
      { title: 'new' },
      { title: 'starts at' },
      { title: `${topology.currency} a day`, align: 'right' },
      { title: 'to peers a day', align: 'right' },
      { title: 'ready P50–P90', align: 'right' },
      { title: 'back below', align: 'right' },
    ],
    placements.map(copyRow),
  );
  return section('New copies', [table, ...reasonsOf(placements)]);
}

function copyRow({ name, decision, readySeconds, takeBackRatio }: Placement): readonly string[] {
  const { chosen } = decision;
  const effects = chosen?.effects ?? null;
  return [
    name,
    chosen === null ? 'nowhere' : `${chosen.site}/${chosen.host ?? ''}`,
    effects === null ? '' : formatFigure(effects.moneyPerDay),
    effects === null ? '' : formatBytes(effects.peerBytesPerDay),
    readySeconds === null ? '' : `${shortDuration(readySeconds.p50)}–${shortDuration(readySeconds.p90)}`,
    takeBackRatio === null ? '' : `${Math.floor(takeBackRatio * 100)} %`,
  ];
}

/** Why there and not elsewhere, once for all copies that the same is said of. */
function reasonsOf(placements: readonly Placement[]): readonly string[] {
  const lines = placements.flatMap(({ workload, decision }) => [
    ...decision.because.map((each) => bullet(`like ${workload}: ${sentenceOf(each)}`)),
    ...decision.rejected.map(({ option, because }) =>
      bullet(`not at ${option.site}: ${because.map(sentenceOf).join('; ')}`, 2),
    ),
  ]);
  return [...new Set(lines)];
}

export function roundsText({ recurrence }: Plan): string {
  if (recurrence === null) return '';
  const rows = recurrence.next.map(({ atSeconds, site, staySeconds, deltaBytes, skipped }) => [
    formatInstant(atSeconds),
    site,
    shortDuration(staySeconds),
    skipped === null ? formatBytes(deltaBytes) : '',
    skipped === null ? 'plan again then' : 'left out: shorter than the cooldown',
  ]);
  return section('Next rounds', [
    renderTable(
      [
        { title: 'from' },
        { title: 'site' },
        { title: 'for', align: 'right' },
        { title: 'disks to send', align: 'right' },
        { title: '', wraps: true },
      ],
      rows,
    ),
  ]);
}
