import { expect, test } from 'vitest';
import { createProgress } from '../../../src/cli/render/progress.ts';
import type { RunEvent } from '../../../src/runs/store/dispatch.ts';

const event = (
  workload: string | null,
  step: string,
  doneRatio: number,
  more: Partial<RunEvent> = {},
): RunEvent => ({
  run: 'a',
  atSeconds: 0,
  workload,
  step,
  doneRatio,
  convergence: null,
  text: '',
  ...more,
});

function screenOf(isTerminal: boolean, columns = 80) {
  const written: string[] = [];
  return { screen: { isTerminal, columns, write: (text: string) => void written.push(text) }, written };
}

/** What a terminal shows after these writes: only `\r`, line ends, cursor up and clearing below are used. */
function shownBy(written: readonly string[]): readonly string[] {
  const lines = [''];
  let row = 0;
  for (const part of written.join('').split(/(\u001b\[\d*[AJ]|\r|\n)/)) {
    const up = /^\u001b\[(\d+)A$/.exec(part);
    if (up !== null) row -= Number(up[1]);
    else if (part === '\u001b[J') lines.splice(row, lines.length, '');
    else if (part === '\n') {
      row++;
      lines[row] ??= '';
    } else if (part !== '\r') lines[row] = (lines[row] ?? '') + part;
  }
  return lines.filter((line) => line !== '');
}

test('where no terminal is, each step of a workload is one line', () => {
  const { screen, written } = screenOf(false);
  const progress = createProgress(screen);
  progress.show(event('web', 'transfer', 0.101));
  progress.show(event('web', 'transfer', 0.2));
  progress.show(event('db', 'transfer', 0.1));
  progress.say('a note');
  progress.show(event('web', 'end', 1, { text: 'it serves at its target' }));
  progress.end();
  expect(written.join('')).toBe(
    'web: 10 % transfer\ndb: 10 % transfer\na note\nweb: 100 % ended: it serves at its target\n',
  );
});

test('on a terminal bars move in place, never back, and what has ended scrolls away above them', () => {
  const { screen, written } = screenOf(true);
  const progress = createProgress(screen);
  progress.show(event('web', 'transfer', 0.5, { convergence: 8 }));
  progress.show(event('db', 'transfer', 0.25));
  progress.show(event('web', 'transfer', 0.4, { convergence: 0.9 }));
  expect(shownBy(written)).toEqual([
    'web          ██████████░░░░░░░░░░  50 % transfer [■■■■■■■■] converged',
    'db           █████░░░░░░░░░░░░░░░  25 % transfer',
  ]);
  progress.show(event('web', 'end', 1, { text: 'it serves at its target' }));
  expect(shownBy(written)).toEqual([
    'web: it serves at its target',
    'db           █████░░░░░░░░░░░░░░░  25 % transfer',
  ]);
  progress.end();
  expect(shownBy(written)).toEqual(['web: it serves at its target']);
});

test('the gauge shows how many doublings are missing to converge', () => {
  const { screen, written } = screenOf(true);
  createProgress(screen).show(event('web', 'transfer', 0, { convergence: 9.1 }));
  expect(shownBy(written)).toEqual([
    'web          ░░░░░░░░░░░░░░░░░░░░   0 % transfer [■■■■■···] 9.1× too much',
  ]);
});

test('bars are cut to the terminal, and of many moves only some are drawn', () => {
  const { screen, written } = screenOf(true, 40);
  const progress = createProgress(screen);
  for (let index = 0; index < 25; index++)
    progress.show(event(`w${index}`, 'transfer', 0, { text: 'x'.repeat(100) }));
  const shown = shownBy(written);
  expect(shown).toHaveLength(21);
  expect(shown.at(-1)).toBe('… and 5 more');
  expect(Math.max(...shown.map((line) => line.length))).toBe(39);
});
