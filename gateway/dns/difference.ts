import { LonghaulError } from '../../topology/errors.ts';
import type { DnsChange, DnsStatus } from './change.ts';
import type { DnsServerConfiguration } from './driver.ts';
import { reverseName, sameName, zoneOf } from './name.ts';
import { addRecord, deleteRecord, deleteSet, requireNone, requireRecord } from './update.ts';

/** What is asked of a server, what it answered, and what is to be changed there. Pure. */
export interface Question {
  readonly name: string;
  readonly type: 'A' | 'PTR';
}

export interface Answer extends Question {
  readonly records: readonly { readonly ttlSeconds: number; readonly data: string }[];
}

export interface ZoneUpdate {
  readonly zone: string;
  readonly prerequisites: readonly Buffer[];
  readonly updates: readonly Buffer[];
}

/** One record set as it shall be: `data` null means no record of ours. */
interface Desired extends Question {
  readonly data: string | null;
  readonly ttlSeconds: number;
  /** Values it may have before. */
  readonly previous: readonly string[];
  /** Whether it may be absent before. */
  readonly mayBeAbsent: boolean;
}

export function questionsOf(change: DnsChange): readonly Question[] {
  return desiredOf(change).map(({ name, type }) => ({ name, type }));
}

/** The order in which the world shall see it: new PTR, then A, then the old PTR goes. */
function desiredOf(change: DnsChange): readonly Desired[] {
  const ownNames = [...change.names, ...change.reverse].map(({ name }) => name);
  return [
    ...change.reverse.map(({ address, name, ttlSeconds }) => ({
      name: reverseName(address),
      type: 'PTR' as const,
      data: name,
      ttlSeconds,
      previous: ownNames,
      mayBeAbsent: true,
    })),
    ...change.names.map(({ name, address, previousAddresses, ttlSeconds }) => ({
      name,
      type: 'A' as const,
      data: address,
      ttlSeconds,
      previous: previousAddresses,
      mayBeAbsent: previousAddresses.length === 0,
    })),
    ...change.withdrawn.map((address) => ({
      name: reverseName(address),
      type: 'PTR' as const,
      data: null,
      ttlSeconds: 0,
      previous: ownNames,
      mayBeAbsent: true,
    })),
  ];
}

/**
 * Updates still needed at one server, one message a record set; none when it already answers as desired.
 * Throws LH_DNS_CONFLICT when a set says what the change did not expect.
 */
export function pendingUpdates(
  server: DnsServerConfiguration,
  change: DnsChange,
  answers: readonly Answer[],
): readonly ZoneUpdate[] {
  return desiredOf(change).flatMap((desired) => {
    const zone = zoneOf(desired.name, server.zones);
    const answer = answers.find(({ name, type }) => name === desired.name && type === desired.type);
    if (zone === null || answer === undefined || isAsDesired(desired, answer)) return [];
    refuseConflict(server, desired, answer);
    return [{ zone, ...changesOf(desired, answer) }];
  });
}

function isAsDesired({ type, data, ttlSeconds, previous }: Desired, { records }: Answer): boolean {
  if (data === null) return !records.some((record) => includesData(type, previous, record.data));
  const [only] = records;
  return (
    only !== undefined &&
    records.length === 1 &&
    sameData(type, only.data, data) &&
    only.ttlSeconds === ttlSeconds
  );
}

function refuseConflict(server: DnsServerConfiguration, desired: Desired, { records }: Answer): void {
  const { name, type, data, previous, mayBeAbsent } = desired;
  if (data === null) return; // what is not ours stays
  const expected = [...previous, data];
  const isExpected =
    records.length === 0 ? mayBeAbsent : records.every((record) => includesData(type, expected, record.data));
  if (isExpected) return;
  const found = records.length === 0 ? 'absent' : records.map((record) => record.data).join(', ');
  throw new LonghaulError('LH_DNS_CONFLICT', [server.name, name, found, expected.join(' or ')]);
}

function changesOf(
  { name, type, data, ttlSeconds, previous }: Desired,
  { records }: Answer,
): Omit<ZoneUpdate, 'zone'> {
  if (data === null) {
    const ours = records.filter((record) => includesData(type, previous, record.data));
    return { prerequisites: [], updates: ours.map((record) => deleteRecord(name, type, record.data)) };
  }
  return {
    prerequisites:
      records.length === 0
        ? [requireNone(name, type)]
        : records.map((record) => requireRecord(name, type, record.data)),
    updates: [deleteSet(name, type), addRecord(name, type, { ttlSeconds, data })],
  };
}

export function statusOf(
  change: DnsChange,
  observed: readonly {
    readonly server: DnsServerConfiguration;
    readonly answers: readonly Answer[];
    readonly error: Error | null;
  }[],
): DnsStatus {
  const servers = observed.map(({ server, answers, error }) => {
    const mine = desiredOf(change).filter(({ name }) => zoneOf(name, server.zones) !== null);
    const converged =
      error === null &&
      mine.every((desired) => {
        const answer = answers.find(({ name, type }) => name === desired.name && type === desired.type);
        return answer !== undefined && isAsDesired(desired, answer);
      });
    return {
      server: server.name,
      converged,
      answers: answers.map(({ name, type, records }) => ({
        name,
        type,
        ttlSeconds: records[0]?.ttlSeconds ?? 0,
        data: records.map(({ data }) => data),
      })),
      error: error === null ? null : error.message,
    };
  });
  return { converged: servers.every(({ converged }) => converged), servers };
}

function includesData(type: Question['type'], values: readonly string[], data: string): boolean {
  return values.some((value) => sameData(type, value, data));
}

function sameData(type: Question['type'], a: string, b: string): boolean {
  return type === 'PTR' ? sameName(a, b) : a === b;
}
