import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { FakeKernel } from '../../../../gateway/kernel/fake.ts';
import type { KernelPort } from '../../../../gateway/kernel/port.ts';
import {
  announceAgainSeconds,
  announcedAtOnceMax,
  announcePauseSeconds,
  announceRestSeconds,
  reconcileSeconds,
} from '../../../../gateway/limits.ts';
import { arriving, leaving, nowSeconds } from '../../../support/relocation-states.ts';
import { fakeKernel, GatewayStand } from '../../../support/gateway-stand.ts';

const { signal } = new AbortController();
const stand = new GatewayStand();

/** A few at a time, until so many frames have gone out. */
const slowlySent = async (count: number) =>
  await vi.waitFor(
    () => {
      stand.clock.advance(announcePauseSeconds);
      expect(stand.kernel.sent).toHaveLength(count);
    },
    { interval: 5, timeout: 10_000 },
  );

const follower = (id: string) => arriving(id, { phase: 'following', workload: id });

describe('following', () => {
  test('the guest runs: delivered at once, announced at once and once more, on disk', async () => {
    await stand.agent.put(follower('app50'), signal);
    await stand.agent.follow('app50', 'runs');
    expect(await stand.agent.get('app50', signal)).toMatchObject({
      carries: 'local',
      converged: true,
      switchedAtSeconds: nowSeconds,
    });
    expect(stand.kernel.sent).toHaveLength(253);
    stand.clock.advance(announceAgainSeconds);
    await vi.waitFor(() => expect(stand.kernel.sent).toHaveLength(253 + announcedAtOnceMax));
    await slowlySent(506);
    expect(await readFile(join(stand.directory, 'relocations', 'app50.json'), 'utf8')).toContain(
      '"guestHere": true',
    );
  });

  test('it stops again: parked; the second announcement is not made', async () => {
    await stand.agent.put(follower('app50'), signal);
    await stand.agent.follow('app50', 'runs');
    await stand.agent.follow('app50', 'stopped');
    expect(await stand.agent.get('app50', signal)).toMatchObject({
      carries: 'parked',
      switchedAtSeconds: null,
    });
    stand.clock.advance(announceAgainSeconds);
    await stand.agent.follow('app50', 'stopped');
    expect(stand.kernel.sent).toHaveLength(253);
  });

  const neighbour = '0a010014'; // 10.1.0.20
  const neighbourFlow =
    'tcp 6 299 ESTABLISHED src=10.1.0.20 dst=10.1.0.50 sport=40000 dport=7 src=10.1.0.50 dst=10.1.0.20 sport=7 dport=40000';

  test('it waits to run: told where the neighbour is that spoke to it, then its packets are at its card', async () => {
    await stand.agent.put(follower('app50'), signal);
    stand.kernel.tracking.track(neighbourFlow);
    await stand.agent.follow('app50', 'waits');
    expect(await stand.agent.get('app50', signal)).toMatchObject({ carries: 'local', converged: true });
    expect(stand.kernel.sent).toEqual([expect.stringContaining(neighbour)]);
    stand.clock.advance(announceAgainSeconds);
    await stand.agent.follow('app51', 'waits');
    expect(stand.kernel.sent).toHaveLength(1);
  });

  test('it waited and never ran: parked again, and the segment hears nothing', async () => {
    await stand.agent.put(follower('app50'), signal);
    const before = stand.kernel.toString();
    await stand.agent.follow('app50', 'waits');
    expect(stand.kernel.toString()).not.toBe(before);
    await stand.agent.follow('app50', 'stopped');
    expect(stand.kernel.toString()).toBe(before);
    expect(await stand.agent.get('app50', signal)).toMatchObject({
      carries: 'parked',
      switchedAtSeconds: null,
    });
    stand.clock.advance(announceAgainSeconds);
    await stand.agent.follow('app50', 'stopped');
    expect(stand.kernel.sent).toHaveLength(0);
  });

  test('it is given up while its neighbours are looked up: parked', async () => {
    await stand.agent.put(follower('app50'), signal);
    const waits = stand.agent.follow('app50', 'waits');
    await Promise.all([stand.agent.follow('app50', 'stopped'), waits]);
    expect(await stand.agent.get('app50', signal)).toMatchObject({ carries: 'parked', converged: true });
  });

  test('an agent that died while the guest waited announces it when it runs', async () => {
    await stand.agent.put(follower('app50'), signal);
    await stand.agent.follow('app50', 'waits');
    await stand.agent.close();
    stand.agent = await stand.started(stand.kernel);
    await stand.agent.follow('app50', 'waits');
    expect(stand.kernel.sent).toHaveLength(0);
    await stand.agent.follow('app50', 'runs');
    expect(stand.kernel.sent).toHaveLength(253);
  });

  test('a guest that was told while it waited hears of the others a little later, and of all once more', async () => {
    await stand.agent.put(follower('app50'), signal);
    stand.kernel.tracking.track(neighbourFlow);
    await stand.agent.follow('app50', 'waits');
    await stand.agent.follow('app50', 'runs');
    expect(stand.kernel.sent).toHaveLength(1);
    stand.clock.advance(announceRestSeconds);
    await vi.waitFor(() => expect(stand.kernel.sent).toHaveLength(1 + announcedAtOnceMax));
    await slowlySent(253);
    stand.clock.advance(announceAgainSeconds - announceRestSeconds);
    await slowlySent(506);
  });

  test('only relocations of that workload in that phase react', async () => {
    await stand.agent.put(follower('app50'), signal);
    await stand.agent.put(arriving('app51', { workload: 'app51' }), signal);
    const before = stand.kernel.toString();
    await stand.agent.follow('app51', 'runs');
    await stand.agent.follow('app99', 'runs');
    expect(stand.kernel.toString()).toBe(before);
  });

  test('a switch that the kernel refuses is an error, and made good by the next look', async () => {
    await stand.agent.close();
    let isBroken = false;
    stand.kernel = fakeKernel({
      fails: (command) =>
        isBroken && command.startsWith('neigh replace') ? 'RTNETLINK answers: No memory' : null,
    });
    stand.agent = await stand.started(stand.kernel);
    await stand.agent.put(follower('app50'), signal);
    isBroken = true;
    await expect(stand.agent.follow('app50', 'runs')).rejects.toThrow(
      "Could not install neighbour 10.1.0.50 lladdr 02:00:00:00:01:50 dev lhgc3497ac4 nud permanent at 'lyon': " +
        'RTNETLINK answers: No memory',
    );
    isBroken = false;
    stand.clock.advance(reconcileSeconds);
    await vi.waitFor(async () =>
      expect(await stand.agent.get('app50', signal)).toMatchObject({ carries: 'local', converged: true }),
    );
  });

  test('a guest that stops while the kernel is being converged is switched, and stays so', async () => {
    await stand.agent.close();
    const gate = gated(stand.kernel);
    stand.agent = await stand.started(gate.port);
    await stand.agent.put(leaving('web60', { phase: 'following', workload: 'web60' }), signal);
    gate.close();
    const slow = stand.agent.put(arriving('app50'), signal);
    await gate.reached;
    await stand.agent.follow('web60', 'stopped');
    expect(stand.kernel.toString()).toContain('route to 10.2.0.60 via 169.254.1.14 dev lht7');
    gate.open();
    await slow;
    expect(await stand.agent.get('web60', signal)).toMatchObject({ carries: 'tunnel', converged: true });
  });

  test('a guest that runs again while the kernel is being converged is not switched back by what was seen before', async () => {
    await stand.agent.close();
    const gate = gated(stand.kernel);
    stand.agent = await stand.started(gate.port);
    await stand.agent.put(leaving('web60', { phase: 'following', workload: 'web60' }), signal);
    await stand.agent.follow('web60', 'stopped');
    stand.kernel.ip.change('route del 10.2.0.60 table 254 proto 214'); // so that converging wants to put it back
    gate.close();
    const slow = stand.agent.put(arriving('app50'), signal);
    await gate.reached;
    await stand.agent.follow('web60', 'runs');
    gate.open();
    await slow;
    expect(await stand.agent.get('web60', signal)).toMatchObject({ carries: 'local', converged: true });
  });
});

/** A port whose observations can be held up: `reached` when one waits. */
function gated(inner: FakeKernel) {
  let open = (): void => undefined;
  let arrive = (): void => undefined;
  let barrier: Promise<void> | null = null;
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const port: KernelPort = {
    run: async (argv, options) => {
      const result = await inner.run(argv, options);
      if (barrier !== null && argv.includes('-j') && argv[0] === 'ip') {
        arrive();
        await barrier;
      }
      return result;
    },
    lines: async (lines) => await inner.lines(lines),
    frames: async (device, frames) => await inner.frames(device, frames),
    devicesChanged: () => inner.devicesChanged(),
    keepReady: () => inner.keepReady(),
    close: async () => await inner.close(),
  };
  return {
    port,
    reached,
    close: () => {
      barrier = new Promise<void>((resolve) => {
        open = () => {
          barrier = null;
          resolve();
        };
      });
    },
    open: () => open(),
  };
}
