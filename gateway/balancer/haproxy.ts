import { connect } from 'node:net';
import { LonghaulError } from '../../topology/errors.ts';
import type { BalancerChange, BalancerStatus } from './change.ts';
import type { BalancerDriver } from './driver.ts';
import { answerBytesMax, exchangeSecondsMax } from './limits.ts';

export interface HaproxyOptions {
  readonly name: string;
  /** Unix socket of `stats socket … level admin`, or host and port of `ipv4@host:port level admin`. */
  readonly socket: { readonly path: string } | { readonly host: string; readonly port: number };
  /** HAProxy's backends that may be changed. */
  readonly pools: readonly string[];
}

/** A server line of `show servers state` joined with `show stat` (HAProxy management guide §9.1, §9.3). */
interface Server {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly isUp: boolean;
  /** srv_admin_state, a set of bits: 0x01 forced maintenance, 0x08 forced drain. */
  readonly adminState: number;
  readonly sessions: number;
}

const maintenance = 0x01;
const drain = 0x08;

/**
 * HAProxy by its runtime API. Servers added here are named `lh-<address>`, so that a restart recognises them; their port
 * is the one of the pool's other servers. They live until HAProxy reloads: add them to its configuration as well.
 */
export function createHaproxyDriver(options: HaproxyOptions): BalancerDriver {
  const observe = async (change: BalancerChange, signal: AbortSignal): Promise<BalancerStatus> =>
    statusOf(options.name, change, await readPool(options, change.pool, signal));
  return {
    name: options.name,
    pools: options.pools,
    observe,
    apply: async (change, signal) => {
      const servers = await readPool(options, change.pool, signal);
      for (const member of change.members) {
        for (const command of commandsFor(change.pool, member, servers))
          await order(options, command, signal);
      }
      return await observe(change, signal);
    },
  };
}

type Member = BalancerChange['members'][number];

function commandsFor(
  pool: string,
  { address, state }: Member,
  servers: readonly Server[],
): readonly string[] {
  const server = servers.find((candidate) => candidate.address === address);
  const name = `${pool}/${server?.name ?? nameOf(address)}`;
  if (server === undefined) {
    if (state !== 'serving') return [];
    const port = servers[0]?.port ?? 0;
    return [
      `add server ${name} ${address}:${port} check inter 500ms fall 3 rise 2`,
      `enable health ${name}`,
      `enable server ${name}`,
    ];
  }
  const now = stateOf(server);
  if (now === state) return [];
  if (state === 'serving') return [`set server ${name} state ready`];
  if (state === 'draining') return [`set server ${name} state drain`];
  // "Only servers in maintenance mode can be deleted", and none that still has sessions.
  if (server.sessions > 0) return now === 'draining' ? [] : [`set server ${name} state drain`];
  return [`set server ${name} state maint`, `del server ${name}`];
}

function statusOf(balancer: string, { members }: BalancerChange, servers: readonly Server[]): BalancerStatus {
  const observed = members.map(({ address }) => {
    const server = servers.find((candidate) => candidate.address === address);
    if (server === undefined)
      return { balancer, address, state: 'absent' as const, healthy: false, sessions: 0 };
    const state = stateOf(server);
    return {
      balancer,
      address,
      state,
      healthy: state === 'serving' && server.isUp,
      sessions: server.sessions,
    };
  });
  return {
    converged: members.every(({ state }, index) => observed[index]?.state === state),
    members: observed,
    error: null,
  };
}

function stateOf({ adminState }: Server): 'serving' | 'draining' {
  return (adminState & (maintenance | drain)) === 0 ? 'serving' : 'draining';
}

function nameOf(address: string): string {
  return `lh-${address.replaceAll('.', '-')}`;
}

async function readPool(
  options: HaproxyOptions,
  pool: string,
  signal: AbortSignal,
): Promise<readonly Server[]> {
  if (!options.pools.includes(pool))
    throw new LonghaulError('LH_BALANCER_POOL_UNKNOWN', [options.name, pool]);
  const states = await exchange(options, `show servers state ${pool}`, signal);
  const statistics = await exchange(options, 'show stat', signal);
  // The first line is the format's version, the second names the columns behind '# '.
  const [, header = '', ...lines] = states.split('\n');
  if (!header.startsWith('# '))
    throw new LonghaulError('LH_BALANCER_FAILED', [
      options.name,
      `show servers state ${pool}`,
      states.trim(),
    ]);
  const columns = header.slice(2).split(' ');
  const sessions = sessionsOf(statistics, pool);
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const fields = line.split(' ');
      const field = (column: string): string => fields[columns.indexOf(column)] ?? '';
      return {
        name: field('srv_name'),
        address: field('srv_addr'),
        port: Number(field('srv_port')),
        isUp: field('srv_op_state') === '2',
        adminState: Number(field('srv_admin_state')),
        sessions: sessions.get(field('srv_name')) ?? 0,
      };
    });
}

/** Current sessions (`scur`) by server out of the CSV of `show stat`. */
function sessionsOf(statistics: string, pool: string): ReadonlyMap<string, number> {
  const [header = '', ...lines] = statistics.split('\n');
  const columns = header.replace(/^# /, '').split(',');
  const rows = lines.map((line) => line.split(',')).filter((fields) => fields[0] === pool);
  return new Map(
    rows.map((fields) => [fields[columns.indexOf('svname')] ?? '', Number(fields[columns.indexOf('scur')])]),
  );
}

/** Answers that mean success; HAProxy has no status codes, and most successes are silent. */
const success = /^\s*$|^New server registered\.|^Server deleted\./;

async function order(options: HaproxyOptions, command: string, signal: AbortSignal): Promise<void> {
  const answer = await exchange(options, command, signal);
  if (!success.test(answer))
    throw new LonghaulError('LH_BALANCER_FAILED', [options.name, command, answer.trim()]);
}

/** One command on one connection: HAProxy answers and closes. */
async function exchange(
  { name, socket }: HaproxyOptions,
  command: string,
  signal: AbortSignal,
): Promise<string> {
  const ends = AbortSignal.any([signal, AbortSignal.timeout(exchangeSecondsMax * 1000)]);
  try {
    return await new Promise<string>((resolve, reject) => {
      const connection = connect({ ...socket, signal: ends });
      let answer = '';
      connection.setEncoding('utf8');
      connection.on('connect', () => connection.write(`${command}\n`));
      connection.on('data', (chunk: string) => {
        answer += chunk;
        if (answer.length > answerBytesMax)
          connection.destroy(new LonghaulError('LH_BALANCER_FAILED', [name, command, 'answer too long']));
      });
      connection.on('error', reject);
      connection.on('close', () => resolve(answer));
    });
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof LonghaulError) throw cause;
    throw new LonghaulError('LH_BALANCER_FAILED', [name, command, (cause as Error).message], { cause });
  }
}
