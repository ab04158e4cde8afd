import { routedLive } from '../../moves/routed-live.ts';
import type { CutTraffic } from '../relay.ts';
import { type SiteName, siteNames } from '../layout.ts';
import type { Strike } from './strike.ts';

/** The faults of which `npm run crash` shows that a move survives them, or asks a person with a command that settles it. */
export interface CrashCase {
  readonly name: string;
  readonly victim: Victim;
  readonly step: string;
  readonly moment: Strike['moment'];
  readonly call: {
    readonly sites: readonly SiteName[];
    readonly kind: 'look' | 'change';
    readonly count: number;
  };
  readonly delaySeconds: number;
  /** A cut that is not healed before the run has ended. */
  readonly isForGood: boolean;
  readonly settling: Settling;
}

export type Victim =
  | 'worker'
  | `agent of ${SiteName}`
  | `QEMU at ${SiteName}`
  | `${'data' | 'control' | 'data and control'} cut`;

/**
 * How a run that asks a person is settled. null: it must not ask. `carry on`: the link is healed, then the run goes on.
 * `take back`: the link stays cut, and a person vouches for the other site.
 */
export type Settling = 'carry on' | 'take back' | null;

export const cutTraffic = (victim: Victim): CutTraffic | null => {
  if (victim === 'data cut') return 'data';
  if (victim === 'control cut') return 'control';
  return victim === 'data and control cut' ? 'all' : null;
};

const steps = routedLive.map(({ name }) => name);
const killers = ['worker', 'agent of a', 'agent of b'] as const;

/** In which steps an agent is told to change something; in the others it is only looked at, if it is asked at all. */
const changedAt: Readonly<Record<string, readonly SiteName[]>> = {
  'lower TTL': ['a', 'b'],
  'prepare target': ['b'],
  'prepare relocation': ['a', 'b'],
  'follow guest': ['a', 'b'],
  'resume target': ['b'],
  'switch relocation': ['a', 'b'],
  'turn names': ['a', 'b'],
  'release source': ['a'],
  'settle relocation': ['a', 'b'],
  'restore TTL': ['a', 'b'],
};

/** The first call; while memory crosses, a look about two seconds after the beginning. */
const looksIntoTransfer = 8;
/** A call is under way so long before it is struck: half of what most take. */
const intoCallSeconds = 0.02;

function kill(
  victim: Victim,
  {
    step,
    moment,
    settling = null,
  }: Pick<CrashCase, 'step' | 'moment'> & Partial<Pick<CrashCase, 'settling'>>,
): CrashCase {
  const name = `${victim} killed, ${step}, ${moment}`;
  return { name, victim, step, moment, ...callOf(victim, step), isForGood: false, settling };
}

function cut(
  victim: Victim,
  { step, moment, isForGood, settling }: Pick<CrashCase, 'step' | 'moment' | 'isForGood' | 'settling'>,
): CrashCase {
  const how = isForGood ? 'for good' : 'passing';
  const settled = settling === null ? '' : `, ${settling}`;
  const name = `${victim} ${how}, ${step}, ${moment}${settled}`;
  return { name, victim, step, moment, ...callOf(victim, step), isForGood, settling };
}

function callOf(victim: Victim, step: string): Pick<CrashCase, 'call' | 'delaySeconds'> {
  const delaySeconds = intoCallSeconds;
  if (step === 'transfer')
    return { call: { sites: ['a'], kind: 'look', count: looksIntoTransfer }, delaySeconds };
  const own = siteNames.filter((site) => victim === `agent of ${site}`);
  const changed = changedAt[step] ?? [];
  const sites = own.length > 0 ? own : siteNames;
  const isChanged = sites.some((site) => changed.includes(site));
  return { call: { sites, kind: isChanged ? 'change' : 'look', count: 1 }, delaySeconds };
}

const transferring = { step: 'transfer', moment: 'inside' } as const;

/** The six that every change must pass. */
export const essentialCases: readonly CrashCase[] = [
  ...killers.map((victim) => kill(victim, transferring)),
  kill('QEMU at b', transferring),
  cut('data cut', { ...transferring, isForGood: false, settling: null }),
  cut('data and control cut', { ...transferring, isForGood: false, settling: null }),
];

/** Worker and both agents at one moment of one step stand together: they are struck in moves side by side. */
const everyStep = steps.flatMap((step) =>
  (['begun', 'inside'] as const).flatMap((moment) => killers.map((victim) => kill(victim, { step, moment }))),
);

const hypervisors: readonly CrashCase[] = [
  kill('QEMU at b', { step: 'prepare relocation', moment: 'begun' }),
  kill('QEMU at b', { step: 'resume target', moment: 'begun', settling: 'take back' }),
  kill('QEMU at b', { step: 'resume target', moment: 'committed', settling: 'take back' }),
  kill('QEMU at a', { step: 'transfer', moment: 'inside', settling: 'carry on' }),
  kill('QEMU at a', { step: 'resume target', moment: 'begun' }),
  kill('QEMU at a', { step: 'resume target', moment: 'committed' }),
  kill('QEMU at a', { step: 'gather evidence', moment: 'inside' }),
];

const window = { step: 'resume target', moment: 'committed' } as const;
const cuts: readonly CrashCase[] = (['data cut', 'control cut', 'data and control cut'] as const).flatMap(
  (victim) => [
    cut(victim, { ...transferring, isForGood: false, settling: null }),
    cut(victim, { ...transferring, isForGood: true, settling: null }),
    cut(victim, { ...window, isForGood: false, settling: null }),
    ...(victim === 'data cut'
      ? [cut(victim, { ...window, isForGood: true, settling: 'carry on' })]
      : (['carry on', 'take back'] as const).map((settling) =>
          cut(victim, { ...window, isForGood: true, settling }),
        )),
    cut(victim, { step: 'drain', moment: 'inside', isForGood: false, settling: null }),
  ],
);

/** Cuts hit every move at once; what strikes before a run has looked at the world would keep others from beginning. */
const isAlone = ({ victim, step }: CrashCase): boolean => cutTraffic(victim) !== null || step === steps[0];

/** An agent may be struck twice in one round, if it is up again in between: before memory crosses, and after. */
const isEarly = ({ step }: CrashCase): boolean => steps.indexOf(step) < steps.indexOf('transfer');

function disturb(one: CrashCase, other: CrashCase): boolean {
  if (isAlone(one) || isAlone(other)) return true;
  const hasAgent = one.victim.startsWith('agent') && one.victim === other.victim;
  return hasAgent && isEarly(one) === isEarly(other);
}

/** Rounds of moves side by side, in which each strike still finds its victim. */
export function roundsOf(cases: readonly CrashCase[], sizeMax: number): readonly (readonly CrashCase[])[] {
  const rounds: CrashCase[][] = [];
  for (const one of cases) {
    const open = rounds.find(
      (round) => round.length < sizeMax && !round.some((other) => disturb(one, other)),
    );
    if (open === undefined) rounds.push([one]);
    else open.push(one);
  }
  return rounds;
}

/** Each step at its boundary and inside it, for worker and agents; the hypervisors' processes; the link. */
export const crashCases: readonly CrashCase[] = [
  ...essentialCases,
  ...[...everyStep, ...hypervisors, ...cuts].filter(
    ({ name }) => !essentialCases.some((essential) => essential.name === name),
  ),
];
