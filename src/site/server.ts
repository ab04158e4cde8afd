import type { TLSSocket } from 'node:tls';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { LonghaulError } from '../../topology/errors.ts';
import type { Log } from '../../topology/world.ts';
import { requireProtection, showsToken } from '../world/callers.ts';
import { failureJson, statusOf } from '../world/failure.ts';
import { bodyBytesMax } from './limits.ts';
import { type Operation, operations, protocolHeader, protocolVersion } from './operations.ts';
import type { Site } from './site.ts';

/**
 * A site over HTTP, for callers that prove who they are: by a bearer token, by a certificate that our authority signed
 * (mutual TLS), or by both. Without TLS and one of them it listens on loopback only. One route a row of operations.ts.
 */
export interface ServerOptions {
  readonly site: Site;
  readonly log: Log;
  readonly token: string | null;
  readonly tls: ServerTls | null;
}

/** PEM texts. With a client authority every caller must show a certificate signed by it. */
export interface ServerTls {
  readonly key: string;
  readonly certificate: string;
  readonly clientAuthority: string | null;
}

export function createSiteServer({ site, log, token, tls }: ServerOptions): FastifyInstance {
  const https = tls === null ? {} : { https: tlsOptions(tls) };
  const server = Fastify({
    ...https,
    bodyLimit: bodyBytesMax,
    forceCloseConnections: true,
  }) as FastifyInstance;
  server.setErrorHandler((error, request, reply) => answerFailure({ site, log, error, request, reply }));
  server.setNotFoundHandler((request, reply) => {
    const error = new LonghaulError('LH_AGENT_CALL_INVALID', [
      site.name,
      `no call ${request.method} ${request.url}`,
    ]);
    return reply.code(404).send(failureJson(error));
  });
  server.addHook('onRequest', async (request, reply) => {
    reply.header(protocolHeader, protocolVersion);
    if (token === null || showsToken(request.headers.authorization, token)) return;
    const why =
      request.headers.authorization === undefined ? 'no token was sent' : 'the token is not the right one';
    const error = new LonghaulError('LH_AGENT_UNAUTHORISED', [site.name, why]);
    return reply.code(401).header('www-authenticate', 'Bearer').send(failureJson(error));
  });
  server.server.on('tlsClientError', (error: Error, { authorizationError }: TLSSocket) =>
    log.warn(
      { error: authorizationError?.toString() ?? error.message },
      'caller without a good certificate refused',
    ),
  );
  for (const operation of Object.values(operations))
    addRoute(server, site, operation as Operation<unknown, unknown>);
  return server;
}

/** Refuses to listen where strangers can reach it without being asked who they are. */
export async function listen(
  server: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
  { token, tls }: Pick<ServerOptions, 'token' | 'tls'>,
): Promise<string> {
  const isProtected = tls !== null && (token !== null || tls.clientAuthority !== null);
  requireProtection({ host, port }, isProtected);
  return await server.listen({ host, port });
}

function addRoute(server: FastifyInstance, site: Site, operation: Operation<unknown, unknown>): void {
  server.route({
    method: operation.method,
    url: operation.path,
    handler: async (request, reply) => {
      const args = operation.schema.safeParse({
        ...(request.params as object),
        ...(request.query as object),
        ...(request.body as object | undefined),
      });
      if (!args.success)
        throw new LonghaulError('LH_AGENT_CALL_INVALID', [site.name, z.prettifyError(args.error)]);
      const result = await operation.call(site, args.data, signalOf(operation, reply));
      return await (result === undefined ? reply.code(204).send() : reply.send(JSON.stringify(result)));
    },
    onSend: async (_request, reply, payload) => {
      if (reply.statusCode === 200) reply.header('content-type', 'application/json; charset=utf-8');
      return payload;
    },
  });
}

/**
 * Ends with the operation's deadline; a call that changes nothing also when its caller has gone. One that does change
 * something goes on: a WAN that breaks while a transfer is being cancelled must not stop the cancelling half-way.
 */
function signalOf({ method, seconds }: Operation<unknown, unknown>, reply: FastifyReply): AbortSignal {
  const deadline = AbortSignal.timeout(seconds * 1000);
  if (method !== 'GET') return deadline;
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return AbortSignal.any([deadline, gone.signal]);
}

function answerFailure({
  site,
  log,
  error,
  request,
  reply,
}: {
  readonly site: Site;
  readonly log: Log;
  readonly error: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}): FastifyReply {
  const failure = asFailure(site, error);
  const status = failure.code === 'LH_AGENT_FAULT' ? 500 : statusOf[failure.kind];
  const fields = { method: request.method, url: request.url, code: failure.code, error: failure.message };
  if (failure.code === 'LH_AGENT_FAULT')
    log.error({ ...fields, stack: (error as Error).stack }, 'call failed');
  else log.warn(fields, 'call refused');
  return reply
    .code(status)
    .type('application/json')
    .send(JSON.stringify(failureJson(failure)));
}

function asFailure(site: Site, error: unknown): LonghaulError {
  if (error instanceof LonghaulError) return error;
  const { name, message, statusCode } = error as Error & { readonly statusCode?: number };
  if (statusCode !== undefined && statusCode < 500)
    return new LonghaulError('LH_AGENT_CALL_INVALID', [site.name, message], { cause: error });
  const why = name === 'TimeoutError' ? 'the call did not end within its deadline' : `${name}: ${message}`;
  return new LonghaulError('LH_AGENT_FAULT', [site.name, why], { cause: error });
}

const tlsOptions = ({ key, certificate, clientAuthority }: ServerTls): Record<string, unknown> => ({
  key,
  cert: certificate,
  minVersion: 'TLSv1.2',
  ...(clientAuthority === null ? {} : { ca: clientAuthority, requestCert: true, rejectUnauthorized: true }),
});
