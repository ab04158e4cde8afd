import type { Clock, Coprocess, RunCommand, StartCoprocess } from '../../topology/world.ts';
import { commandSecondsMax } from '../limits.ts';
import { frameBytes } from './arp-frame.ts';
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
  const senders = new Map<string, Coprocess>();
  const senderOf = (device: string): Coprocess => {
    const sender = senders.get(device) ?? start([...prefix, ...frameSender(device)], () => undefined);
    if (!senders.has(device)) {
      senders.set(device, sender);
      void sender.ended.then(() => senders.delete(device));
    }
    return sender;
  };
  return {
    run: runInside,
    lines: (lines) => warmIp.send(lines),
    devicesChanged: () => warmIp.renew(),
    frames: async (device, frames) => {
      const sender = senderOf(device);
      for (const frame of frames) sender.write(frame);
    },
    keepReady: (devices) => {
      for (const device of devices) senderOf(device);
      for (const [device, sender] of senders) if (!devices.includes(device)) void sender.close();
    },
    close: async () => {
      await Promise.all([warmIp.close(), ...[...senders.values()].map((sender) => sender.close())]);
    },
  };
}

/** socat's INTERFACE address is a packet socket: each read of its input, of exactly one frame, becomes one packet. */
function frameSender(device: string): readonly string[] {
  return ['socat', '-u', '-b', String(frameBytes), 'STDIN', `INTERFACE:${device}`];
}
