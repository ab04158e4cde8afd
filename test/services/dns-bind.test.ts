import { expect, test } from 'vitest';
import { exchangeOverTcp } from '../../gateway/dns/exchange.ts';
import { createRfc2136Driver } from '../../gateway/dns/rfc2136.ts';
import type { DnsServerConfiguration } from '../../gateway/dns/driver.ts';
import type { DnsChange } from '../../gateway/dns/change.ts';
import { createRandom } from '../../src/world/random.ts';
import { realClock } from '../../src/world/real.ts';
import { dnsSuite, initialRecords } from '../support/dns-suite.ts';
import { startNamed, type Named } from '../support/named.ts';
import { program, requires, root } from '../support/requires.ts';

const driverOf = (servers: readonly DnsServerConfiguration[], clock = realClock) =>
  createRfc2136Driver({ servers, clock, exchange: exchangeOverTcp, random: createRandom(7) });

async function withNamed(
  names: readonly string[],
  use: (servers: readonly Named[]) => Promise<void>,
): Promise<void> {
  const servers = await Promise.all(names.map((name) => startNamed(name, initialRecords)));
  try {
    await use(servers);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

const raise: DnsChange = {
  workload: 'app',
  names: [
    { name: 'app.example.test', address: '10.2.0.50', previousAddresses: ['10.1.0.50'], ttlSeconds: 5 },
  ],
  reverse: [],
  withdrawn: [],
};
const signal = AbortSignal.timeout(100_000);

requires('DNS UPDATE against BIND', [root(), program('named')], () => {
  dnsSuite((use) =>
    withNamed(['ns-a', 'ns-b'], (servers) =>
      use(
        driverOf(servers),
        servers.map(({ name }) => name),
      ),
    ),
  );

  test('a key that the server does not know and a wrong secret are refused with the name of the key', async () => {
    await withNamed(['ns-a'], async ([server]) => {
      const secret = Buffer.from('another-secret-another-secret-12');
      for (const name of ['nobody', 'lh-key']) {
        const attempt = driverOf([{ ...server!, key: { name, secret } }]).apply(raise, signal);
        await expect(attempt).rejects.toMatchObject({
          code: 'LH_DNS_KEY_REFUSED',
          kind: 'person',
          message: expect.stringContaining(
            `key '${name}': ${name === 'nobody' ? 'BADKEY' : 'BADSIG'}`,
          ) as string,
        });
      }
    });
  });

  test('clocks too far apart are named with both times', async () => {
    await withNamed(['ns-a'], async ([server]) => {
      const behind = { ...realClock, nowSeconds: () => realClock.nowSeconds() - 3600 };
      await expect(driverOf([server!], behind).apply(raise, signal)).rejects.toThrow(
        /BADTIME, its clock says \d+, ours \d+/,
      );
    });
  });

  test('a server without a key is asked but never told', async () => {
    await withNamed(['ns-a', 'ns-b'], async ([primary, secondary]) => {
      const status = await driverOf([primary!, { ...secondary!, key: null }]).apply(raise, signal);
      expect(status.servers.map(({ server, converged }) => `${server} ${converged}`)).toEqual([
        'ns-a true',
        'ns-b false',
      ]);
    });
  });

  test('when one server cannot be reached, no server is changed', async () => {
    await withNamed(['ns-a', 'ns-b'], async ([first, second]) => {
      const deaf = { ...second!, port: 9 };
      await expect(driverOf([first!, deaf]).apply(raise, signal)).rejects.toMatchObject({
        code: 'LH_DNS_UNREACHABLE',
        kind: 'world',
      });
      const status = await driverOf([first!, deaf]).observe(raise, signal);
      expect(
        status.servers.map(({ server, answers, error }) => [server, answers[0]?.data ?? [], error === null]),
      ).toEqual([
        ['ns-a', ['10.1.0.50'], true],
        ['ns-b', [], false],
      ]);
    });
  });

  test('an update of a zone that the server does not serve is refused by name', async () => {
    await withNamed(['ns-a'], async ([server]) => {
      const foreign = { ...server!, zones: ['test'] };
      await expect(driverOf([foreign]).apply(raise, signal)).rejects.toThrow(
        "refused the update of zone 'test': NOTAUTH",
      );
    });
  });
});
