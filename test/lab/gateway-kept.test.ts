import { afterEach, beforeEach, expect, test } from 'vitest';
import { realClock } from '../../src/world/real.ts';
import { gatewayLab, gatewayLabNeeds, gatewayPair, type GatewayLab } from '../support/gateway-lab.ts';
import { requires } from '../support/requires.ts';

requires('gateway: what is sent to a guest that has stopped', gatewayLabNeeds(), () => {
  const clients = { c1: '192.0.2.10', c2: '10.1.0.20' };
  const signal = AbortSignal.timeout(120_000);
  let lab: GatewayLab;

  beforeEach(async () => {
    lab = await gatewayLab();
  });
  afterEach(async () => {
    await lab.down();
  });

  /** How often the client's kernel found a hole in what had arrived, and sent again what was missing (RFC 5681 §3.2). */
  const fastRetransmissions = async (client: string) =>
    Number(
      /TcpExtTCPFastRetrans\s+(\d+)/.exec(await lab.in(client, 'nstat', '-asz', 'TcpExtTCPFastRetrans'))?.[1],
    );

  /** A neighbour's first, once it has heard that it shall send there. */
  const flowsThroughGateway = async (client: 'c1' | 'c2') =>
    (await lab.in('gwa', 'conntrack', '-L', '-s', clients[client], '-d', '10.1.0.50')).split('\n').length - 1;

  test.each([
    { client: 'c1', who: 'outside' },
    { client: 'c2', who: 'a neighbour' },
  ] as const)(
    'its gateway hears of the stop 30 ms late, and $who has to send nothing again',
    async ({ client }) => {
      const pair = await gatewayPair(lab, signal);
      // The kernel keeps 18 small packets: those of 180 ms, within which a busy machine's gateway hears of it too.
      const session = await lab.open(client, '10.1.0.50', 10);
      const { sessions } = await pair.put('g1', 'a', { phase: 'prepared' });
      await pair.put('g1', 'b', { phase: 'prepared', sessions });
      await pair.put('g1', 'b', { phase: 'following' });
      await pair.put('g1', 'a', { phase: 'following' });
      await expect.poll(() => flowsThroughGateway(client), { timeout: 5000 }).toBeGreaterThan(0);
      await realClock.sleep(3); // all neighbours have been told, and it has been looked who came through
      expect(await fastRetransmissions(client)).toBe(0);

      await lab.plug('g1', null);
      await realClock.sleep(0.03);
      await pair.agents.a.follow('g1', 'stopped');
      await realClock.sleep(0.1);
      await lab.plug('g1', 'b');
      await pair.agents.b.follow('g1', 'runs');

      await realClock.sleep(1);
      expect(await fastRetransmissions(client)).toBe(0);
      expect(await session.end()).toMatchObject({ bytesLost: 0, error: null });
    },
  );

  test('what it answers at once to all that has waited for it is larger than the tunnel, and is not refused', async () => {
    const pair = await gatewayPair(lab, signal);
    const session = await lab.open('c1', '10.1.0.50', 5);
    const { sessions } = await pair.put('g1', 'a', { phase: 'prepared' });
    await pair.put('g1', 'b', { phase: 'prepared', sessions });
    await pair.put('g1', 'b', { phase: 'following' });
    await pair.put('g1', 'a', { phase: 'following' });

    await lab.plug('g1', null);
    await pair.agents.a.follow('g1', 'stopped');
    await realClock.sleep(0.5); // 100 times 64 bytes
    await lab.plug('g1', 'b');
    await pair.agents.b.follow('g1', 'runs');

    await realClock.sleep(1);
    const refused = async () =>
      Number(
        /IcmpInDestUnreachs\s+(\d+)/.exec(await lab.in('g1', 'nstat', '-asz', 'IcmpInDestUnreachs'))?.[1],
      );
    expect(await refused()).toBe(0);
    expect(
      Number(/IpReasmOKs\s+(\d+)/.exec(await lab.in('c1', 'nstat', '-asz', 'IpReasmOKs'))?.[1]),
    ).toBeGreaterThan(0);
    expect(await session.end()).toMatchObject({ bytesLost: 0, error: null });
  });
});
