import { afterAll, beforeAll, expect, test } from 'vitest';
import { realClock } from '../../src/world/real.ts';
import { gatewayLab, gatewayLabNeeds, gatewayPair, type GatewayLab } from '../support/gateway-lab.ts';
import { requires } from '../support/requires.ts';

requires('gateway: what is sent to a guest that has stopped', gatewayLabNeeds(), () => {
  const signal = AbortSignal.timeout(120_000);
  let lab: GatewayLab;

  beforeAll(async () => {
    lab = await gatewayLab();
  });
  afterAll(async () => {
    await lab.down();
  });

  /** How often the client's kernel found a hole in what had arrived, and sent again what was missing (RFC 5681 §3.2). */
  const fastRetransmissions = async () =>
    Number(
      /TcpExtTCPFastRetrans\s+(\d+)/.exec(await lab.in('c1', 'nstat', '-asz', 'TcpExtTCPFastRetrans'))?.[1],
    );

  test('its gateway hears of the stop 30 ms late, and still no packet of the session has to be sent again', async () => {
    const pair = await gatewayPair(lab, signal);
    const session = await lab.open('c1', '10.1.0.50', 5);
    const { sessions } = await pair.put('g1', 'a', { phase: 'prepared' });
    await pair.put('g1', 'b', { phase: 'prepared', sessions });
    await pair.put('g1', 'b', { phase: 'following' });
    await pair.put('g1', 'a', { phase: 'following' });
    await realClock.sleep(0.5);
    expect(await fastRetransmissions()).toBe(0);

    await lab.plug('g1', null);
    await realClock.sleep(0.03);
    await pair.agents.a.follow('g1', 'stopped');
    await realClock.sleep(0.1);
    await lab.plug('g1', 'b');
    await pair.agents.b.follow('g1', 'runs');

    await realClock.sleep(1);
    expect(await fastRetransmissions()).toBe(0);
    expect(await session.end()).toMatchObject({ bytesLost: 0, error: null });
  });
});
