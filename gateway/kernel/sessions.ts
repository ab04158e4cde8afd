import { LonghaulError } from '../../topology/errors.ts';
import { sessionMarksMasked, sessionMarkText } from '../desired/marks.ts';
import { sessionCommandSecondsMax } from '../limits.ts';
import type { Session } from '../relocation.ts';
import { succeeded } from './ip.ts';
import type { KernelPort, RunOptions } from './port.ts';

/** Connection tracking: which sessions a guest has, and those of its old address made known at its new gateway. */
export interface Tuple {
  readonly source: string;
  readonly target: string;
  readonly sourcePort: number;
  readonly targetPort: number;
}

export interface Flow {
  readonly protocol: Session['protocol'];
  readonly state: string | null;
  readonly timeoutSeconds: number;
  readonly original: Tuple;
  readonly reply: Tuple;
}

/** TIME_WAIT and CLOSE are over. */
const openStates = new Set(['SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK']);

/** Open flows in which the guest with this address (the one it has inside) takes part. */
export async function flowsOf(
  kernel: KernelPort,
  address: string,
  options: RunOptions = {},
): Promise<readonly Flow[]> {
  const [opened, answered] = await Promise.all([
    list(kernel, ['-s', address], options),
    list(kernel, ['-r', address], options),
  ]);
  return [...opened, ...answered];
}

/** Who has flows open to the address; in one look, as a guest that stands still may be waiting for the answer. */
export async function peersOf(kernel: KernelPort, address: string): Promise<ReadonlySet<string>> {
  const flows = await list(kernel, ['-r', address], {});
  return new Set(flows.map(({ original }) => original.source));
}

/** Open flows of everybody: cheaper than asking for many guests one by one. */
export async function allFlows(kernel: KernelPort, options: RunOptions = {}): Promise<readonly Flow[]> {
  return await list(kernel, [], options);
}

async function list(
  kernel: KernelPort,
  filter: readonly string[],
  options: RunOptions,
): Promise<readonly Flow[]> {
  const argv = ['conntrack', '-L', '-f', 'ipv4', ...filter];
  const result = await kernel.run(argv, { timeoutSeconds: sessionCommandSecondsMax, ...options });
  return succeeded(argv, result)
    .split('\n')
    .flatMap((line) => parseFlow(line) ?? []);
}

/** `tcp 6 431999 ESTABLISHED src=… dst=… sport=… dport=… src=… dst=… sport=… dport=… [ASSURED] mark=0 use=1` */
export function parseFlow(line: string): Flow | null {
  const head = /^(tcp|udp)\s+\d+\s+(\d+)\s+(?:([A-Z_]+)\s)?/.exec(line);
  const [original, reply] = [...line.matchAll(/src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g)].map(tupleOf);
  if (head === null || original === undefined || reply === undefined) return null;
  const state = head[3] ?? null;
  if (state !== null && !openStates.has(state)) return null;
  return {
    protocol: head[1] === 'tcp' ? 'tcp' : 'udp',
    state,
    timeoutSeconds: Number(head[2]),
    original,
    reply,
  };
}

function tupleOf([, source = '', target = '', sourcePort, targetPort]: RegExpMatchArray): Tuple {
  return { source, target, sourcePort: Number(sourcePort), targetPort: Number(targetPort) };
}

/** The flow as the guest sees it, whatever this gateway translates for others; null: the guest has no part in it. */
export function sessionOf(flow: Flow, address: string): Session | null {
  const { original, reply } = flow;
  const inner =
    original.source === address
      ? original
      : reply.source === address
        ? {
            source: reply.target,
            target: reply.source,
            sourcePort: reply.targetPort,
            targetPort: reply.sourcePort,
          }
        : null;
  if (inner === null) return null;
  return {
    protocol: flow.protocol,
    sourceAddress: inner.source,
    targetAddress: inner.target,
    sourcePort: inner.sourcePort,
    targetPort: inner.targetPort,
    state: flow.state,
    timeoutSeconds: flow.timeoutSeconds,
  };
}

/** Whether the other side of the flow knows the guest by this address, so by its old one at its new site. */
export function isKnownBy({ original, reply }: Flow, address: string): boolean {
  return original.target === address || (original.source === address && reply.target === address);
}

/** Whether this gateway translates between the guest's inner address and this one. */
export const isTranslated = ({ original, reply }: Flow, address: string): boolean =>
  original.target === address || reply.target === address;

/**
 * Makes sessions known with the mark of the tunnel through which they come; one that is known already keeps its own
 * way. As replied and assured: a strict firewall lets them pass, and a full table does not drop them first.
 */
export async function insertSessions(
  kernel: KernelPort,
  sessions: readonly Session[],
  vni: number,
): Promise<void> {
  if (sessions.length === 0) return;
  const stdin = sessions.map((session) => `${insertLine(session, sessionMarkText(vni))}\n`).join('');
  succeeded(
    insertCommand,
    await kernel.run(insertCommand, { stdin, timeoutSeconds: sessionCommandSecondsMax }),
  );
}

/** conntrack opens /dev/stdin, which a socket, as a child gets for its input, does not allow; a pipe does. */
const insertCommand = ['sh', '-c', 'cat | conntrack -R -'];

function insertLine(session: Session, mark: string): string {
  const tuple = `-s ${session.sourceAddress} -d ${session.targetAddress} --sport ${session.sourcePort} --dport ${session.targetPort}`;
  const status =
    session.protocol === 'tcp'
      ? `--state ${session.state ?? 'ESTABLISHED'} -u SEEN_REPLY,ASSURED`
      : '-u SEEN_REPLY';
  return `-A -p ${session.protocol} ${tuple} -t ${session.timeoutSeconds} ${status} -m ${mark}`;
}

/** Forgets the tunnelled sessions of an old address (`marked`), or all there are of it. */
export async function deleteSessions(
  kernel: KernelPort,
  address: string,
  which: 'marked' | 'all',
): Promise<void> {
  const marks = which === 'marked' ? ['-m', sessionMarksMasked] : [];
  for (const direction of ['-s', '-d']) {
    const argv = ['conntrack', '-D', '-f', 'ipv4', direction, address, ...marks];
    const { exitCode, stderr } = await kernel.run(argv, { timeoutSeconds: sessionCommandSecondsMax });
    // With nothing to delete it fails too, and says so.
    if (exitCode !== 0 && !/\b0 flow entries have been deleted/.test(stderr))
      throw new LonghaulError('LH_COMMAND_FAILED', [argv.join(' '), exitCode, stderr.trim()]);
  }
}
