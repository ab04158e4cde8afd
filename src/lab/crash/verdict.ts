import type { SiteName } from '../layout.ts';
import type { CrashCase } from './cases.ts';
import type { RunEnd } from './guest-run.ts';

/** What was found when a run had ended, and after it was settled where it asked for that. Pure. */
export interface Found {
  readonly end: Pick<RunEnd, 'exitCode' | 'state' | 'outcome' | 'settle' | 'remains'>;
  readonly runsAt: readonly SiteName[];
  readonly answers: boolean;
  /** Looks that saw both copies run. */
  readonly twice: number;
}

/** Null: as it must be. One sentence otherwise. */
export function faultOf({ settling }: Pick<CrashCase, 'settling'>, first: Found, last: Found): string | null {
  if (first.twice + last.twice > 0) return `both copies ran in ${first.twice + last.twice} looks`;
  if (first.end.state === 'needs-person') {
    const asking = askingFault(settling, first);
    if (asking !== null) return asking;
  }
  return endFault(last);
}

function askingFault(settling: CrashCase['settling'], { end, runsAt }: Found): string | null {
  if (settling === null) return `it asks a person: ${end.settle ?? 'nothing'}`;
  if (runsAt.length > 1) return `it runs at ${runsAt.join(' and ')}`;
  if (end.exitCode !== 4) return `exit code ${end.exitCode} where a person is asked`;
  return commandsIn(end.settle).length > 0 ? null : `'${end.settle ?? ''}' names no command`;
}

/** Exactly one runs, where the journal says, and answers. */
function endFault({ end, runsAt, answers }: Found): string | null {
  const [site] = runsAt;
  if (runsAt.length !== 1 || site === undefined) return `it runs at ${runsAt.join(' and ') || 'no site'}`;
  const expected = expectations[end.outcome];
  if (expected === undefined) return `the run is '${end.state}', the move '${end.outcome}'`;
  if (site !== expected.site) return `the journal says '${end.outcome}', but it runs at ${site}`;
  if (!expected.exitCodes.includes(end.exitCode))
    return `exit code ${end.exitCode} of a move that is '${end.outcome}'`;
  return answers ? null : 'it does not answer';
}

const expectations: Readonly<
  Record<string, { readonly site: SiteName; readonly exitCodes: readonly number[] }>
> = {
  moved: { site: 'b', exitCodes: [0] },
  failed: { site: 'a', exitCodes: [1] },
  left: { site: 'a', exitCodes: [1] },
  // `rollback` and `cancel` have done what they were asked for; the run they ended has not.
  cancelled: { site: 'a', exitCodes: [0, 1] },
};

/** The commands that a message names, in its order; each without the program's name. */
export function commandsIn(text: string | null): readonly (readonly string[])[] {
  const found = (text ?? '').matchAll(/longhaul ((?:run|rollback|cancel) [\w.-]+(?: --[\w-]+)*)/g);
  return [...found].map(([, command = '']) => command.split(' '));
}
