import { expect, test } from 'vitest';
import type { DnsChange, DnsStatus } from '../../gateway/dns/change.ts';
import type { DnsDriver } from '../../gateway/dns/driver.ts';

/** What every DNS driver does, over the records of `initialRecords`. Each test starts from a fresh world. */
export const initialRecords = {
  'example.test': ['app 300 A 10.1.0.50', 'www 300 A 10.1.0.50', 'db 300 A 10.1.0.60', 'ns A 127.0.0.1'],
  '1.10.in-addr.arpa': ['50.0 300 PTR app.example.test.'],
  '2.10.in-addr.arpa': [],
};

const lower: DnsChange = {
  workload: 'app',
  names: ['app.example.test', 'www.example.test'].map((name) => ({
    name,
    address: '10.1.0.50',
    previousAddresses: ['10.1.0.50'],
    ttlSeconds: 5,
  })),
  reverse: [],
  withdrawn: [],
};

const move: DnsChange = {
  workload: 'app',
  names: lower.names.map((entry) => ({ ...entry, address: '10.2.0.50' })),
  reverse: [{ address: '10.2.0.50', name: 'app.example.test', ttlSeconds: 300 }],
  withdrawn: ['10.1.0.50'],
};

const restore: DnsChange = {
  ...move,
  names: move.names.map((entry) => ({ ...entry, previousAddresses: ['10.2.0.50'], ttlSeconds: 300 })),
};

export function dnsSuite(
  withDriver: (use: (driver: DnsDriver, servers: readonly string[]) => Promise<void>) => Promise<void>,
): void {
  const signal = AbortSignal.timeout(60_000);

  test('names are lowered, moved and restored at every server, and each step twice is one step', async () => {
    await withDriver(async (driver, servers) => {
      for (const [change, expected] of [
        [lower, ['app.example.test A 5 10.1.0.50', 'www.example.test A 5 10.1.0.50']],
        [
          move,
          [
            '50.0.2.10.in-addr.arpa PTR 300 app.example.test',
            'app.example.test A 5 10.2.0.50',
            'www.example.test A 5 10.2.0.50',
            '50.0.1.10.in-addr.arpa PTR 0 -',
          ],
        ],
        [
          restore,
          [
            '50.0.2.10.in-addr.arpa PTR 300 app.example.test',
            'app.example.test A 300 10.2.0.50',
            'www.example.test A 300 10.2.0.50',
            '50.0.1.10.in-addr.arpa PTR 0 -',
          ],
        ],
      ] as const) {
        for (const _twice of [1, 2]) {
          const status = await driver.apply(change, signal);
          expect(status.converged).toBe(true);
          expect(linesOf(status)).toEqual(
            servers.flatMap((server) => expected.map((line) => `${server}: ${line}`)),
          );
        }
      }
    });
  });

  test('observing changes nothing and says what is not yet so', async () => {
    await withDriver(async (driver, servers) => {
      const status = await driver.observe(move, signal);
      expect(status.converged).toBe(false);
      expect(linesOf(status)).toEqual(
        servers.flatMap((server) => [
          `${server}: 50.0.2.10.in-addr.arpa PTR 0 -`,
          `${server}: app.example.test A 300 10.1.0.50`,
          `${server}: www.example.test A 300 10.1.0.50`,
          `${server}: 50.0.1.10.in-addr.arpa PTR 300 app.example.test`,
        ]),
      );
    });
  });

  test('a name that says something unexpected is a conflict, and nothing at all is changed', async () => {
    await withDriver(async (driver) => {
      const wrong: DnsChange = {
        ...move,
        names: [
          ...move.names,
          { name: 'db.example.test', address: '10.2.0.60', previousAddresses: ['10.1.0.61'], ttlSeconds: 5 },
        ],
      };
      const before = await driver.observe(move, signal);
      await expect(driver.apply(wrong, signal)).rejects.toMatchObject({ code: 'LH_DNS_CONFLICT' });
      expect(await driver.observe(move, signal)).toEqual(before);
    });
  });

  test('a name that is gone is a conflict unless the change may create it', async () => {
    await withDriver(async (driver) => {
      const absent = { name: 'new.example.test', address: '10.2.0.70', ttlSeconds: 60 };
      const change = (previousAddresses: readonly string[]): DnsChange => ({
        workload: 'new',
        names: [{ ...absent, previousAddresses }],
        reverse: [],
        withdrawn: [],
      });
      await expect(driver.apply(change(['10.1.0.70']), signal)).rejects.toMatchObject({
        code: 'LH_DNS_CONFLICT',
      });
      expect((await driver.apply(change([]), signal)).converged).toBe(true);
    });
  });

  test('a withdrawn reverse name of somebody else stays', async () => {
    await withDriver(async (driver) => {
      const foreign: DnsChange = { workload: 'db', names: [], reverse: [], withdrawn: ['10.1.0.50'] };
      expect((await driver.apply(foreign, signal)).converged).toBe(true);
      expect(linesOf(await driver.observe(foreign, signal))[0]).toContain('PTR 300 app.example.test');
    });
  });
}

function linesOf(status: DnsStatus): readonly string[] {
  return status.servers.flatMap(({ server, answers }) =>
    answers.map(
      ({ name, type, ttlSeconds, data }) =>
        `${server}: ${name} ${type} ${ttlSeconds} ${data.join(',') || '-'}`,
    ),
  );
}
