import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import { LonghaulError } from '../../topology/errors.ts';
import type { Clock, Log } from '../../topology/world.ts';
import type { RunService } from '../runs/service.ts';
import { isLoopback, showsToken } from '../world/callers.ts';
import { failureJson } from '../world/failure.ts';
import { streamUpdates } from './events.ts';
import { answerFailure } from './failure.ts';
import { bodyBytesMax } from './limits.ts';
import { eventsPath, type Route, routes } from './routes.ts';

/**
 * RunService over HTTP: on the state directory's socket, which only its owner can open, and as `longhaul serve`.
 *
 *   cli, page ──HTTP──▶ onRequest: who is it ──▶ routes.ts: what is it ──▶ RunService
 */
export interface ApiOptions {
  readonly service: RunService;
  readonly clock: Clock;
  readonly log: Log;
  /** `socket`: the file's permissions decide. Null: whoever reaches the loopback address. */
  readonly callers: 'socket' | { readonly token: string | null };
  readonly tls: { readonly key: string; readonly certificate: string } | null;
}

export function createApi(options: ApiOptions): FastifyInstance {
  const { service, log, callers, tls } = options;
  const https = tls === null ? {} : { https: { key: tls.key, cert: tls.certificate, minVersion: 'TLSv1.2' } };
  const server = Fastify({
    ...https,
    bodyLimit: bodyBytesMax,
    forceCloseConnections: true,
  }) as FastifyInstance;
  server.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff');
  });
  server.setErrorHandler((error, request, reply) => answerFailure(log, error, { request, reply }));
  server.setNotFoundHandler((request, reply) => {
    const error = new LonghaulError('LH_API_CALL_INVALID', [`there is no ${request.method} ${request.url}`]);
    return reply.code(404).send(failureJson(error));
  });
  if (callers !== 'socket')
    server.addHook(
      'onRequest',
      async (request, reply) => await refuseStranger(callers.token, request, reply),
    );
  for (const route of Object.values(routes)) addRoute(server, service, route as Route<unknown, unknown>);
  server.get<{ Params: { id: string } }>(eventsPath, async (request, reply) => {
    await streamUpdates(options, request.params.id, reply);
  });
  return server;
}

function addRoute(server: FastifyInstance, service: RunService, route: Route<unknown, unknown>): void {
  server.route({
    method: route.method,
    url: route.path,
    handler: async (request, reply) => {
      const args = route.schema.safeParse({
        ...(request.params as object),
        ...(request.query as object),
        ...(request.body as object | undefined),
      });
      if (!args.success) throw new LonghaulError('LH_API_CALL_INVALID', [z.prettifyError(args.error)]);
      const answer = await route.call(service, args.data);
      return await reply.type('application/json; charset=utf-8').send(JSON.stringify(answer));
    },
  });
}

/**
 * With a token everybody must show it. Without one a caller must have asked for a loopback name: a page of another
 * origin whose name was pointed at 127.0.0.1 has not. Either way a browser only changes things from our own page.
 */
async function refuseStranger(
  token: string | null,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  const { authorization, host, origin } = request.headers;
  if (token !== null && !showsToken(authorization, token)) {
    const error = new LonghaulError('LH_API_UNAUTHORISED', [
      authorization === undefined ? 'no token was sent' : 'the token is not the right one',
    ]);
    return await reply
      .code(401)
      .header('www-authenticate', 'Basic realm="longhaul"')
      .send(failureJson(error));
  }
  const isForeign = origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === host);
  if (
    (token === null && !isLoopback(request.hostname.replace(/^\[|\]$/g, ''))) ||
    (isForeign && request.method !== 'GET')
  ) {
    const error = new LonghaulError('LH_API_UNAUTHORISED', [
      `'${origin ?? request.hostname}' is not this server`,
    ]);
    return await reply.code(403).send(failureJson(error));
  }
  return undefined;
}
