import { afterAll, beforeAll, expect, test } from 'vitest';
import { realClock } from '../../src/world/real.ts';
import {
  gatewayLab,
  gatewayLabNeeds,
  gatewayPair,
  type relocationOf,
  type GatewayLab,
  type GatewayPair,
  type SiteKey,
} from '../support/gateway-lab.ts';
import { requires } from '../support/requires.ts';

/* Paris, Lyon and clients between them (test/support/gateway-lab.ts): a guest goes from Paris to Lyon and comes home. */
requires('gateway: the way home', gatewayLabNeeds(), () => {
  const signal = AbortSignal.timeout(300_000);
  let lab: GatewayLab;
  let pair: GatewayPair;
  let agents: GatewayPair['agents'];
  let untouched: Record<SiteKey, string>;

  beforeAll(async () => {
    lab = await gatewayLab();
    untouched = { a: await lab.snapshot('a'), b: await lab.snapshot('b') };
    pair = await gatewayPair(lab, signal);
    ({ agents } = pair);
    for (const phase of ['prepared', 'following'] as const)
      for (const site of ['b', 'a'] as const) await put(site, { phase });
    await pair.carry('g1', 'a', 'b');
    for (const phase of ['switched', 'settled'] as const)
      for (const site of ['a', 'b'] as const) await put(site, { phase });
  });
  afterAll(async () => {
    await lab.down();
  });

  const put = (site: SiteKey, change: Parameters<typeof relocationOf>[2]) => pair.put('g1', site, change);

  test('a guest comes home; sessions that know it by its new address live on through the tunnel', async () => {
    const sessions = {
      outside: await lab.open('c1', '10.2.0.50', 5),
      idle: await lab.open('c1', '10.2.0.50', 0),
      atNewSite: await lab.open('c3', '10.2.0.50', 5),
      outbound: await lab.open('g1', '192.0.2.10', 5),
    };
    const prepared = await put('a', { phase: 'returning' });
    expect(prepared).toMatchObject({ converged: true, differences: [], carries: 'tunnel' });
    const { sessions: open } = await put('b', { phase: 'returning' });
    expect(open.filter(({ state }) => state === 'ESTABLISHED')).toHaveLength(4);
    await put('a', { phase: 'returning', sessions: open });

    await pair.carry('g1', 'b', 'a');

    const left = await put('b', { phase: 'returned' });
    expect(left).toMatchObject({ converged: true, differences: [], carries: 'tunnel' });
    expect(left.sessions.filter(({ state }) => state === 'ESTABLISHED')).toHaveLength(4);
    const home = await put('a', { phase: 'returned' });
    expect(home).toMatchObject({ converged: true, differences: [], carries: 'local', sessions: [] });
    await realClock.sleep(1.5);
    for (const [name, session] of Object.entries(sessions))
      expect([name, await session.end()]).toMatchObject([name, { bytesLost: 0, error: null }]);
  });

  test('at home it is served directly; a client that still uses the new address gets through, and is noticed', async () => {
    const before = realClock.nowSeconds();
    const sessions = {
      outside: await lab.open('c1', '10.1.0.50', 5),
      neighbour: await lab.open('c2', '10.1.0.50', 5),
      outbound: await lab.open('g1', '192.0.2.10', 5),
      late: await lab.open('c1', '10.2.0.50', 5),
      lateAtNewSite: await lab.open('c3', '10.2.0.50', 5),
    };
    expect(await agents.a.answers('10.1.0.50', 7000, signal)).toBe(true);
    expect(await agents.b.answers('10.2.0.50', 7000, signal)).toBe(true);
    const status = await agents.b.get('g1-1', signal);
    expect(status?.lastNewSessionSeconds).toBeGreaterThan(before - 2);
    expect(status?.sessions.filter(({ state }) => state === 'ESTABLISHED')).toHaveLength(2);
    for (const [name, session] of Object.entries(sessions))
      expect([name, await session.end()]).toMatchObject([name, { bytesLost: 0, error: null }]);
  });

  test('absent: nothing of ours is left at either site, and what is open at home lives on', async () => {
    const lasting = await lab.open('c1', '10.1.0.50', 5);
    for (const site of ['b', 'a'] as const)
      expect(await put(site, { phase: 'absent' })).toMatchObject({ converged: true, desired: 'absent' });
    const base = /table inet longhaul_base \{\n(?:\t.*\n|\n)*\}\n/;
    for (const site of ['b', 'a'] as const)
      expect([site, (await lab.snapshot(site)).replace(base, '')]).toEqual([site, untouched[site]]);
    await expect(lab.open('c1', '10.2.0.50', 5)).rejects.toThrow();
    expect(await lab.in('g1', 'ping', '-c', '1', '-W', '1', '10.1.0.20')).toContain('1 received');
    expect(await lasting.end()).toMatchObject({ bytesLost: 0, error: null });
  });
});
