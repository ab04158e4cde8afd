import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Relocation, RelocationStatus } from '../../gateway/relocation.ts';
import { realClock } from '../../src/world/real.ts';
import {
  gatewayLab,
  gatewayLabNeeds,
  gatewayPair,
  type GatewayLab,
  type GatewayPair,
  type GuestKey,
  type LabSession,
  type SiteKey,
} from '../support/gateway-lab.ts';
import { requires } from '../support/requires.ts';

/** The lab of gateway-lab.ts: two guests of one subnet, which also talk to each other, move one after the other. */
requires('gateway: two guests of one subnet', gatewayLabNeeds(), () => {
  const signal = AbortSignal.timeout(300_000);
  let lab: GatewayLab;
  let pair: GatewayPair;
  let agents: GatewayPair['agents'];
  let sessions: Readonly<Record<string, LabSession>>;

  beforeAll(async () => {
    lab = await gatewayLab();
    pair = await gatewayPair(lab, signal);
    ({ agents } = pair);
    sessions = {
      'outside to g1': await lab.open('c1', '10.1.0.50', 5),
      'outside to g2': await lab.open('c1', '10.1.0.51', 5),
      'neighbour to g1': await lab.open('c2', '10.1.0.50', 5),
      'g2 to neighbour': await lab.open('g2', '10.1.0.20', 5),
      'g1 to g2': await lab.open('g1', '10.1.0.51', 5),
      'client at lyon to g2': await lab.open('c3', '10.1.0.51', 5),
    };
  });
  afterAll(async () => {
    await lab.down();
  });

  const put = async (
    guest: GuestKey,
    site: SiteKey,
    change: Pick<Relocation, 'phase'> & Partial<Relocation>,
  ): Promise<RelocationStatus> => {
    const status = await pair.put(guest, site, change);
    expect(status).toMatchObject({ converged: true, differences: [] });
    return status;
  };
  const prepare = async (guest: GuestKey) => {
    await put(guest, 'b', { phase: 'prepared' });
    const { sessions: open } = await put(guest, 'a', { phase: 'prepared' });
    await put(guest, 'b', { phase: 'following', sessions: open });
    await put(guest, 'a', { phase: 'following' });
  };
  const ours = async (site: SiteKey, ...argv: string[]) =>
    (await lab.in(`gw${site}`, ...argv)).split('\n').filter((line) => line !== '');

  test('a guest that stopped and runs on at paris keeps its sessions there', async () => {
    await prepare('g2');
    await lab.plug('g2', null);
    await agents.a.follow('g2', 'stopped');
    expect(await agents.a.get('g2-1', signal)).toMatchObject({ carries: 'tunnel' });
    await realClock.sleep(0.1);
    await lab.plug('g2', 'a');
    await agents.a.follow('g2', 'runs');
    expect(await agents.a.get('g2-1', signal)).toMatchObject({ carries: 'local', switchedAtSeconds: null });
    await put('g2', 'a', { phase: 'absent' });
    await put('g2', 'b', { phase: 'absent' });
    expect(await ours('a', 'ip', '-N', 'route', 'show', 'table', 'all', 'proto', '214')).toEqual([]);
    expect(await ours('b', 'conntrack', '-L', '-m', '0x4c480000/0xffffc000')).toEqual([]);
  });

  test('both are prepared at the same time, by one tunnel and one guest device', async () => {
    await Promise.all([prepare('g1'), prepare('g2')]);
    expect(await ours('b', 'ip', '-br', 'link', 'show', 'group', '19528')).toHaveLength(2);
    expect(await ours('b', 'ip', '-N', 'rule', 'show', 'pref', '2140')).toHaveLength(1);
    expect(await ours('b', 'ip', '-N', 'rule', 'show', 'pref', '2141')).toHaveLength(1);
    expect(await ours('a', 'ip', '-br', 'link', 'show', 'group', '19528')).toHaveLength(1);
  });

  test.each(['g1', 'g2'] as const)('%s moves while the sessions of the other go on', async (guest) => {
    await lab.plug(guest, null);
    await agents.a.follow(guest, 'stopped');
    await lab.plug(guest, 'b');
    await agents.b.follow(guest, 'runs');
    await put(guest, 'a', { phase: 'switched' });
    await put(guest, 'b', { phase: 'switched' });
    await realClock.sleep(1.5);
  });

  test('no session of either lost a byte, not even the one between them', async () => {
    for (const [name, session] of Object.entries(sessions))
      expect([name, await session.end()]).toMatchObject([name, { bytesLost: 0, error: null }]);
  });

  test('guests of one subnet that have met again speak to each other directly', async () => {
    const session = await lab.open('g1', '10.1.0.51', 5);
    const status = await agents.b.get('g1-1', signal);
    expect(status?.sessions.map(({ targetAddress }) => targetAddress)).not.toContain('10.1.0.51');
    expect(await lab.in('g1', 'ip', 'neigh', 'show', '10.1.0.51')).toContain('02:00:00:00:01:51');
    expect(await session.end()).toMatchObject({ bytesLost: 0, error: null });
  });

  test('what one needs stays when the other settles; the last one takes the tunnel with it', async () => {
    const old = await lab.open('c1', '10.1.0.51', 5);
    await put('g1', 'a', { phase: 'settled' });
    await put('g1', 'b', { phase: 'settled' });
    expect(await ours('a', 'ip', '-br', 'link', 'show', 'group', '19528')).toHaveLength(1);
    expect(await old.end()).toMatchObject({ bytesLost: 0, error: null });
    await put('g2', 'a', { phase: 'settled' });
    await put('g2', 'b', { phase: 'settled' });
    expect(await ours('a', 'ip', '-br', 'link', 'show', 'group', '19528')).toEqual([]);
    expect(await ours('b', 'ip', '-br', 'link', 'show', 'group', '19528')).toHaveLength(1);
    await put('g1', 'b', { phase: 'absent' });
    expect(await ours('b', 'ip', '-br', 'link', 'show', 'group', '19528')).toHaveLength(1);
    const lasting = await lab.open('c1', '10.2.0.51', 5);
    expect(await lasting.end()).toMatchObject({ bytesLost: 0, error: null });
    await put('g2', 'b', { phase: 'absent' });
    expect(await ours('b', 'ip', '-br', 'link', 'show', 'group', '19528')).toEqual([]);
  });
});
