import type { DnsChange, DnsStatus } from './change.ts';
import { pendingUpdates, questionsOf, statusOf, type Answer } from './difference.ts';
import type { DnsDriver, DnsServerConfiguration } from './driver.ts';
import { reverseName, zoneOf } from './name.ts';

/** Name servers in memory; `toString` prints every record set, sorted, one a line. */
export interface FakeDns extends DnsDriver {
  set(name: string, type: 'A' | 'PTR', records: Answer['records']): void;
  toString(): string;
}

export function createFakeDns(servers: readonly DnsServerConfiguration[]): FakeDns {
  const sets = new Map<string, Answer['records']>();
  const observe = (
    change: DnsChange,
  ): readonly { server: DnsServerConfiguration; answers: readonly Answer[]; error: null }[] =>
    servers.map((server) => ({
      server,
      answers: questionsOf(change)
        .filter(({ name }) => zoneOf(name, server.zones) !== null)
        .map((question) => ({ ...question, records: sets.get(`${question.name} ${question.type}`) ?? [] })),
      error: null,
    }));
  const store = (change: DnsChange): DnsStatus => statusOf(change, observe(change));
  return {
    set: (name, type, records) => void sets.set(`${name} ${type}`, records),
    observe: async (change) => store(change),
    apply: async (change) => {
      for (const { server, answers } of observe(change)) pendingUpdates(server, change, answers);
      for (const { address, name, ttlSeconds } of change.reverse)
        sets.set(`${reverseName(address)} PTR`, [{ ttlSeconds, data: name }]);
      for (const { name, address, ttlSeconds } of change.names)
        sets.set(`${name} A`, [{ ttlSeconds, data: address }]);
      for (const address of change.withdrawn) withdraw(sets, `${reverseName(address)} PTR`, change);
      return store(change);
    },
    toString: () =>
      [...sets]
        .flatMap(([key, records]) => records.map(({ ttlSeconds, data }) => `${key} ${ttlSeconds} ${data}`))
        .sort()
        .join('\n'),
  };
}

function withdraw(sets: Map<string, Answer['records']>, key: string, change: DnsChange): void {
  const ours = [...change.names, ...change.reverse].map(({ name }) => name);
  sets.set(
    key,
    (sets.get(key) ?? []).filter(({ data }) => !ours.includes(data)),
  );
}
