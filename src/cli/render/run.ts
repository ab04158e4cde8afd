import type { Quantiles } from '../../../planners/estimate/estimate.ts';
import { formatInstant, formatSeconds } from '../../../topology/units.ts';
import { endsOf, type MoveStatus, type RunStatus } from '../../runs/status.ts';
import type { RunRecord, RunState } from '../../runs/store/records.ts';
import { colour } from './output.ts';
import { renderTable } from './table.ts';
import { wrapped } from './wrap.ts';

/** All runs, newest first. */
export function runsText(runs: readonly RunRecord[]): string {
  if (runs.length === 0) return 'No runs yet; longhaul run PLAN begins one.';
  return renderTable(
    [{ title: 'run' }, { title: 'state' }, { title: 'begun' }, { title: 'ended' }],
    runs.map(({ id, state, request, createdAtSeconds, endedAtSeconds }) => [
      id,
      request === 'none' || state !== 'running'
        ? stateWord(state)
        : `${stateWord(state)}, ${request} asked for`,
      formatInstant(createdAtSeconds),
      endedAtSeconds === null ? '' : formatInstant(endedAtSeconds),
    ]),
  );
}

/** One run: where each workload stands, predicted beside measured, and what a person has to settle. */
export function statusText({ run, plan, moves }: RunStatus): string {
  const sections = [
    `${colour.bold(run.id)}: ${paintedState(run.state)}, plan ${plan.hash.slice(0, 12)} (${plan.name})`,
    movesTable(moves),
    troubles(moves),
    settleText(run),
  ];
  return sections.filter((section) => section !== '').join('\n\n');
}

function movesTable(moves: readonly MoveStatus[]): string {
  if (moves.length === 0) return 'Nothing had to move.';
  return renderTable(
    [
      { title: 'workload' },
      { title: 'method' },
      { title: 'from' },
      { title: 'to' },
      { title: 'state' },
      { title: 'pause', align: 'right' },
      { title: 'expected', align: 'right' },
      { title: 'copy', align: 'right' },
      { title: 'expected', align: 'right' },
    ],
    moves.map((move) => [
      move.workload,
      move.method.replace('-live', ''),
      endsOf(move).from,
      endsOf(move).to,
      stateCell(move),
      seconds(move.measured.pauseSeconds),
      expected(move.predicted.pauseSeconds),
      seconds(move.measured.totalSeconds),
      expected(move.predicted.totalSeconds),
    ]),
  );
}

function stateCell({ state, doneRatio, step }: MoveStatus): string {
  if (state === 'waiting') return 'waiting';
  if (state === 'moving' || state === 'landed')
    return `${Math.floor(doneRatio * 100)} % ${step ?? ''}`.trim();
  return state === 'moved' ? colour.green(state) : colour.red(state);
}

const seconds = (value: number | null): string => (value === null ? '' : formatSeconds(value));
const expected = (quantiles: Quantiles | null): string =>
  quantiles === null || quantiles.p90 === 0 ? '' : formatSeconds(quantiles.p50);

function troubles(moves: readonly MoveStatus[]): string {
  return moves
    .filter(
      ({ state, remains }) => !['waiting', 'moving', 'landed', 'moved'].includes(state) || remains.length > 0,
    )
    .map(({ workload, state, text, remains }) =>
      wrapped(
        [`${workload} ${state}: ${text}`, ...remains.map((rest) => `not taken back: ${rest}`)].join('; '),
      ),
    )
    .join('\n');
}

function settleText({ state, settle }: RunRecord): string {
  return state === 'needs-person' && settle !== null ? `To settle it: ${colour.bold(settle)}` : '';
}

function stateWord(state: RunState): string {
  return state === 'needs-person' ? 'needs a person' : state;
}

function paintedState(state: RunState): string {
  const paint = {
    done: colour.green,
    failed: colour.red,
    'needs-person': colour.red,
    cancelled: colour.yellow,
  };
  return state in paint ? paint[state as keyof typeof paint](stateWord(state)) : stateWord(state);
}
