import { LonghaulError } from '../../topology/errors.ts';
import type { Clock, Coprocess, RunCommand, StartCoprocess } from '../../topology/world.ts';
import { commandSecondsMax, cutSecondsMax } from '../limits.ts';
import { frameBytes } from './arp-frame.ts';
import { batchErrors } from './ip.ts';
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
  const batch = createBatch(() => startBatch(prefix, start), clock);
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
    run: (argv, { stdin, timeoutSeconds = commandSecondsMax, signal } = {}) =>
      run([...prefix, ...argv], {
        timeoutSeconds,
        ...(stdin !== undefined && { stdin }),
        ...(signal !== undefined && { signal }),
      }),
    lines: (lines) => batch.send(lines),
    frames: async (device, frames) => {
      const sender = senderOf(device);
      for (const frame of frames) sender.write(frame);
    },
    keepReady: (devices) => {
      for (const device of devices) senderOf(device);
      for (const [device, sender] of senders) if (!devices.includes(device)) void sender.close();
    },
    close: async () => {
      await Promise.all([batch.close(), ...[...senders.values()].map((sender) => sender.close())]);
    },
  };
}

/** socat's INTERFACE address is a packet socket: each read of its input, of exactly one frame, becomes one packet. */
function frameSender(device: string): readonly string[] {
  return ['socat', '-u', '-b', String(frameBytes), 'STDIN', `INTERFACE:${device}`];
}

interface Batch {
  send(lines: readonly string[]): Promise<readonly (string | null)[]>;
  close(): Promise<void>;
}

interface RunningBatch {
  readonly child: Coprocess;
  /** What has come since the last answer. */
  output: string;
  linesSent: number;
  readonly waiting: Waiting[];
}

interface Waiting {
  readonly firstLine: number;
  readonly lines: number;
  readonly resolve: (errors: readonly (string | null)[]) => void;
  readonly reject: (error: LonghaulError) => void;
}

/** `ip` flushes its output after `addr show`, and after no other command: it marks the end of an answer. */
const endCommand = 'addr show dev lo';
const endMarker = /^\d+: lo: .*\n(?: +.*\n)*/m;

function startBatch(prefix: readonly string[], start: StartCoprocess): RunningBatch {
  const waiting: Waiting[] = [];
  const running: RunningBatch = {
    child: start([...prefix, 'ip', '-force', '-batch', '-'], (text) => {
      running.output += text;
      answerWaiting(running);
    }),
    output: '',
    linesSent: 0,
    waiting,
  };
  return running;
}

function answerWaiting(running: RunningBatch): void {
  for (;;) {
    const end = endMarker.exec(running.output);
    const first = running.waiting[0];
    if (end === null || first === undefined) return;
    const errors = batchErrors(running.output.slice(0, end.index));
    running.output = running.output.slice(end.index + end[0].length);
    running.waiting.shift();
    first.resolve(
      Array.from({ length: first.lines }, (_, index) => errors.get(first.firstLine + index) ?? null),
    );
  }
}

/** Keeps one `ip` running; one that ends or does not answer is replaced, and its callers are told. */
function createBatch(startOne: () => RunningBatch, clock: Clock): Batch {
  let current: RunningBatch | null = null;
  const giveUp = (running: RunningBatch, reason: string) => {
    if (current === running) current = null;
    for (const { reject } of running.waiting.splice(0))
      reject(new LonghaulError('LH_COMMAND_FAILED', ['ip -batch -', -1, reason]));
  };
  const ready = (): RunningBatch => {
    if (current !== null) return current;
    const running = startOne();
    current = running;
    void running.child.ended.then((reason) => giveUp(running, `it ended: ${reason}`));
    return running;
  };
  return {
    send: async (lines) => {
      if (lines.length === 0) return [];
      const running = ready();
      const answer = new Promise<readonly (string | null)[]>((resolve, reject) => {
        running.waiting.push({ firstLine: running.linesSent + 1, lines: lines.length, resolve, reject });
      });
      running.linesSent += lines.length + 1;
      running.child.write([...lines, endCommand, ''].join('\n'));
      const watchdog = new AbortController();
      void clock.sleep(cutSecondsMax, watchdog.signal).then(
        () => {
          giveUp(running, `no answer within ${cutSecondsMax} s`);
          void running.child.close();
        },
        () => undefined,
      );
      return await answer.finally(() => watchdog.abort());
    },
    close: async () => {
      await current?.child.close();
    },
  };
}
