import { connect } from 'node:net';
import { LonghaulError } from '../../topology/errors.ts';
import { exchangeSecondsMax, messageBytesMax } from './limits.ts';

/** Sends one message to one server and answers its reply. */
export type DnsExchange = (
  server: { readonly name: string; readonly address: string; readonly port: number },
  message: Buffer,
  signal: AbortSignal,
) => Promise<Buffer>;

/**
 * Over TCP (RFC 7766): an update may be larger than a datagram, and a lost datagram would leave its outcome unknown.
 * Throws LH_DNS_UNREACHABLE.
 */
export const exchangeOverTcp: DnsExchange = async (server, message, signal) => {
  const ends = AbortSignal.any([signal, AbortSignal.timeout(exchangeSecondsMax * 1000)]);
  const framed = Buffer.alloc(2 + message.length);
  framed.writeUInt16BE(message.length);
  message.copy(framed, 2);
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const socket = connect({ host: server.address, port: server.port, signal: ends });
      let received = Buffer.alloc(0);
      socket.on('connect', () => socket.write(framed));
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        const reply = completeReply(received);
        if (reply !== null) resolve(reply);
        if (reply !== null || received.length > messageBytesMax + 2) socket.destroy();
      });
      socket.on('error', reject);
      socket.on('close', () =>
        reject(new LonghaulError('LH_DNS_UNREACHABLE', [server.name, 'it closed the connection'])),
      );
    });
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof LonghaulError) throw cause;
    const why = ends.aborted ? `no answer within ${exchangeSecondsMax} s` : (cause as Error).message;
    throw new LonghaulError(
      'LH_DNS_UNREACHABLE',
      [`${server.name} (${server.address}:${server.port})`, why],
      { cause },
    );
  }
};

function completeReply(received: Buffer): Buffer | null {
  if (received.length < 2) return null;
  const length = received.readUInt16BE(0);
  return received.length >= 2 + length ? received.subarray(2, 2 + length) : null;
}
