import { afterEach, beforeEach, expect, test } from 'vitest';
import { realClock } from '../../src/world/real.ts';
import {
  gatewayLab,
  gatewayLabNeeds,
  gatewayPair,
  guests,
  sites,
  type GatewayLab,
  type GatewayPair,
} from '../support/gateway-lab.ts';
import { requires } from '../support/requires.ts';

requires('gateway: neighbours of a guest that may leave', gatewayLabNeeds(), () => {
  const { oldAddress, mac } = guests.g1;
  let lab: GatewayLab;
  let pair: GatewayPair;

  beforeEach(async () => {
    lab = await gatewayLab();
    pair = await gatewayPair(lab, AbortSignal.timeout(120_000));
  });
  afterEach(async () => {
    await lab.down();
  });

  /** Where the neighbour sends what is for the guest. */
  const heldBy = async () =>
    /lladdr (\S+)/.exec(await lab.in('c2', 'ip', 'neigh', 'show', oldAddress))?.[1] ?? null;
  const follow = async () => {
    const { sessions } = await pair.put('g1', 'a', { phase: 'prepared' });
    await pair.put('g1', 'b', { phase: 'prepared', sessions });
    await pair.put('g1', 'b', { phase: 'following' });
    await pair.put('g1', 'a', { phase: 'following' });
  };

  test('a neighbour with a session sends through the gateway, and back to the guest when the move is undone', async () => {
    const session = await lab.open('c2', oldAddress, 5);
    expect(await heldBy()).toBe(mac);

    await follow();
    await expect.poll(heldBy, { timeout: 5000 }).toBe(sites.a.mac);
    // Both announcements and the look at who came through are over.
    await realClock.sleep(2.5);
    expect(await heldBy()).toBe(sites.a.mac);

    await pair.put('g1', 'a', { phase: 'prepared' });
    await expect.poll(heldBy, { timeout: 5000 }).toBe(mac);
    await realClock.sleep(0.5);
    expect(await session.end()).toMatchObject({ bytesLost: 0, error: null });
  });

  test('where the site lets nothing back out to its segment, the neighbour finds the guest again', async () => {
    const rules = [
      'add table inet site',
      'add chain inet site forward { type filter hook forward priority 0; }',
      'add rule inet site forward iifname lan0 oifname lan0 drop',
    ];
    for (const rule of rules) await lab.in('gwa', 'nft', ...rule.split(' '));
    const session = await lab.open('c2', oldAddress, 5);

    await follow();
    await expect.poll(heldBy, { timeout: 5000 }).toBe(sites.a.mac);
    await expect.poll(heldBy, { timeout: 5000 }).toBe(mac);
    await realClock.sleep(2);
    expect(await heldBy()).toBe(mac);
    expect(await session.end()).toMatchObject({ bytesLost: 0, error: null });
  });

  test('the guest never hears that its address is with another: it would defend it', async () => {
    const rules = [
      'add table arp heard',
      'add chain arp heard in { type filter hook input priority 0; }',
      `add rule arp heard in arp saddr ip ${oldAddress} counter`,
    ];
    for (const rule of rules) await lab.in('g1', 'nft', ...rule.split(' '));
    const session = await lab.open('c2', oldAddress, 5);
    await follow();
    await expect.poll(heldBy, { timeout: 5000 }).toBe(sites.a.mac);
    await realClock.sleep(2.5);
    expect(await lab.in('g1', 'nft', 'list', 'table', 'arp', 'heard')).toContain('counter packets 0 ');
    expect(await session.end()).toMatchObject({ bytesLost: 0, error: null });
  });
});
