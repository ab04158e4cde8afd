import { expect, test } from 'vitest';
import { z } from 'zod';
import type { LadderRung } from '../../../planners/plan/plan.ts';
import { reason } from '../../../planners/plan/reasons.ts';
import { guestKey } from '../../../src/hypervisors/qemu/arguments.ts';
import { guestFiles } from '../../../src/hypervisors/qemu/configuration.ts';
import { QmpConnection } from '../../../src/hypervisors/qemu/qmp.ts';
import { Course } from '../../../src/moves/course.ts';
import type { Move } from '../../../src/moves/move.ts';
import { realClock } from '../../../src/world/real.ts';
import { eventually, transferSettings } from '../../support/hypervisor-suite.ts';
import { createQemuHosts, guestOf, type QemuHosts, qemuNeeds, specOf } from '../../support/qemu.ts';
import { requires } from '../../support/requires.ts';
import { moveOf, webServer } from '../../support/simulation.ts';

const signal = AbortSignal.timeout(600_000);

/** A guest of 8 MiB that is rewritten at 4 MB/s, under a cap of 3 MB/s and a limit of 20 ms: it never converges so. */
const tuned = { ...transferSettings, downtimeLimitSeconds: 0.02, maxBandwidthBytesPerSecond: 3_000_000 };
const untuned = { downtimeLimitSeconds: 0.5, maxBandwidthBytesPerSecond: 64_000_000 };
const ladder: readonly LadderRung[] = [
  {
    action: 'untune',
    when: reason('tuned-too-tight', { downtimeLimitSeconds: 0.5, capBytesPerSecond: 64_000_000 }),
    change: untuned,
  },
  { action: 'leave', when: reason('nothing-left') },
];

function courseOf(): Course {
  const workload = webServer('app', 50);
  const { decision, ...planned } = moveOf(workload, 'routed-live', { ladder });
  const move: Partial<Move> = {
    planned: { ...planned, decision: { ...decision, chosen: { ...decision.chosen, settings: tuned } } },
    workload,
    facts: {},
  };
  return new Course(move as Move);
}

const parametersSchema = z.object({ 'max-bandwidth': z.int(), 'downtime-limit': z.int() });

/** As QEMU itself has them, through the monitor that is there for whoever looks. */
async function limitsAtSource(hosts: QemuHosts): Promise<z.infer<typeof parametersSchema>> {
  const { secondMonitor } = guestFiles(hosts.host('paris'), guestKey('app'));
  const listener = { event: () => undefined, closed: () => undefined };
  const options = { workload: 'app', path: secondMonitor, clock: realClock, listener };
  const qmp = await QmpConnection.open(options, signal);
  try {
    return parametersSchema.parse(await qmp.execute('query-migrate-parameters', {}, signal));
  } finally {
    qmp.close();
  }
}

requires('qemu', await qemuNeeds(), () => {
  test('a tuned move that does not converge is untuned by its first rung, within QEMU, and then ends', async () => {
    const hosts = await createQemuHosts();
    try {
      const [paris, lyon] = [await hosts.open('paris'), await hosts.open('lyon')];
      await paris.start('app', specOf('paris-1', guestOf()), signal);
      await eventually(realClock, paris, ({ state }) => state === 'running');
      while (((await paris.heartbeat('app'))?.count ?? 0) < 5) await realClock.sleep(0.1, signal);
      const definition = await paris.define('app');
      const { uri } = await lyon.prepareTarget(
        'app',
        { ...specOf('lyon-1', definition), settings: tuned },
        signal,
      );
      await paris.startTransfer('app', { uri, content: 'guest', settings: tuned }, signal);
      expect(await limitsAtSource(hosts)).toEqual({ 'max-bandwidth': 3_000_000, 'downtime-limit': 20 });

      const course = courseOf();
      let passesWhenUntuned = 0;
      for (let guest = await paris.inspect('app', signal); guest.state !== 'sent'; ) {
        const correction = guest.transfer === null ? null : course.correct(guest.transfer);
        if (correction !== null) {
          passesWhenUntuned = guest.transfer?.passes ?? 0;
          await paris.adjustTransfer('app', correction.change, signal);
          expect(await limitsAtSource(hosts)).toEqual({ 'max-bandwidth': 64_000_000, 'downtime-limit': 500 });
        }
        await realClock.sleep(0.25, signal);
        guest = await paris.inspect('app', signal);
      }
      expect(course.taken).toEqual(['untune']);
      expect(passesWhenUntuned).toBeGreaterThan(3);
      await eventually(realClock, lyon, ({ state }) => state === 'loaded');
      const before = (await paris.heartbeat('app'))?.count ?? 0;
      await lyon.resume('app', signal);
      while (((await lyon.heartbeat('app'))?.count ?? 0) <= before) await realClock.sleep(0.1, signal);
    } finally {
      await hosts.close();
    }
  }, 600_000);
});
