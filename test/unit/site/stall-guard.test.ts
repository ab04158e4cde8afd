import { expect, test } from 'vitest';
import { VirtualClock } from '../../../src/world/virtual.ts';
import { createTwoSiteWorld, startAgent } from '../../support/simulated-sites.ts';
import { settings, specFor, untilState } from '../../support/site-suite.ts';

test('a silent cut of the WAN ends the transfer within seconds, and the guest runs on at the source', async () => {
  const clock = new VirtualClock({ epochSeconds: 1_700_000_000 });
  const world = createTwoSiteWorld(clock);
  const outcome = await clock.run(async () => {
    const signal = new AbortController().signal;
    const claim = { workload: 'app', epoch: 1, run: 'run-1' };
    const paris = await startAgent(world, 'paris');
    const lyon = await startAgent(world, 'lyon');
    const { uri } = await lyon.guests.prepareTarget(claim, await specFor(paris, 'lyon-1'), signal);
    await paris.guests.startTransfer(claim, { uri, content: 'guest', settings }, signal);
    await clock.sleep(1);
    const [link] = world.links;
    world.cut(link!);
    const cutAtSeconds = clock.monotonicSeconds();
    let guest = await paris.guests.inspect('app', signal);
    while (guest.transfer?.status !== 'failed') {
      const seen = { state: guest.state, status: guest.transfer?.status ?? null, waitSeconds: 20 };
      guest = await paris.guests.watch('app', seen, signal);
    }
    const seconds = clock.monotonicSeconds() - cutAtSeconds;
    await untilState(paris, 'running');
    await paris.close();
    await lyon.close();
    return { seconds, state: guest.state, error: guest.transfer.error };
  });
  expect(outcome).toMatchObject({ state: 'running', error: 'connection reset' });
  expect(outcome.seconds).toBeGreaterThanOrEqual(8);
  expect(outcome.seconds).toBeLessThan(10);
});

test('disks that are copied whole may wait in silence for their guest to shut down', async () => {
  const clock = new VirtualClock({ epochSeconds: 1_700_000_000 });
  const world = createTwoSiteWorld(clock);
  const transfer = await clock.run(async () => {
    const signal = new AbortController().signal;
    const claim = { workload: 'app', epoch: 1, run: 'run-1' };
    const paris = await startAgent(world, 'paris');
    const lyon = await startAgent(world, 'lyon');
    const spec = { ...(await specFor(paris, 'lyon-1')), content: 'disks' as const };
    const { uri } = await lyon.guests.prepareTarget(claim, spec, signal);
    await paris.guests.startTransfer(claim, { uri, content: 'disks', settings }, signal);
    await clock.sleep(600);
    const guest = await paris.guests.inspect('app', signal);
    await paris.close();
    await lyon.close();
    return guest.transfer;
  });
  expect(transfer).toMatchObject({ status: 'active', remainingBytes: 0, error: null });
});
