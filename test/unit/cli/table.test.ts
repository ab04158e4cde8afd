import { expect, test } from 'vitest';
import { renderTable } from '../../../src/cli/render/table.ts';

test('a table that fits keeps its natural widths, and ends no line in blanks', () => {
  const columns = [{ title: 'workload' }, { title: 'downtime', align: 'right' as const }, { title: 'why' }];
  const rows = [
    ['db', '38 ms', 'sessions kept'],
    ['batch-1', '2 min', 'cold'],
  ];
  expect(renderTable(columns, rows)).toBe(
    ['workload  downtime  why', 'db           38 ms  sessions kept', 'batch-1      2 min  cold'].join('\n'),
  );
});

test('a table that is too wide wraps its widest column between words, within 80 columns', () => {
  const why = 'memory is dirtied faster than the path carries, so a live move would never end here';
  const lines = renderTable([{ title: 'workload' }, { title: 'why' }], [['database-1', why]]).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(lines).toEqual([
    'workload    why',
    'database-1  memory is dirtied faster than the path carries, so a live move would',
    '            never end here',
  ]);
});

test('a table without rows is its head', () => {
  expect(renderTable([{ title: 'run' }, { title: 'state' }], [])).toBe('run  state');
});
