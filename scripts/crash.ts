import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { createLabWorld } from '../src/cli/commands/lab-world.ts';
import { renderTable } from '../src/cli/render/table.ts';
import { type CrashCase, crashCases, roundsOf } from '../src/lab/crash/cases.ts';
import { crash, type CrashResult } from '../src/lab/crash/crash.ts';
import { crashLabOptions } from '../src/lab/crash/options.ts';
import { standUp } from '../src/lab/crash/stand.ts';
import { GuestStock } from '../src/lab/crash/stock.ts';
import { takeDown } from '../src/lab/down.ts';
import { connectRelay } from '../src/lab/relay.ts';
import { realClock } from '../src/world/real.ts';

/** Guests of one lab, and how many of them live at a time: 128 MiB each. */
const guestsOfLab = 200;
const guestsAtATime = 6;

const usage = `npm run crash -- [options]      real crashes in real moves, one standing lab, one guest each (root)

  --only TEXT     only cases whose name has it; may be given again
  --not TEXT      no cases whose name has it; may be given again
  --markdown      print what is in the results as it stands in docs/design/lab.md
  --list          say which cases there are
  --again         also cases that are in the results already and ended as they must
  --at-once N     so many moves side by side, 6 at most; cuts go alone
  --minutes M     begin no case after so long
  --folder F      results, journals and what the product said (tmp/crash); a second call goes on there
  --prefix P      start of the names of all that the lab makes (lhc-)
  --stand         leave the lab standing; the next call uses it
`;
const several = { type: 'string', multiple: true, default: [] as string[] } as const;
const flag = { type: 'boolean', default: false } as const;
const { values } = parseArgs({
  options: {
    only: several,
    not: several,
    list: flag,
    markdown: flag,
    again: flag,
    stand: flag,
    help: flag,
    'at-once': { type: 'string', default: '6' },
    minutes: { type: 'string', default: '1440' },
    folder: { type: 'string', default: 'tmp/crash' },
    prefix: { type: 'string', default: 'lhc-' },
  },
});
const file = path.resolve(values.folder, 'results.jsonl');

const results = new Map<string, CrashResult>();
if (existsSync(file))
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const result = JSON.parse(line) as CrashResult;
    results.set(result.name, result);
  }
const isWanted = ({ name }: CrashCase): boolean =>
  (values.only.length === 0 || values.only.some((text) => name.includes(text))) &&
  !values.not.some((text) => name.includes(text));
const wanted = crashCases.filter(isWanted);
const isOpen = ({ name }: CrashCase): boolean => values.again || results.get(name)?.fault !== null;

if (values.help) process.stdout.write(usage);
else if (values.markdown) process.stdout.write(markdownOf(wanted));
else if (values.list) process.stdout.write(wanted.map(({ name }) => `${name}\n`).join(''));
else {
  const open = wanted.filter(isOpen);
  if (open.length > 0) await crashAll(open);
  process.stdout.write(`${tableOf(wanted)}\n`);
  process.exitCode = wanted.some(({ name }) => results.get(name)?.fault !== null) ? 1 : 0;
}

async function crashAll(cases: readonly CrashCase[]): Promise<void> {
  const { prefix } = values;
  const main = path.resolve(import.meta.dirname, '../dist/src/cli/main.js');
  const world = { ...createLabWorld(prefix), longhaul: [process.execPath, main] };
  mkdirSync(values.folder, { recursive: true });
  const options = crashLabOptions(prefix, { guests: guestsOfLab, booted: guestsAtATime });
  try {
    const lab = await standUp(world, options, path.resolve(values.folder));
    const stock = new GuestStock(lab);
    const untilSeconds = realClock.monotonicSeconds() + Number(values.minutes) * 60;
    let begun = 0;
    for (const round of roundsOf(cases, Number(values['at-once']))) {
      if (realClock.monotonicSeconds() > untilSeconds) break;
      const guests = await stock.take(round.length);
      await Promise.all(
        round.map(async (one, index) => {
          world.say(`${++begun} of ${cases.length}: ${one.name}`);
          const guest = guests[index]!;
          const result = await crash(lab, guest, one).catch((error: unknown) => failed(one, error));
          if (world.signal.aborted) return;
          results.set(one.name, result);
          appendFileSync(file, `${JSON.stringify(result)}\n`);
          world.say(`${one.name}: ${result.seconds.toFixed(0)} s, ${result.fault ?? result.outcome}`);
        }),
      );
      if (world.signal.aborted) break;
      await connectRelay(world.directories.runtime).heal('wan');
      await lab.repair();
    }
  } catch (error) {
    if (!world.signal.aborted) throw error;
  } finally {
    if (!values.stand) await takeDown(world, prefix);
  }
}

/** A crash that could not be judged is no survived one. */
function failed({ name }: CrashCase, error: unknown): CrashResult {
  const nothing = { guest: '', where: '', exitCode: -1, state: '', outcome: '', runsAt: [], answers: false };
  return { name, ...nothing, looks: 0, settled: [], seconds: 0, fault: String(error) };
}

function tableOf(cases: readonly CrashCase[]): string {
  const columns = [
    { title: 'fault' },
    { title: 'struck in' },
    { title: 'exit', align: 'right' as const },
    { title: 'move' },
    { title: 'runs' },
    { title: 'answers' },
    { title: 's', align: 'right' as const },
    { title: 'verdict' },
  ];
  const rows = cases.flatMap(({ name }) => {
    const result = results.get(name);
    if (result === undefined) return [];
    const { where, exitCode, outcome, runsAt, answers, seconds, fault } = result;
    const runs = runsAt.length === 0 ? 'nowhere' : `at ${runsAt.join('+')}`;
    return [
      [
        name,
        where,
        String(exitCode),
        outcome,
        runs,
        answers ? 'yes' : 'no',
        seconds.toFixed(0),
        fault ?? 'right',
      ],
    ];
  });
  const right = rows.filter((row) => row.at(-1) === 'right').length;
  return `${renderTable(columns, rows)}\n${right} of ${cases.length} as it must be`;
}

/** Worker and agents as a matrix of steps; the others one a line. */
function markdownOf(cases: readonly CrashCase[]): string {
  const said = (one: CrashCase | undefined): string => {
    const result = one === undefined ? undefined : results.get(one.name);
    if (result === undefined) return 'not run';
    return result.fault ?? `${result.outcome}, ${result.seconds.toFixed(0)} s`;
  };
  const killers = ['worker', 'agent of a', 'agent of b'];
  const inSteps = cases.filter(({ victim }) => killers.includes(victim));
  const steps = [...new Set(inSteps.map(({ step }) => step))];
  const matrix = steps.map((step) => [
    step,
    ...killers.flatMap((victim) =>
      ['begun', 'inside'].map((moment) =>
        said(inSteps.find((one) => one.step === step && one.victim === victim && one.moment === moment)),
      ),
    ),
  ]);
  const others = cases.filter((one) => !inSteps.includes(one));
  const lines = others.map((one) => {
    const { exitCode = '', runsAt = [], settled = [] } = results.get(one.name) ?? {};
    const settling = settled.map((text) => text.replace(/ lab-[\w-]+/, '')).join('; ');
    return [one.name, String(exitCode), settling, runsAt.join('+'), said(one)];
  });
  const heads = ['step', ...killers.flatMap((victim) => [`${victim}, boundary`, 'inside'])];
  return `${markdownTable(heads, matrix)}\n${markdownTable(['fault', 'exit', 'settled by', 'runs at', 'end'], lines)}`;
}

function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  return [row(heads), row(heads.map(() => '---')), ...rows.map(row)].join('');
}
