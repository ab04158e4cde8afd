import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LinkShape } from '../../src/lab/profiles.ts';
import { profiles } from '../../src/lab/profiles.ts';
import { awaitRelay, type Relay, relayCommand } from '../../src/lab/relay.ts';
import type { LabWorld } from '../../src/lab/world.ts';
import { endProcesses, type ProcessIdentity } from '../../src/world/processes.ts';
import { createRandom } from '../../src/world/random.ts';
import { realClock } from '../../src/world/real.ts';
import { labNeeds, labWorld, ping, runIn } from '../support/lab.ts';
import { requires } from '../support/requires.ts';

/*
 *   lhr-a ── tap0 ═ relay ═ tap0 ── lhr-b
 *   10.9.0.1                        10.9.0.2
 */
const seed = 7;
const target = '10.9.0.2';
const perfect: LinkShape = {
  rttSeconds: 0,
  jitterSeconds: 0,
  rateBitsPerSecond: 0,
  loss: 0,
  bufferSeconds: 1,
};

requires('the WAN relay', await labNeeds(), () => {
  let world: LabWorld;
  let process_: ProcessIdentity;
  let relay: Relay;

  beforeEach(async () => {
    world = {
      ...labWorld(),
      directories: { ...labWorld().directories, runtime: await mkdtemp(path.join(tmpdir(), 'lhr-')) },
    };
    for (const [name, address] of [
      ['lhr-a', '10.9.0.1'],
      ['lhr-b', target],
    ] as const) {
      spawnSync('ip', ['netns', 'delete', name]);
      spawnSync('ip', ['netns', 'add', name]);
      runIn(name, [
        'sysctl',
        '-qw',
        'net.ipv6.conf.all.disable_ipv6=1',
        'net.ipv6.conf.default.disable_ipv6=1',
      ]);
      runIn(name, ['ip', 'tuntap', 'add', 'dev', 'tap0', 'mode', 'tap']);
      runIn(name, ['ip', 'link', 'set', 'tap0', 'up', 'txqueuelen', '10000', 'address', macs[name]]);
      runIn(name, ['ip', 'address', 'add', `${address}/24`, 'dev', 'tap0']);
    }
    runIn('lhr-a', ['ip', 'neighbour', 'add', target, 'lladdr', macs['lhr-b'], 'dev', 'tap0']);
    runIn('lhr-b', ['ip', 'neighbour', 'add', '10.9.0.1', 'lladdr', macs['lhr-a'], 'dev', 'tap0']);
    const ends = [
      { namespace: 'lhr-a', device: 'tap0' },
      { namespace: 'lhr-b', device: 'tap0' },
    ] as const;
    const argv = await relayCommand(world, [{ name: 'wan', ends, shape: perfect }], seed);
    process_ = await world.start(argv, { logFile: path.join(world.directories.runtime, 'relay.log') });
    relay = await awaitRelay(world);
  });

  afterEach(async () => {
    await endProcesses([process_], { clock: realClock, graceSeconds: 3 });
    for (const name of ['lhr-a', 'lhr-b']) spawnSync('ip', ['netns', 'delete', name]);
    rmSync(world.directories.runtime, { recursive: true });
  });

  const forward = async () => (await relay.stats()).circuits['wan']!.forward;
  const backward = async () => (await relay.stats()).circuits['wan']!.backward;

  test('no frame is early or lost in any profile without loss, and the delay is that of the profile', async () => {
    const table: string[] = [];
    for (const [name, shape] of Object.entries(profiles)) {
      await relay.reshape('wan', { ...shape, loss: 0 });
      const { sent, received, minSeconds, meanSeconds } = ping('lhr-a', target);
      expect({ name, received }).toEqual({ name, received: sent });
      expect(minSeconds).toBeGreaterThanOrEqual(shape.rttSeconds);
      table.push(
        `${name}: RTT ${shape.rttSeconds * 1000} ms, min ${minSeconds * 1000} ms, mean ${meanSeconds * 1000} ms`,
      );
    }
    process.stdout.write(`${table.join('\n')}\n`);
  });

  test('losses are those of the seed: the same frames of as many as were offered', async () => {
    const loss = 0.05;
    await relay.reshape('wan', { ...perfect, loss });
    ping('lhr-a', target, { count: 400, options: ['-f'] });
    const { offeredFrames, lostFrames, deliveredFrames } = await forward();
    const random = createRandom(seed);
    const expected = Array.from({ length: offeredFrames }, () => random.next()).filter(
      (value) => value < loss,
    ).length;
    expect({ lostFrames, deliveredFrames }).toEqual({
      lostFrames: expected,
      deliveredFrames: offeredFrames - expected,
    });
    expect(offeredFrames).toBeGreaterThanOrEqual(400);
  });

  test('a rate holds what TCP sends to its line, and what the buffer cannot hold is dropped, not delayed', async () => {
    await relay.reshape('wan', {
      ...perfect,
      rttSeconds: 0.02,
      rateBitsPerSecond: 400e6,
      bufferSeconds: 0.05,
    });
    spawnSync('ip', ['netns', 'exec', 'lhr-b', 'iperf3', '-s', '-1', '-D'], { timeout: 10_000 });
    await realClock.sleep(0.5);
    const report = JSON.parse(runIn('lhr-a', ['iperf3', '-c', target, '-t', '4', '-J'])) as {
      end: { sum_received: { bits_per_second: number } };
    };
    const {
      wireBytes,
      bufferDroppedFrames,
      offeredFrames,
      deliveredFrames,
      queuedFrames,
      latenessMaxSeconds,
    } = await forward();
    const goodput = report.end.sum_received.bits_per_second;
    process.stdout.write(
      `400 Mbit/s, 20 ms: goodput ${(goodput / 1e6).toFixed(0)} Mbit/s, ${offeredFrames} frames, ${bufferDroppedFrames} dropped, latest ${(latenessMaxSeconds * 1e3).toFixed(2)} ms\n`,
    );
    expect(offeredFrames).toBe(deliveredFrames + bufferDroppedFrames + queuedFrames);
    expect(goodput).toBeLessThan(400e6);
    expect(wireBytes).toBeGreaterThan(deliveredFrames * 24);
  });

  test('a cut is silent, both ways, for its kind of traffic only, until healed', async () => {
    await relay.addControlPort(8470);
    await relay.cut('wan', 'data');
    expect(ping('lhr-a', target, { count: 3, options: ['-W', '1'] }).received).toBe(0);
    expect(connects(8470)).toBe('refused');
    await relay.cut('wan', 'control');
    expect(connects(8470)).toBe('silent');
    await relay.heal('wan');
    expect(connects(8471)).toBe('refused');
    expect(ping('lhr-a', target, { count: 3 }).received).toBe(3);
    const cut = [(await forward()).cutDroppedFrames > 0, (await backward()).cutDroppedFrames];
    expect(cut).toEqual([true, 0]);
  });
});

const macs = { 'lhr-a': '52:54:0a:09:00:01', 'lhr-b': '52:54:0a:09:00:02' } as const;

/** What a TCP connection to a port without a server meets: an answer, or nothing at all. */
function connects(port: number): 'refused' | 'silent' {
  const { stderr } = spawnSync(
    'ip',
    ['netns', 'exec', 'lhr-a', 'timeout', '1', 'bash', '-c', `exec 3<>/dev/tcp/${target}/${port}`],
    { encoding: 'utf8' },
  );
  return stderr.includes('refused') ? 'refused' : 'silent';
}
