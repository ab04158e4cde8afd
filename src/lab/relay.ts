import { createConnection } from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { LonghaulError } from '../../topology/errors.ts';
import { compiled } from './compile.ts';
import type { Circuit } from './layout.ts';
import { relayAnswerSeconds, serverStartSecondsMax } from './limits.ts';
import type { LinkShape } from './profiles.ts';
import { awaitResult, type LabWorld } from './world.ts';

/** Starts the relay and speaks to it: one line there, one line of JSON back (relay.c has the words). */
export type CutTraffic = 'data' | 'control' | 'all';

const directionSchema = z.object({
  offeredFrames: z.number(),
  offeredBytes: z.number(),
  deliveredFrames: z.number(),
  deliveredBytes: z.number(),
  /** With preamble, checksum and gap: what the line carried. */
  wireBytes: z.number(),
  controlWireBytes: z.number(),
  lostFrames: z.number(),
  bufferDroppedFrames: z.number(),
  cutDroppedFrames: z.number(),
  writeFailedFrames: z.number(),
  queuedFrames: z.number(),
  latenessMeanSeconds: z.number(),
  latenessMaxSeconds: z.number(),
});
const circuitSchema = z.object({
  cut: z.object({ data: z.boolean(), control: z.boolean() }),
  forward: directionSchema,
  backward: directionSchema,
});
const statsSchema = z.object({
  cpuSeconds: z.number(),
  circuits: z.record(z.string(), circuitSchema),
});
export type RelayStats = z.infer<typeof statsSchema>;

export interface Relay {
  stats(): Promise<RelayStats>;
  /** Silently, in both directions, with what is in flight. Cuts add up until healed. */
  cut(circuit: string, traffic: CutTraffic): Promise<void>;
  heal(circuit: string): Promise<void>;
  reshape(circuit: string, shape: LinkShape): Promise<void>;
  /** TCP from or to this port is control traffic. */
  addControlPort(port: number): Promise<void>;
}

export const relaySocket = (runtime: string): string => path.join(runtime, 'relay.sock');

export async function relayCommand(
  world: LabWorld,
  circuits: readonly Circuit[],
  seed: number,
): Promise<readonly string[]> {
  const program = await compiled(world, 'relay.c');
  return [
    program,
    relaySocket(world.directories.runtime),
    String(seed),
    ...circuits.map(({ name, ends, shape }) =>
      [name, ...ends.map(({ namespace, device }) => `${namespace}:${device}`), ...shapeNumbers(shape)].join(
        ',',
      ),
    ),
  ];
}

export async function awaitRelay(world: LabWorld): Promise<Relay> {
  const { runtime } = world.directories;
  const relay = connectRelay(runtime);
  const what = { what: 'the relay', seconds: serverStartSecondsMax, hint: path.join(runtime, 'relay.log') };
  await awaitResult(world, what, async () => await relay.stats().catch(() => null));
  return relay;
}

export function connectRelay(runtime: string): Relay {
  const socket = relaySocket(runtime);
  const tell = async (line: string): Promise<unknown> => answerOf(line, await exchange(socket, line));
  return {
    stats: async () => statsSchema.parse(await tell('stats')),
    cut: async (circuit, traffic) => {
      await tell(`cut ${circuit} ${traffic}`);
    },
    heal: async (circuit) => {
      await tell(`heal ${circuit}`);
    },
    reshape: async (circuit, shape) => {
      await tell(`set ${circuit} ${shapeNumbers(shape).join(' ')}`);
    },
    addControlPort: async (port) => {
      await tell(`control-port ${port}`);
    },
  };
}

/** As relay.c takes them: delay, jitter (us), rate (bit/s), loss (per billion), buffer (us). Half the RTT each way. */
function shapeNumbers(shape: LinkShape): readonly number[] {
  return [
    Math.round((shape.rttSeconds / 2) * 1e6),
    Math.round(shape.jitterSeconds * 1e6),
    Math.round(shape.rateBitsPerSecond),
    Math.round(shape.loss * 1e9),
    Math.round(shape.bufferSeconds * 1e6),
  ];
}

const answerSchema = z.looseObject({ ok: z.boolean(), error: z.string().optional() });

function answerOf(line: string, text: string): unknown {
  const answer = answerSchema.parse(JSON.parse(text));
  if (!answer.ok) throw new LonghaulError('LH_LAB_RELAY', [`'${line}': ${answer.error ?? 'refused'}`]);
  return answer;
}

async function exchange(socketPath: string, line: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    let text = '';
    const socket = createConnection(socketPath).setEncoding('utf8');
    const failed = (cause: Error): void => {
      socket.destroy();
      reject(new LonghaulError('LH_LAB_RELAY', [`${socketPath}: ${cause.message}`], { cause }));
    };
    socket.setTimeout(relayAnswerSeconds * 1000, () =>
      failed(new LonghaulError('LH_LAB_RELAY', ['no answer'])),
    );
    socket.on('connect', () => socket.write(`${line}\n`));
    socket.on('error', failed);
    socket.on('close', () => failed(new LonghaulError('LH_LAB_RELAY', ['the connection ended'])));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (!text.endsWith('\n')) return;
      resolve(text);
      socket.destroy();
    });
  });
}
