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

requires('gateway: a move', gatewayLabNeeds(), () => {
  const signal = AbortSignal.timeout(300_000);
  let lab: GatewayLab;
  let pair: GatewayPair;
  let agents: GatewayPair['agents'];
  let untouched: string;

  beforeAll(async () => {
    lab = await gatewayLab();
    untouched = await lab.snapshot('a');
    pair = await gatewayPair(lab, signal);
    ({ agents } = pair);
  });
  afterAll(async () => {
    await lab.down();
  });

  const put = (site: SiteKey, change: Parameters<typeof relocationOf>[2]) => pair.put('g1', site, change);

  test('a guest moves from paris to lyon; the sessions of every kind of client live on without a byte lost', async () => {
    const sessions = {
      outside: await lab.open('c1', '10.1.0.50', 5),
      idle: await lab.open('c1', '10.1.0.50', 0),
      neighbour: await lab.open('c2', '10.1.0.50', 5),
      atTarget: await lab.open('c3', '10.1.0.50', 5),
      outbound: await lab.open('g1', '192.0.2.10', 5),
    };
    const { sessions: open } = await put('a', { phase: 'prepared' });
    expect(
      open.map(({ sourceAddress, targetAddress }) => `${sourceAddress} > ${targetAddress}`).sort(),
    ).toEqual([
      '10.1.0.50 > 192.0.2.10',
      '10.2.0.30 > 10.1.0.50',
      '192.0.2.10 > 10.1.0.50',
      '192.0.2.10 > 10.1.0.50',
    ]);
    const prepared = await put('b', { phase: 'prepared', sessions: open });
    expect(prepared).toMatchObject({ converged: true, differences: [], carries: 'parked' });
    await put('b', { phase: 'following' });
    await put('a', { phase: 'following' });

    await pair.carry('g1', 'a', 'b');

    const source = await put('a', { phase: 'switched' });
    expect(source).toMatchObject({ converged: true, differences: [], carries: 'tunnel' });
    const target = await put('b', { phase: 'switched' });
    expect(target).toMatchObject({ converged: true, differences: [], carries: 'local' });
    expect(target.sessions).toHaveLength(5);
    await realClock.sleep(1.5);
    for (const [name, session] of Object.entries(sessions))
      expect([name, await session.end()]).toMatchObject([name, { bytesLost: 0, error: null }]);
  });

  test('new sessions use the new address and do not pass through paris', async () => {
    const before = (await agents.b.get('g1-1', signal))?.sessions.length;
    const sessions = {
      outside: await lab.open('c1', '10.2.0.50', 5),
      oldNeighbour: await lab.open('c2', '10.2.0.50', 5),
      atTarget: await lab.open('c3', '10.2.0.50', 5),
      outbound: await lab.open('g1', '192.0.2.10', 5),
    };
    expect(await agents.a.answers('10.1.0.50', 7000, signal)).toBe(true);
    expect(await agents.b.answers('10.2.0.50', 7000, signal)).toBe(true);
    expect(await agents.b.answers('10.2.0.50', null, signal)).toBe(true);
    expect(await agents.b.answers('10.2.0.50', 7001, signal)).toBe(false);
    const seen = await agents.b.sessions('10.1.0.50', signal);
    expect(seen.filter(({ state }) => state === 'ESTABLISHED')).toHaveLength(4);
    const old = await agents.b.get('g1-1', signal);
    expect(old?.sessions.length).toBe(before);
    for (const [name, session] of Object.entries(sessions))
      expect([name, await session.end()]).toMatchObject([name, { bytesLost: 0, error: null }]);
  });

  test('a client that still uses the old address gets through, and is noticed at both sites', async () => {
    const before = realClock.nowSeconds();
    const session = await lab.open('c1', '10.1.0.50', 5);
    const source = await agents.a.get('g1-1', signal);
    const target = await agents.b.get('g1-1', signal);
    expect(source?.lastNewSessionSeconds).toBeGreaterThan(before - 2);
    expect(target?.lastNewSessionSeconds).toBeGreaterThan(before - 2);
    expect(source?.sessions).toEqual([]);
    expect(target?.sessions.filter(({ state }) => state === 'ESTABLISHED')).toHaveLength(1);
    expect(await session.end()).toMatchObject({ bytesLost: 0, error: null });
  });

  test('settled: the tunnel is gone, the guest is served at its new address, the old one is held and refused', async () => {
    const stale = await lab.open('c1', '10.1.0.50', 0);
    const lasting = await lab.open('c1', '10.2.0.50', 5);
    const source = await put('a', { phase: 'settled' });
    expect(source).toMatchObject({ converged: true, differences: [], carries: 'nothing', sessions: [] });
    const target = await put('b', { phase: 'settled' });
    expect(target).toMatchObject({ converged: true, differences: [], carries: 'local', sessions: [] });
    expect(await lab.in('gwa', 'ip', '-br', 'link')).not.toContain('lht7');
    expect(await lab.in('gwb', 'ip', '-br', 'link')).not.toContain('lht7');

    expect(await stale.end()).toMatchObject({ error: 'read ECONNRESET' });
    expect(await lab.in('c2', 'arping', '-0', '-r', '-c', '1', '-w', '1', '-i', 'eth0', '10.1.0.50')).toBe(
      '00:00:5e:00:01:01\n',
    );
    await expect(lab.open('c2', '10.1.0.50', 5)).rejects.toThrow('ECONNREFUSED');
    expect(await lab.in('g1', 'ping', '-c', '1', '-W', '1', '10.1.0.20')).toContain('1 received');
    expect(await lasting.end()).toMatchObject({ bytesLost: 0, error: null });
  });

  test('absent: nothing of ours is left in paris but the table that keeps translation alive', async () => {
    expect(await put('a', { phase: 'absent' })).toMatchObject({ converged: true, desired: 'absent' });
    expect(await agents.a.get('g1-1', signal)).toBeNull();
    const left = await lab.snapshot('a');
    expect(left.replace(/table inet longhaul_base \{\n(?:\t.*\n|\n)*\}\n/, '')).toBe(untouched);
    expect(await put('b', { phase: 'absent' })).toMatchObject({ converged: true });
    expect(await lab.in('gwb', 'ip', '-N', 'route', 'show', 'table', 'all', 'proto', '214')).toBe('');
  });
});
