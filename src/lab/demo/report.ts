import { z } from 'zod';
import type { Arrival, Gap, SessionReport, SessionRole } from '../sessions.ts';
import type { LinkShape } from '../profiles.ts';
import type { LabGuest } from '../state.ts';
import { type GatewayRemains, isSourceClean, isTargetClean } from '../remains.ts';

/** What a demo found out, from what was seen while the guests moved. Pure. */

const quantiles = z.object({ p10: z.number(), p50: z.number(), p90: z.number() });
const measures = <T extends z.ZodType>(value: T) =>
  z.object({
    totalSeconds: value.nullable(),
    pauseSeconds: value.nullable(),
    transferredBytes: value.nullable(),
  });

/** As much as the demo reads of what `longhaul run --json` prints. */
export const runStatusSchema = z.object({
  run: z.object({ id: z.string(), state: z.string() }),
  moves: z.array(
    z.object({
      workload: z.string(),
      method: z.string(),
      state: z.string(),
      text: z.string(),
      predicted: measures(quantiles),
      measured: measures(z.number()),
    }),
  ),
});
export type MoveSummary = z.infer<typeof runStatusSchema>['moves'][number];

/** One line of `longhaul show RUN --journal`. */
export const journalEntrySchema = z.object({
  atSeconds: z.number(),
  workload: z.string().nullable(),
  step: z.string(),
  event: z.string(),
  detail: z.record(z.string(), z.unknown()),
});
export type JournalLine = z.infer<typeof journalEntrySchema>;

/** Bytes on the WAN from a to b so far, without control traffic, at a moment (Unix seconds). */
export interface WireSample {
  readonly atSeconds: number;
  readonly bytes: number;
}

export interface NameAnswer {
  readonly server: string;
  readonly address: string;
  /** Names that the new address and the old one point back to. */
  readonly newReverse: string;
  readonly oldReverse: string;
}

/** All that was seen of one guest's move. */
export interface Sighting {
  readonly guest: LabGuest;
  readonly move: MoveSummary | null;
  readonly journal: readonly JournalLine[];
  /** When `longhaul run` was called (Unix seconds). */
  readonly startedAtSeconds: number;
  readonly sessions: readonly SessionReport[];
  readonly arrivals: readonly Arrival[];
  readonly wire: readonly WireSample[];
  /** Samples of whether site a's gateway had a tunnel. */
  readonly tunnel: readonly { readonly atSeconds: number; readonly stands: boolean }[];
  readonly names: readonly NameAnswer[];
}

export interface SessionVerdict {
  readonly role: SessionRole;
  readonly kept: boolean;
  readonly lostBytes: number | null;
  readonly reset: boolean;
  readonly error: string | null;
  /** Longest gap around the pause; null for the idle one. */
  readonly longestGapSeconds: number | null;
  readonly limitSeconds: number | null;
}

export interface GuestReport {
  readonly name: string;
  readonly state: string;
  readonly method: string | null;
  readonly why: string;
  /** From the call of `longhaul run` to the guest running at its target. */
  readonly runsAfterSeconds: number | null;
  readonly pauseSeconds: number | null;
  readonly sessions: readonly SessionVerdict[];
  /** Of the four that send all the time. */
  readonly sessionsKept: number;
  readonly bytesLost: number;
  readonly resets: number;
  readonly idleAnswerSeconds: number | null;
  /** After the guest ran at its target: from then on every newcomer came straight there. Null: not within the demo. */
  readonly newcomersDirectAfterSeconds: number | null;
  readonly newcomersFailed: number;
  readonly tunnelGoneAfterSeconds: number | null;
  readonly names: readonly (NameAnswer & { readonly isNew: boolean })[];
  readonly predicted: MoveSummary['predicted'] | null;
  readonly measured: MoveSummary['measured'] & { readonly wireBytes: number | null };
}

export interface DemoRun {
  /** Of `longhaul run`, until the last tunnel had gone. */
  readonly commandSeconds: number;
  readonly guests: readonly GuestReport[];
  readonly remains: { readonly a: GatewayRemains; readonly b: GatewayRemains };
  readonly clean: boolean;
}

/** Above the pause: two round trips, and what two busy cores need to wake everybody up. */
export const stallAllowance = ({ rttSeconds }: LinkShape): number => 2 * rttSeconds + 0.06;

