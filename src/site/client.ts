import { Pool } from 'undici';
import { LonghaulError } from '../../topology/errors.ts';
import { parseFailure } from '../world/failure.ts';
import { answerSlackSeconds, connectionsMax } from './limits.ts';
import { type Operation, protocolHeader, protocolVersion } from './operations.ts';
import { siteOver } from './site-over.ts';
import type { Site } from './site.ts';
import { CallNotDelivered, isWithoutConnection, whyUnreachable } from './unreachable.ts';

/** A site's agent as its callers see it: the Site interface over HTTP. Errors are those the agent threw. */
export interface ClientOptions {
  readonly site: string;
  /** For example 'https://agent.lyon.example:7443'. */
  readonly url: string;
  readonly token: string | null;
  readonly tls: ClientTls | null;
  /** Whether the site has load balancers. */
  readonly balancers: boolean;
  /** A connection that is not there after so long is not coming. */
  readonly connectSeconds: number;
}

/** PEM texts. */
export interface ClientTls {
  /** That signed the agent's certificate; null: one that the system trusts. */
  readonly authority: string | null;
  /** For an agent that asks for a certificate. */
  readonly client: { readonly certificate: string; readonly key: string } | null;
}

export interface SiteClient extends Site {
  close(): Promise<void>;
}

export function createSiteClient(options: ClientOptions): SiteClient {
  const connection = new AgentConnection(options);
  const ask = connection.ask.bind(connection);
  return { ...siteOver(options.site, ask, options), close: async () => await connection.close() };
}

/** One call after another over a pool of kept connections. */
class AgentConnection {
  readonly #options: ClientOptions;
  readonly #pool: Pool;

  constructor(options: ClientOptions) {
    const { url, tls, connectSeconds } = options;
    this.#options = options;
    this.#pool = new Pool(url, {
      connections: connectionsMax,
      pipelining: 1,
      connect: {
        timeout: connectSeconds * 1000,
        ...(tls?.authority == null ? {} : { ca: tls.authority }),
        ...(tls?.client == null ? {} : { key: tls.client.key, cert: tls.client.certificate }),
      },
    });
  }

  async ask<A, R>(operation: Operation<A, R>, args: A, signal: AbortSignal): Promise<R> {
    signal.throwIfAborted();
    const milliseconds = (operation.seconds + answerSlackSeconds) * 1000;
    const { path, body } = requestOf(operation, args as Readonly<Record<string, unknown>>);
    const { token } = this.#options;
    try {
      const response = await this.#pool.request({
        method: operation.method,
        path,
        headers: {
          accept: 'application/json',
          [protocolHeader]: protocolVersion,
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === null ? {} : { 'content-type': 'application/json' }),
        },
        body,
        signal,
        headersTimeout: milliseconds,
        bodyTimeout: milliseconds,
      });
      const text = await response.body.text();
      return this.#answer(response.statusCode, response.headers[protocolHeader], text) as R;
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof LonghaulError) throw cause;
      const why = whyUnreachable(cause, this.#options.tls);
      if (isWithoutConnection(cause)) throw new CallNotDelivered(this.#options.site, why, cause);
      throw this.#unreachable(why, cause);
    }
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  #answer(status: number, version: string | string[] | undefined, text: string): unknown {
    if (version !== protocolVersion)
      throw this.#unreachable(
        `what answers at ${this.#options.url} with status ${status} is no site agent of protocol ${protocolVersion}`,
      );
    if (status === 204) return undefined;
    if (status === 200) return JSON.parse(text);
    const fault = (why: string): LonghaulError =>
      new LonghaulError('LH_AGENT_FAULT', [this.#options.site, why]);
    throw parseFailure(text, fault) ?? this.#unreachable(`status ${status}: ${text.slice(0, 200)}`);
  }

  #unreachable(why: string, cause?: unknown): LonghaulError {
    return new LonghaulError('LH_AGENT_UNREACHABLE', [this.#options.site, why], { cause });
  }
}

/** Fields named in the path go there; the rest into the query (GET) or the body. */
function requestOf(
  { method, path }: Pick<Operation<unknown, unknown>, 'method' | 'path'>,
  args: Readonly<Record<string, unknown>>,
): { readonly path: string; readonly body: string | null } {
  const rest = new Map(Object.entries(args));
  const filled = path.replaceAll(/:(\w+)/g, (_, field: string) => {
    const value = rest.get(field);
    rest.delete(field);
    return encodeURIComponent(String(value));
  });
  if (method !== 'GET') return { path: filled, body: JSON.stringify(Object.fromEntries(rest)) };
  const query = new URLSearchParams();
  for (const [field, value] of rest) query.set(field, queryText(value));
  return { path: rest.size === 0 ? filled : `${filled}?${query.toString()}`, body: null };
}

const queryText = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? `${value}` : 'none';
