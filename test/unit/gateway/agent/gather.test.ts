import { describe, expect, test, vi } from 'vitest';
import { announceAgainSeconds, neighbourAnswerSeconds } from '../../../../gateway/limits.ts';
import { leaving } from '../../../support/relocation-states.ts';
import { fakeKernel, GatewayStand } from '../../../support/gateway-stand.ts';

const { signal } = new AbortController();
const stand = new GatewayStand();

const guest = '0200000002600a02003c'; // as an ARP sender: its MAC, 10.2.0.60
const gateway = '00005e0001020a02003c';
const talker = { address: '10.2.0.20', mac: '02:00:00:00:02:20', bytes: '020000000220' };
const silent = { address: '10.2.0.21', mac: '02:00:00:00:02:21', bytes: '020000000221' };
const flow =
  'tcp 6 299 ESTABLISHED src=10.2.0.20 dst=10.2.0.60 sport=40000 dport=7 [UNREPLIED] src=10.2.0.60 dst=10.2.0.20 sport=7 dport=40000';

const web60 = (phase: 'prepared' | 'following') => leaving('web60', { phase, workload: 'web60' });
const told = ({ bytes }: { readonly bytes: string }) =>
  stand.kernel.sent
    .filter((frame) => frame.startsWith(`lan0 ${bytes}`))
    .map((frame) => (frame.includes(gateway) ? 'gateway' : frame.includes(guest) ? 'guest' : frame));
const broadcasts = () => told({ bytes: 'ffffffffffff' });

async function gatewayWithNeighbours(): Promise<void> {
  await stand.agent.close();
  stand.kernel = fakeKernel({ neighbours: { [talker.address]: talker.mac, [silent.address]: silent.mac } });
  stand.agent = await stand.started(stand.kernel);
}

async function firstAnnouncement(): Promise<void> {
  // Its sleep begins once the fake kernel has been asked.
  await vi.waitFor(() => {
    stand.clock.advance(neighbourAnswerSeconds);
    expect(told(talker).length).toBeGreaterThan(0);
  });
}

describe('a guest that may leave', () => {
  test('its neighbours are sent to the gateway twice; who does not come through, back to the guest', async () => {
    await gatewayWithNeighbours();
    await stand.agent.put(web60('following'), signal);
    await firstAnnouncement();
    stand.kernel.tracking.track(flow);
    stand.clock.advance(announceAgainSeconds);
    await vi.waitFor(() => expect(told(silent)).toEqual(['gateway', 'gateway']));
    stand.clock.advance(announceAgainSeconds);
    await vi.waitFor(() => expect(told(silent)).toEqual(['gateway', 'gateway', 'guest']));
    expect(told(talker)).toEqual(['gateway', 'gateway']);
    expect(broadcasts()).toEqual([]);
  });

  test('it stops meanwhile: everybody hears of the gateway, and nobody of the guest any more', async () => {
    await gatewayWithNeighbours();
    await stand.agent.put(web60('following'), signal);
    await firstAnnouncement();
    await stand.agent.follow('web60', 'stopped');
    stand.clock.advance(announceAgainSeconds);
    await vi.waitFor(() => expect(broadcasts()).toEqual(['gateway', 'gateway']));
    stand.clock.advance(announceAgainSeconds);
    await stand.agent.follow('web60', 'stopped');
    expect([...told(talker), ...told(silent)]).toEqual(['gateway', 'gateway']);
  });

  test('the move is undone: everybody hears of the guest', async () => {
    await gatewayWithNeighbours();
    await stand.agent.put(web60('following'), signal);
    await firstAnnouncement();
    await stand.agent.put(web60('prepared'), signal);
    expect(broadcasts()).toEqual(['guest']);
  });

  test('an agent that died after the move was undone, before anybody heard of it, says so at its start', async () => {
    await stand.agent.put(web60('prepared'), signal);
    expect(broadcasts()).toEqual([]);
    await stand.agent.close();
    stand.agent = await stand.started(stand.kernel);
    expect(broadcasts()).toEqual(['guest']);
  });

  test('an agent that died while it may leave begins anew', async () => {
    await gatewayWithNeighbours();
    await stand.agent.put(web60('following'), signal);
    await stand.agent.close();
    stand.kernel.sent.length = 0;
    stand.agent = await stand.started(stand.kernel);
    await firstAnnouncement();
    expect(broadcasts()).toEqual([]);
  });
});
