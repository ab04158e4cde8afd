import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { LonghaulError } from '../../../topology/errors.ts';
import type { Log } from '../../../topology/world.ts';
import { type Config, type Flags, readConfig } from '../../config/config.ts';
import { resolveSecret } from '../../config/secret.ts';
import { requireProtection } from '../../world/callers.ts';
import { createLog, realClock } from '../../world/real.ts';
import { addExample } from '../render/help.ts';
import type { Session } from '../session.ts';
import { addWorkOptions, startSession } from '../state-options.ts';

interface ServeOptions extends Flags {
  readonly certificate?: string;
  readonly key?: string;
}

/** `longhaul serve` and `longhaul worker`: processes that stay, and log JSON lines to standard error. */
export function register(program: Command): void {
  const serve = program
    .command('serve')
    .description('Carry runs out, and serve the API and a page that shows them.')
    .option('--listen <address>', 'address and port (LONGHAUL_LISTEN; default 127.0.0.1:7400)')
    .option('--token <reference>', 'token that callers must show: env:NAME or file:PATH (LONGHAUL_TOKEN)')
    .option('--certificate <file>', 'serve over TLS with this certificate (PEM)')
    .option('--key <file>', 'and its key (PEM)')
    .action(async (options: ServeOptions) => {
      const config = readConfig(options);
      const callers = readCallers(config, options);
      await stay(config, async (session, log) => await listen(session, { config, callers, log }));
    });
  addLogOption(addWorkOptions(serve));
  addExample(serve, [
    '$ longhaul serve',
    '$ longhaul serve --listen 10.0.0.5:7400 --token file:/etc/longhaul/token --certificate s.pem --key s.key',
  ]);

  const worker = program
    .command('worker')
    .description('Carry runs out, without API and page; several may share a Redis.')
    .action(async (options: Flags) => await stay(readConfig(options), async () => async () => undefined));
  addLogOption(addWorkOptions(worker));
  addExample(worker, ['$ longhaul worker --state redis://10.0.0.9:6379']);
}

function addLogOption(command: Command): Command {
  return command.option(
    '--log-level <level>',
    'debug, info, warn or error (LONGHAUL_LOG_LEVEL; default info)',
  );
}

/** Takes up what was interrupted and works until it is told to end. */
async function stay(
  config: Config,
  serve: (session: Session, log: Log) => Promise<() => Promise<void>>,
): Promise<void> {
  const log = createLog(2, config.logLevel);
  const told = untilTold();
  const session = await startSession(config, 'work', log);
  try {
    if (session.app === null) throw await heldBy(config);
    const stop = await serve(session, log);
    const recovered = await session.app.recover();
    log.info({ recovered, concurrency: config.concurrency }, 'working');
    log.info({ signal: await told }, 'closing: running moves are left as they stand, to be taken up again');
    await stop();
  } finally {
    await session.close();
  }
}

async function untilTold(): Promise<NodeJS.Signals> {
  return await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal));
  });
}

async function heldBy({ state }: Config): Promise<LonghaulError> {
  const directory = state.kind === 'directory' ? state.path : state.name;
  return new LonghaulError('LH_STATE_LOCKED', [directory, 'that already works on it']);
}

/** Who may call, and what the server shows them. */
interface Callers {
  readonly token: string | null;
  readonly tls: { readonly key: string; readonly certificate: string } | null;
}

/** Before any state is opened. */
function readCallers(config: Config, options: ServeOptions): Callers {
  const token = config.token === null ? null : resolveSecret(config.token).reveal();
  const tls = readTls(options);
  requireProtection(config.listen, token !== null && tls !== null);
  return { token, tls };
}

interface ListenParts {
  readonly config: Config;
  readonly callers: Callers;
  readonly log: Log;
}

async function listen(
  { service }: Session,
  { config, callers: { token, tls }, log }: ListenParts,
): Promise<() => Promise<void>> {
  const [{ createApi }, { addPages }] = await Promise.all([
    import('../../api/server.ts'),
    import('../../web/pages.ts'),
  ]);
  const server = createApi({ service, clock: realClock, log, callers: { token }, tls });
  addPages(server, service);
  log.info({ url: await server.listen({ ...config.listen }), authenticated: token !== null }, 'listening');
  return async () => await server.close();
}

function readTls({ certificate, key }: ServeOptions): Callers['tls'] {
  if (certificate === undefined && key === undefined) return null;
  if (certificate === undefined || key === undefined)
    throw new LonghaulError('LH_OPTION_INVALID', [
      '--certificate',
      'takes --key beside it, and the other way round',
    ]);
  return { certificate: readPem(certificate), key: readPem(key) };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LonghaulError('LH_INPUT_UNREADABLE', [file, why], { cause });
  }
}
