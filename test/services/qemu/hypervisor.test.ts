import type { QemuHypervisor } from '../../../src/hypervisors/qemu/driver.ts';
import { realClock } from '../../../src/world/real.ts';
import { hypervisorSuite } from '../../support/hypervisor-suite.ts';
import { createQemuHosts, guestOf, qemuNeeds, specOf } from '../../support/qemu.ts';
import { requires } from '../../support/requires.ts';
import { createTcpPath, type TcpPath } from '../../support/tcp-path.ts';

const signal = AbortSignal.timeout(1_200_000);
/** Half of all guests are locked in memory. */
const lyon = { lockMemory: true };

async function boot(paris: QemuHypervisor): Promise<void> {
  await paris.start('app', specOf('paris-1', guestOf()), signal);
  while (((await paris.heartbeat('app'))?.count ?? 0) < 5) await realClock.sleep(0.1, signal);
}

requires('qemu', await qemuNeeds(), () => {
  hypervisorSuite(async (use) => {
    const hosts = await createQemuHosts();
    const paths = new Map<string, TcpPath>();
    try {
      const paris = await hosts.open('paris');
      await boot(paris);
      await use({
        paris,
        lyon: await hosts.open('lyon', lyon),
        clock: realClock,
        reopen: async function () {
          await this.paris.close();
          await this.lyon.close();
          this.paris = await hosts.open('paris');
          this.lyon = await hosts.open('lyon', lyon);
        },
        pathTo: async (uri) => {
          const path = paths.get(uri) ?? (await createTcpPath(Number(uri.split(':')[2])));
          paths.set(uri, path);
          return `tcp:127.0.0.1:${path.port}`;
        },
        cutPath: () => paths.forEach((path) => path.cut()),
        killTarget: async () => void process.kill(await hosts.pid('lyon'), 'SIGKILL'),
        crawlBytesPerSecond: 4 * 2 ** 20,
        powerOff: async () => void process.kill(await hosts.pid('paris'), 'SIGTERM'),
      });
    } finally {
      for (const path of paths.values()) await path.close();
      await hosts.close();
    }
  });
});