export function reportGuest(shape: LinkShape, sighting: Sighting): GuestReport {
  const { guest, move, journal, startedAtSeconds, sessions, arrivals, names } = sighting;
  const { stoppedAtSeconds, resumedAtSeconds } = momentsOf(journal);
  const pauseSeconds =
    stoppedAtSeconds === null || resumedAtSeconds === null ? null : resumedAtSeconds - stoppedAtSeconds;
  const verdicts = sessions.map((session) =>
    verdictOf(session, { shape, stoppedAtSeconds, resumedAtSeconds, pauseSeconds }),
  );
  const sending = verdicts.filter(({ role }) => role !== 'idle');
  const after = (atSeconds: number | null): number | null =>
    atSeconds === null || resumedAtSeconds === null ? null : Math.max(0, atSeconds - resumedAtSeconds);
  return {
    name: guest.name,
    state: move?.state ?? 'unknown',
    method: move?.method ?? null,
    why: move?.text ?? '',
    runsAfterSeconds: resumedAtSeconds === null ? null : resumedAtSeconds - startedAtSeconds,
    pauseSeconds,
    sessions: verdicts,
    sessionsKept: sending.filter(({ kept }) => kept).length,
    bytesLost: sending.reduce((sum, { lostBytes }) => sum + Math.max(0, lostBytes ?? 0), 0),
    resets: verdicts.filter(({ reset }) => reset).length,
    idleAnswerSeconds: sessions.find(({ role }) => role === 'idle')?.idleAnswerSeconds ?? null,
    newcomersDirectAfterSeconds: after(directSince(guest, arrivals)),
    newcomersFailed: arrivals.filter(({ error }) => error !== null).length,
    tunnelGoneAfterSeconds: after(tunnelGoneAt(sighting)),
    names: names.map((answer) => ({ ...answer, isNew: isNewAnswer(guest, answer) })),
    predicted: move?.predicted ?? null,
    measured: {
      ...(move?.measured ?? { totalSeconds: null, transferredBytes: null }),
      pauseSeconds,
      wireBytes: wireBytes(sighting),
    },
  };
}

interface Moments {
  readonly stoppedAtSeconds: number | null;
  readonly resumedAtSeconds: number | null;
}

const factsSchema = z.object({
  facts: z.object({ stoppedAtSeconds: z.number().optional(), resumedAtSeconds: z.number().optional() }),
});

/** The hypervisors' own stamps, as the move wrote them down. */
function momentsOf(journal: readonly JournalLine[]): Moments {
  const facts = journal.flatMap(({ detail }) => factsSchema.safeParse(detail).data?.facts ?? []);
  return {
    stoppedAtSeconds: facts.findLast((each) => each.stoppedAtSeconds !== undefined)?.stoppedAtSeconds ?? null,
    resumedAtSeconds: facts.findLast((each) => each.resumedAtSeconds !== undefined)?.resumedAtSeconds ?? null,
  };
}

function verdictOf(
  session: SessionReport,
  {
    shape,
    stoppedAtSeconds,
    resumedAtSeconds,
    pauseSeconds,
  }: Moments & { readonly shape: LinkShape; readonly pauseSeconds: number | null },
): SessionVerdict {
  const { role, connected, lostBytes, damaged, reset, error, gaps, idleAnswerSeconds } = session;
  const isIdle = role === 'idle';
  const isKept = connected && !damaged && !reset && error === null && lostBytes === 0;
  return {
    role,
    kept: isKept && (!isIdle || idleAnswerSeconds !== undefined),
    lostBytes,
    reset,
    error: error ?? (damaged ? 'what came back is not what was sent' : null),
    longestGapSeconds:
      isIdle || stoppedAtSeconds === null || resumedAtSeconds === null
        ? null
        : longestAround(gaps, stoppedAtSeconds, resumedAtSeconds),
    limitSeconds: isIdle || pauseSeconds === null ? null : pauseSeconds + stallAllowance(shape),
  };
}

/** A session may notice the stop half a round trip later, and the resume a retransmission later. */
const windowSeconds = 3;

function longestAround(gaps: readonly Gap[], from: number, to: number): number {
  const touching = gaps.filter(
    ({ atSeconds, seconds }) => atSeconds + seconds > from && atSeconds < to + windowSeconds,
  );
  return Math.max(0, ...touching.map(({ seconds }) => seconds));
}

/** Newcomers from outside pass the provider's edge and one gateway; over the old site it is one router more. */
const directTtl = 62;

function directSince(guest: LabGuest, arrivals: readonly Arrival[]): number | null {
  const isDirect = ({ address, ttl }: Arrival): boolean => address === guest.newAddress && ttl === directTtl;
  const lastOther = arrivals.findLastIndex((arrival) => !isDirect(arrival));
  return arrivals[lastOther + 1]?.atSeconds ?? null;
}

/** The first sample without a tunnel after the last one with it, once the guest's own drain had begun. */
function tunnelGoneAt({ tunnel, journal }: Sighting): number | null {
  const settled = journal.findLast(({ step, event }) => step === 'settle relocation' && event === 'end');
  if (settled === undefined) return null;
  return (
    tunnel.find(({ atSeconds, stands }) => atSeconds >= settled.atSeconds - windowSeconds && !stands)
      ?.atSeconds ?? null
  );
}

