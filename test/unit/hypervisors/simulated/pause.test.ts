import { expect, test } from 'vitest';
import type { TransferSettings } from '../../../../planners/plan/plan.ts';
import { SimulatedHypervisor } from '../../../../src/hypervisors/simulated/driver.ts';
import { SimulatedWorld } from '../../../../src/hypervisors/simulated/world.ts';
import { VirtualClock } from '../../../../src/world/virtual.ts';
import type { Workload } from '../../../../topology/resolve/topology.ts';
import { transferSettings } from '../../../support/hypervisor-suite.ts';
import { hostOf, linkOf, siteOf, topologyOf, workloadOf } from '../../../support/topology.ts';

/** 100 Mbit/s over a round trip of 10 ms, with 50 ms of buffer; the target is resumed the moment the source has sent all. */
const rttSeconds = 0.01;
const loadAndCallSeconds = 0.055 + 0.005;
const signal = AbortSignal.timeout(60_000);

async function pauseOf(dirty: Workload['dirty'], change: Partial<TransferSettings> = {}): Promise<number> {
  const clock = new VirtualClock({ epochSeconds: 1000 });
  const world = new SimulatedWorld(
    clock,
    topologyOf({
      sites: [siteOf('paris', { hosts: [hostOf('paris-1')] }), siteOf('lyon', { hosts: [hostOf('lyon-1')] })],
      links: [linkOf('wan', ['paris', 'lyon'], { rateBitsPerSecond: 1e8, rttSeconds, bufferSeconds: 0.05 })],
      workloads: [workloadOf('app', { memoryBytes: 64 * 2 ** 20, residentBytes: 64 * 2 ** 20, dirty })],
    }),
  );
  const paris = new SimulatedHypervisor(world, { site: 'paris', host: 'paris-1' });
  const lyon = new SimulatedHypervisor(world, { site: 'lyon', host: 'lyon-1' });
  const settings = { ...transferSettings, ...change };
  return await clock.run(async () => {
    const definition = await paris.define('app');
    const spec = { host: 'lyon-1', content: 'guest' as const, settings, nics: [], definition };
    const { uri } = await lyon.prepareTarget('app', spec, signal);
    const sent = new Promise<void>((resolve) => {
      world.onChange((_, { state }) => {
        if (state === 'sent') resolve();
      });
    });
    await paris.startTransfer('app', { uri, content: 'guest', settings });
    await sent;
    await lyon.resume('app', signal);
    const stoppedAtSeconds = (await paris.inspect('app')).transfer?.stoppedAtSeconds;
    const resumedAtSeconds = (await lyon.inspect('app')).transfer?.resumedAtSeconds;
    return (resumedAtSeconds ?? Number.NaN) - (stoppedAtSeconds ?? Number.NaN);
  });
}

test('an idle guest under a cap stands still for the way there, its devices, the word back and the order to run', async () => {
  const pauseSeconds = await pauseOf([], { maxBandwidthBytesPerSecond: 5e6 });
  expect(pauseSeconds).toBeCloseTo(1.5 * rttSeconds + loadAndCallSeconds, 4);
});

test('without a cap what its socket holds goes first: twice what is in flight with the buffer full', async () => {
  const heldSeconds = 2 * (rttSeconds + 0.05) - rttSeconds / 2;
  expect(await pauseOf([])).toBeCloseTo(heldSeconds + rttSeconds + loadAndCallSeconds, 4);
});

test('a guest that writes is stopped with what the limit allows, less a slice of sending at most', async () => {
  const writes = [
    { seconds: 1, bytesPerSecond: 8 * 2 ** 20 },
    { seconds: 10, bytesPerSecond: 3.2 * 2 ** 20 },
  ];
  const withoutRest = 2 * (rttSeconds + 0.05) + rttSeconds / 2 + loadAndCallSeconds;
  for (const downtimeLimitSeconds of [0.3, 1]) {
    const restSeconds = (await pauseOf(writes, { downtimeLimitSeconds })) - withoutRest;
    expect(restSeconds).toBeGreaterThan(downtimeLimitSeconds - 0.05);
    expect(restSeconds).toBeLessThanOrEqual(downtimeLimitSeconds);
  }
});
