import { connect, type Socket } from 'node:net';
import { z } from 'zod';
import { LonghaulError } from '../../../topology/errors.ts';
import type { Clock } from '../../../topology/world.ts';
import { withDeadline } from '../../world/deadline.ts';
import { answerBytesMax, briefSecondsMax, commandSecondsMax } from './limits.ts';

/**
 * One QEMU machine protocol (QMP) connection over a unix socket: commands answered by id, each with a deadline; events
 * with QEMU's own microsecond stamps; out-of-band commands (`yank`) that are answered while the main loop hangs.
 */
export interface QmpEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Unix seconds of the host's clock. */
  readonly atSeconds: number;
}

export interface QmpListener {
  event(event: QmpEvent): void;
  closed(why: string): void;
}

export interface QmpOptions {
  readonly workload: string;
  readonly path: string;
  readonly clock: Clock;
  readonly listener: QmpListener;
}

interface SendOptions {
  readonly parameters: object;
  readonly signal: AbortSignal;
  readonly seconds: number;
}

const answerSchema = z.object({
  id: z.number().optional(),
  return: z.unknown().optional(),
  error: z.object({ class: z.string(), desc: z.string() }).optional(),
  event: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
  timestamp: z.object({ seconds: z.number(), microseconds: z.number() }).optional(),
  QMP: z.object({ capabilities: z.array(z.string()) }).optional(),
});
type Answer = z.infer<typeof answerSchema>;

type Settle = (answer: Answer | LonghaulError) => void;

/** Commands count from 1. */
const greetingId = 0;

export class QmpConnection {
  readonly #options: QmpOptions;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Settle>();
  #greeted: (capabilities: readonly string[]) => void = () => undefined;
  #nextId = greetingId + 1;
  #rest = '';
  #ended: LonghaulError | null = null;

  private constructor(options: QmpOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    socket.setEncoding('utf8').on('data', (chunk: string) => this.#receive(chunk));
    socket.on('error', (error) => this.#end(error.message));
    socket.on('close', () => this.#end('the monitor has hung up'));
  }

  /** Connects and negotiates; out-of-band commands where QEMU offers them. */
  static async open(options: QmpOptions, signal: AbortSignal): Promise<QmpConnection> {
    const { workload, path, clock } = options;
    const expired = (): LonghaulError =>
      new LonghaulError('LH_QMP_TIMEOUT', [workload, 'connect', commandSecondsMax]);
    const socket = connect(path);
    const connection = new QmpConnection(options, socket);
    try {
      return await withDeadline({ clock, seconds: commandSecondsMax, signal }, expired, async (inner) => {
        const capabilities = await connection.#greeting();
        const enable = capabilities.filter((capability) => capability === 'oob');
        await connection.execute('qmp_capabilities', { enable }, inner);
        return connection;
      });
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  async execute(command: string, parameters: object, signal: AbortSignal): Promise<unknown> {
    return await this.#send('execute', command, { parameters, signal, seconds: commandSecondsMax });
  }

  /** With a short deadline; QEMU carries the command out nevertheless when its main loop goes on. */
  async executeBriefly(command: string, parameters: object, signal: AbortSignal): Promise<unknown> {
    return await this.#send('execute', command, { parameters, signal, seconds: briefSecondsMax });
  }

  /** Is answered also while the main loop hangs; only for the few commands that QEMU allows it for. */
  async executeOutOfBand(command: string, parameters: object, signal: AbortSignal): Promise<unknown> {
    return await this.#send('exec-oob', command, { parameters, signal, seconds: commandSecondsMax });
  }

  close(): void {
    this.#socket.destroy();
  }

  async #greeting(): Promise<readonly string[]> {
    try {
      return await new Promise<readonly string[]>((resolve, reject) => {
        this.#greeted = resolve;
        this.#waiting.set(greetingId, (answer) => {
          if (answer instanceof LonghaulError) reject(answer);
        });
      });
    } finally {
      this.#waiting.delete(greetingId);
    }
  }

  async #send(
    verb: 'execute' | 'exec-oob',
    command: string,
    { parameters, signal, seconds }: SendOptions,
  ): Promise<unknown> {
    const { workload, clock } = this.#options;
    if (this.#ended !== null) throw this.#ended;
    const id = this.#nextId++;
    const expired = (): LonghaulError => new LonghaulError('LH_QMP_TIMEOUT', [workload, command, seconds]);
    try {
      const answer = await withDeadline(
        { clock, seconds, signal },
        expired,
        async () =>
          await new Promise<Answer>((resolve, reject) => {
            const settle = (result: Answer | LonghaulError): void =>
              result instanceof LonghaulError ? reject(result) : resolve(result);
            this.#waiting.set(id, settle);
            this.#socket.write(`${JSON.stringify({ [verb]: command, arguments: parameters, id })}\n`);
          }),
      );
      if (answer.error !== undefined)
        throw new LonghaulError('LH_QMP_REFUSED', [workload, command, answer.error.desc]);
      return answer.return;
    } finally {
      this.#waiting.delete(id);
    }
  }

  #receive(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > answerBytesMax) {
      this.#socket.destroy();
      this.#end('an answer longer than any that QEMU gives');
      return;
    }
    for (const line of lines) if (line.trim() !== '') this.#take(line);
  }

  #take(line: string): void {
    const parsed = answerSchema.safeParse(parseJson(line));
    if (!parsed.success) {
      this.#socket.destroy();
      this.#end(`what answers is no QMP monitor: ${line.slice(0, 100)}`);
      return;
    }
    const answer = parsed.data;
    if (answer.QMP !== undefined) this.#greeted(answer.QMP.capabilities);
    else if (answer.event !== undefined) this.#options.listener.event(this.#eventOf(answer.event, answer));
    else if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
  }

  #eventOf(name: string, { data, timestamp }: Answer): QmpEvent {
    // QEMU says -1 when the host has no clock for it.
    const isStamped = timestamp !== undefined && timestamp.seconds >= 0;
    const atSeconds = isStamped
      ? timestamp.seconds + timestamp.microseconds / 1e6
      : this.#options.clock.nowSeconds();
    return { name, data: data ?? {}, atSeconds };
  }

  #end(why: string): void {
    if (this.#ended !== null) return;
    this.#ended = new LonghaulError('LH_QMP_LOST', [this.#options.workload, why]);
    for (const settle of this.#waiting.values()) settle(this.#ended);
    this.#options.listener.closed(why);
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
