import { Pool } from 'undici';
import { LonghaulError } from '../../topology/errors.ts';
import type { RunService, RunUpdate } from '../runs/service.ts';
import type { RunEvent } from '../runs/store/dispatch.ts';
import type { RunRecord } from '../runs/store/records.ts';
import { parseFailure } from '../world/failure.ts';
import { answerSeconds, streamBeatSeconds } from './limits.ts';
import { eventsPath, type Route, routes } from './routes.ts';

/** RunService of the process that has the state open, over its socket. Errors are those it threw. */
export interface RemoteService extends RunService {
  close(): Promise<void>;
}

export function createRemoteService(socket: string): RemoteService {
  const server = new Server(socket);
  const r = routes;
  return {
    start: async (plan, { yes, approvedBy }) =>
      await server.ask(r.start, { plan, consent: { yes, approvedBy: [...approvedBy] } }),
    resume: async (id) => await server.ask(r.resume, { id }),
    request: async (id, request) => await server.ask(r.request, { id, request }),
    runs: async () => await server.ask(r.runs, {}),
    show: async (id) => await server.ask(r.show, { id }),
    plan: async (id) => await server.ask(r.plan, { id }),
    journal: async (id, after = 0) => await server.ask(r.journal, { id, after }),
    watch: (id, signal) => server.watch(id, signal),
    close: async () => await server.close(),
  };
}

class Server {
  readonly #socket: string;
  readonly #pool: Pool;

  constructor(socket: string) {
    this.#socket = socket;
    this.#pool = new Pool('http://longhaul', { socketPath: socket });
  }

  async ask<A extends object, R>(route: Route<A, R>, args: A): Promise<R> {
    const { path, rest } = fillPath(route.path, args);
    const isGet = route.method === 'GET';
    const query = new URLSearchParams(
      Object.entries(rest).map(([key, value]): [string, string] => [key, String(value)]),
    );
    const response = await this.#reach(() =>
      this.#pool.request({
        method: route.method,
        path: isGet && query.size > 0 ? `${path}?${query.toString()}` : path,
        ...(isGet ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(rest) }),
        headersTimeout: answerSeconds * 1000,
        bodyTimeout: answerSeconds * 1000,
      }),
    );
    const text = await this.#reach(() => response.body.text());
    if (response.statusCode === 200) return JSON.parse(text) as R;
    throw this.#failure(text);
  }

  async *watch(id: string, signal: AbortSignal): AsyncGenerator<RunUpdate> {
    const { path } = fillPath(eventsPath, { id });
    const response = await this.#reach(() =>
      this.#pool.request({ method: 'GET', path, signal, bodyTimeout: 3 * streamBeatSeconds * 1000 }),
    );
    if (response.statusCode !== 200) throw this.#failure(await response.body.text());
    const events = readEvents(response.body);
    for (;;) {
      const next = await this.#reach(() => events.next(), signal);
      if (next.done === true) throw this.#unreachable('it ended before the run did');
      const { name, data } = next.value;
      if (name === 'end') return;
      if (name === 'failure') throw this.#failure(data);
      if (name === 'run') yield { kind: 'run', run: JSON.parse(data) as RunRecord };
      if (name === 'progress') yield { kind: 'progress', event: JSON.parse(data) as RunEvent };
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #reach<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await task();
    } catch (cause) {
      signal?.throwIfAborted();
      throw this.#unreachable(cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  #failure(text: string): LonghaulError {
    const unknownCode = (why: string): LonghaulError => new LonghaulError('LH_API_FAULT', [why]);
    return parseFailure(text, unknownCode) ?? unknownCode(text.slice(0, 200));
  }

  #unreachable(why: string, cause?: unknown): LonghaulError {
    return new LonghaulError('LH_API_UNREACHABLE', [this.#socket, why], { cause });
  }
}

/** Fields named in the path go there; the rest is left. */
function fillPath(
  path: string,
  args: object,
): { readonly path: string; readonly rest: Readonly<Record<string, unknown>> } {
  const rest = new Map(Object.entries(args) as [string, unknown][]);
  const filled = path.replaceAll(/:(\w+)/g, (_, field: string) => {
    const value = rest.get(field);
    rest.delete(field);
    return encodeURIComponent(String(value));
  });
  return { path: filled, rest: Object.fromEntries(rest) };
}

/** Server-sent events as this server writes them: `event`, one `data` line, an empty line; comments are skipped. */
async function* readEvents(
  body: AsyncIterable<Buffer>,
): AsyncGenerator<{ readonly name: string; readonly data: string }> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const match = /^event: (\w+)\ndata: (.*)$/.exec(block);
      if (match?.[1] !== undefined && match[2] !== undefined) yield { name: match[1], data: match[2] };
    }
  }
}
