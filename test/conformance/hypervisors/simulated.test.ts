import { SimulatedHypervisor } from '../../../src/hypervisors/simulated/driver.ts';
import { realClock } from '../../../src/world/real.ts';
import { scaledClock } from '../../../src/world/scaled.ts';
import { hypervisorSuite } from '../../support/hypervisor-suite.ts';
import { createTwoSiteWorld } from '../../support/simulated-sites.ts';

hypervisorSuite(async (use) => {
  const world = createTwoSiteWorld(scaledClock(realClock, 20));
  const open = () => ({
    paris: new SimulatedHypervisor(world, { site: 'paris', host: 'paris-1' }),
    lyon: new SimulatedHypervisor(world, { site: 'lyon', host: 'lyon-1' }),
  });
  await use({
    ...open(),
    clock: world.clock,
    reopen: async function () {
      Object.assign(this, open());
    },
    pathTo: async (uri) => uri,
    cutPath: () => world.cut(world.links[0]!),
    killTarget: async () => {
      const copy = world.copy('lyon', 'app')!;
      copy.transfer?.break('failed', 'the other end is gone');
      world.setState(copy, 'failed');
    },
    crawlBytesPerSecond: 1e6,
    powerOff: async function () {
      await this.paris.shutdown('app', AbortSignal.timeout(60_000));
    },
  });
});
