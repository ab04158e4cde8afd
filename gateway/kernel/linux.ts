import type { Clock, Coprocess, RunCommand, StartCoprocess } from '../../topology/world.ts';
import { commandSecondsMax } from '../limits.ts';
import { frameBytes } from './arp-frame.ts';
import { createLock, type Lock } from '../lock.ts';
import { createWarmIp } from './warm-ip.ts';
import { batchCommand, runOneByOne } from './ip.ts';
import type { KernelPort } from './port.ts';

export interface LinuxKernelOptions {
  /** Put before every command, to reach the router's network namespace: `['nsenter', '--net=/run/netns/gw']`. */
  readonly prefix: readonly string[];
  readonly run: RunCommand;
  readonly start: StartCoprocess;
  readonly clock: Clock;
}

/** The kernel of the network namespace that the prefix leads to. */
export function createLinuxKernel({ prefix, run, start, clock }: LinuxKernelOptions): KernelPort {
  const runInside: KernelPort['run'] = (argv, { stdin, timeoutSeconds = commandSecondsMax, signal } = {}) =>
    run([...prefix, ...argv], {
      timeoutSeconds,
      ...(stdin !== undefined && { stdin }),
      ...(signal !== undefined && { signal }),
    });
  const warmIp = createWarmIp({
    start: (onOutput) => start([...prefix, ...batchCommand], onOutput),
    cold: (lines) => runOneByOne({ run: runInside }, lines),
    clock,
  });
  const senders = new Map<string, Sender>();
  const senderOf = (device: string): Sender => {
    const present = senders.get(device);
    if (present !== undefined) return present;
    const child = start([...prefix, ...frameSender(device)], () => undefined);
    const sender: Sender = { child, queue: createLock() };
    senders.set(device, sender);
    void child.ended.then(() => {
      if (senders.get(device) === sender) senders.delete(device);
    });
    return sender;
  };
  return {
    run: runInside,
    lines: (lines) => warmIp.send(lines),
    devicesChanged: () => warmIp.renew(),
    frames: async (device, frames) => {
      const { child, queue } = senderOf(device);
      await queue.run(() => writeFrames(child, frames));
    },
    keepReady: (devices) => {
      for (const device of devices) senderOf(device);
      for (const [device, { child, queue }] of senders) {
        if (devices.includes(device)) continue;
        senders.delete(device);
        void queue.run(() => child.close());
      }
    },
    close: async () => {
      await Promise.all([warmIp.close(), ...[...senders.values()].map(({ child }) => child.close())]);
    },
  };
}

interface Sender {
  readonly child: Coprocess;
  readonly queue: Lock;
}

/**
 * socat's INTERFACE address is a packet socket: each read of its input, of one frame's length, becomes one packet.
 */
function frameSender(device: string): readonly string[] {
  return ['socat', '-u', '-b', String(frameBytes), 'STDIN', `INTERFACE:${device}`];
}

/** Of whole frames, and small enough that the kernel takes all of it or nothing: a torn frame would shift all others. */
const framesAtOnce = 64;

async function writeFrames(child: Coprocess, frames: readonly Uint8Array[]): Promise<void> {
  for (let from = 0; from < frames.length; from += framesAtOnce)
    await child.write(Buffer.concat(frames.slice(from, from + framesAtOnce)));
}
