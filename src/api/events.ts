import type { FastifyReply } from 'fastify';
import type { Clock, Log } from '../../topology/world.ts';
import type { RunService, RunUpdate } from '../runs/service.ts';
import { failureJson } from '../world/failure.ts';
import { streamBeatSeconds } from './limits.ts';
import { asFailure } from './failure.ts';

export interface StreamParts {
  readonly service: RunService;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * A run's updates as server-sent events: `run` and `progress` with one JSON object each, last `end`, or `failure` with
 * the error. A comment every few seconds keeps proxies from cutting a silent stream.
 */
export async function streamUpdates(parts: StreamParts, id: string, reply: FastifyReply): Promise<void> {
  await parts.service.show(id); // an unknown run is an ordinary 404, before the stream begins
  const { raw } = reply.hijack();
  const gone = new AbortController();
  raw.on('close', () => gone.abort());
  raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const beating = beat(parts.clock, gone.signal, () => raw.write(':\n\n'));
  try {
    for await (const update of parts.service.watch(id, gone.signal)) raw.write(eventText(update));
    raw.write(eventOf('end', {}));
  } catch (error) {
    if (!gone.signal.aborted) raw.write(eventOf('failure', failureJson(asFailure(error))));
  } finally {
    gone.abort();
    raw.end();
    await beating;
  }
}

function eventText(update: RunUpdate): string {
  return update.kind === 'run' ? eventOf('run', update.run) : eventOf('progress', update.event);
}

/** JSON has no line ends of its own, so one `data` line holds it. */
const eventOf = (name: string, data: object): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

async function beat(clock: Clock, until: AbortSignal, write: () => void): Promise<void> {
  try {
    for (;;) {
      await clock.sleep(streamBeatSeconds, until);
      write();
    }
  } catch {
    // the stream has ended
  }
}
