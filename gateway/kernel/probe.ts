import { LonghaulError } from '../../topology/errors.ts';
import { answerSecondsMax, probeIntervalSeconds, probesMax } from '../limits.ts';
import type { KernelPort, RunOptions } from './port.ts';

/**
 * RFC 5227 §2.1.1: ARP requests with an all-zero sender address, so that asking changes nobody's cache. The MAC address
 * that answers first; null: nobody holds the address.
 */
export async function probeAddress(
  kernel: KernelPort,
  { device, address }: { readonly device: string; readonly address: string },
  options: RunOptions = {},
): Promise<string | null> {
  const waits = [
    '-c',
    String(probesMax),
    '-C',
    '1',
    '-W',
    String(probeIntervalSeconds),
    '-w',
    String(probesMax * probeIntervalSeconds),
  ];
  const argv = ['arping', '-0', '-r', ...waits, '-i', device, address];
  const { exitCode, stdout, stderr } = await kernel.run(argv, options);
  const holder = /[0-9a-f]{2}(?::[0-9a-f]{2}){5}/.exec(stdout)?.[0];
  if (holder !== undefined) return holder;
  // arping answers 1 for "nobody"; it complains on standard error about everything else.
  if (exitCode === 1 && stderr.trim() === '') return null;
  throw new LonghaulError('LH_COMMAND_FAILED', [argv.join(' '), exitCode, stderr.trim()]);
}

export interface Question {
  readonly address: string;
  /** TCP; null: ICMP echo. */
  readonly port: number | null;
  /** This gateway's address to ask from; null: whichever the route gives. */
  readonly source: string | null;
}

/** Whether somebody accepts a connection there, or answers an echo. */
export async function addressAnswers(
  kernel: KernelPort,
  { address, port, source }: Question,
  options: RunOptions = {},
): Promise<boolean> {
  const seconds = String(answerSecondsMax);
  const argv =
    port === null
      ? ['ping', '-n', '-q', '-c', '1', '-w', seconds, ...(source === null ? [] : ['-I', source]), address]
      : ['socat', '-u', '/dev/null', tcpEnd(address, port, source)];
  const { exitCode } = await kernel.run(argv, options);
  return exitCode === 0;
}

function tcpEnd(address: string, port: number, source: string | null): string {
  const bind = source === null ? '' : `,bind=${source}`;
  return `TCP4:${address}:${port},connect-timeout=${answerSecondsMax}${bind}`;
}
