import type { FastifyReply, FastifyRequest } from 'fastify';
import { LonghaulError } from '../../topology/errors.ts';
import type { Log } from '../../topology/world.ts';
import { failureJson, statusOf } from '../world/failure.ts';

/** What went wrong with a call, as status and JSON, and as a line in the log. */
export function answerFailure(
  log: Log,
  error: unknown,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): FastifyReply {
  const failure = asFailure(error);
  const isFault = failure.code === 'LH_API_FAULT';
  const fields = { method: request.method, url: request.url, code: failure.code, error: failure.message };
  if (isFault) log.error({ ...fields, stack: (error as Error).stack }, 'call failed');
  else log.warn(fields, 'call refused');
  const status = isFault ? 500 : failure.code === 'LH_RUN_UNKNOWN' ? 404 : statusOf[failure.kind];
  return reply
    .code(status)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(failureJson(failure)));
}

export function asFailure(error: unknown): LonghaulError {
  if (error instanceof LonghaulError) return error;
  const { name, message, statusCode } = error as Error & { readonly statusCode?: number };
  return statusCode !== undefined && statusCode < 500
    ? new LonghaulError('LH_API_CALL_INVALID', [message], { cause: error })
    : new LonghaulError('LH_API_FAULT', [`${name}: ${message}`], { cause: error });
}