function wireBytes({ wire, journal }: Sighting): number | null {
  const begun = journal.find(({ step, event }) => step === 'transfer' && event === 'begin');
  const ended = journal.findLast(({ step, event }) => step === 'resume target' && event === 'end');
  if (begun === undefined || ended === undefined) return null;
  const before = wire.findLast(({ atSeconds }) => atSeconds <= begun.atSeconds);
  const after = wire.find(({ atSeconds }) => atSeconds >= ended.atSeconds);
  return before === undefined || after === undefined ? null : after.bytes - before.bytes;
}

const isNewAnswer = (
  { name, newAddress }: LabGuest,
  { address, newReverse, oldReverse }: NameAnswer,
): boolean => address === newAddress && newReverse.startsWith(`${name}.`) && oldReverse === '';

export function reportRun(
  guests: readonly GuestReport[],
  remains: { readonly a: GatewayRemains; readonly b: GatewayRemains },
  commandSeconds: number,
): DemoRun {
  return { commandSeconds, guests, remains, clean: isSourceClean(remains.a) && isTargetClean(remains.b) };
}

export interface DemoReport {
  readonly format: 'longhaul-demo/1';
  readonly profile: string;
  readonly shape: LinkShape;
  readonly stallAllowanceSeconds: number;
  readonly runs: readonly DemoRun[];
  /** Of all runs, for each guest and session: by how much its longest gap exceeded the pause. */
  readonly medians: readonly {
    readonly guest: string;
    readonly role: SessionRole;
    readonly excessSeconds: number | null;
    readonly within: boolean;
  }[];
  /** What is not as it should be; empty: all is well. */
  readonly faults: readonly string[];
}

export function reportDemo(profile: string, shape: LinkShape, runs: readonly DemoRun[]): DemoReport {
  const medians = mediansOf(runs, stallAllowance(shape));
  return {
    format: 'longhaul-demo/1',
    profile,
    shape,
    stallAllowanceSeconds: stallAllowance(shape),
    runs,
    medians,
    faults: [...runs.flatMap(runFaults), ...medians.filter(({ within }) => !within).map(medianFault)],
  };
}

function mediansOf(runs: readonly DemoRun[], allowanceSeconds: number): DemoReport['medians'] {
  const excesses = new Map<string, { guest: string; role: SessionRole; values: number[] }>();
  for (const { name, sessions, pauseSeconds } of runs.flatMap(({ guests }) => guests))
    for (const { role, longestGapSeconds } of sessions) {
      if (longestGapSeconds === null || pauseSeconds === null) continue;
      const entry = excesses.get(`${name} ${role}`) ?? { guest: name, role, values: [] };
      entry.values.push(longestGapSeconds - pauseSeconds);
      excesses.set(`${name} ${role}`, entry);
    }
  return [...excesses.values()].map(({ guest, role, values }) => {
    const excessSeconds = median(values);
    return {
      guest,
      role,
      excessSeconds,
      within: excessSeconds !== null && excessSeconds <= allowanceSeconds,
    };
  });
}

/** The lower one of two in the middle. */
function median(values: readonly number[]): number | null {
  return values.toSorted((one, two) => one - two)[Math.floor((values.length - 1) / 2)] ?? null;
}

function runFaults({ guests, remains, clean }: DemoRun, index: number): readonly string[] {
  const sides = clean ? [] : [`the gateways still hold ${JSON.stringify(remains)}`];
  return [...guests.flatMap(guestFaults), ...sides].map((fault) => `run ${index + 1}: ${fault}`);
}

function guestFaults(guest: GuestReport): readonly string[] {
  const { name, state, why, sessions, newcomersDirectAfterSeconds, tunnelGoneAfterSeconds, names } = guest;
  return [
    ...(state === 'moved' ? [] : [`it is '${state}': ${why}`]),
    ...sessions
      .filter(({ kept }) => !kept)
      .map(
        ({ role, error, lostBytes }) =>
          `session '${role}' was not kept: ${error ?? `${lostBytes ?? '?'} bytes lost`}`,
      ),
    ...(newcomersDirectAfterSeconds === null ? ['newcomers still go over the old site'] : []),
    ...(tunnelGoneAfterSeconds === null ? ['its tunnel still stands'] : []),
    ...names
      .filter(({ isNew }) => !isNew)
      .map(({ server, address }) => `${server} still says ${address || 'nothing'}`),
  ].map((fault) => `${name}: ${fault}`);
}

const medianFault = ({ guest, role, excessSeconds }: DemoReport['medians'][number]): string =>
  `${guest}: session '${role}' was silent ${((excessSeconds ?? 0) * 1000).toFixed(0)} ms longer than the pause`;
