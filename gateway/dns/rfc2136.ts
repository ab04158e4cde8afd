import { decode, encode, type DecodedPacket } from 'dns-packet';
import { LonghaulError } from '../../topology/errors.ts';
import type { Clock, Random } from '../../topology/world.ts';
import type { DnsChange } from './change.ts';
import type { DnsDriver, DnsServerConfiguration } from './driver.ts';
import type { DnsExchange } from './exchange.ts';
import { zoneOf } from './name.ts';
import {
  pendingUpdates,
  questionsOf,
  statusOf,
  type Answer,
  type Question,
  type ZoneUpdate,
} from './difference.ts';
import { serverTimeOf, sign, tsigErrors, verify } from './tsig.ts';
import { encodeUpdate } from './update.ts';

export interface Rfc2136Options {
  readonly servers: readonly DnsServerConfiguration[];
  readonly exchange: DnsExchange;
  readonly clock: Clock;
  /** For message ids. */
  readonly random: Random;
}

/** Header flag AA: the answer comes from an authority for the zone (RFC 1035 §4.1.1). */
const authoritative = 0x0400;
/** RFC 1035 §4.1.1 and RFC 2136 §2.2. */
const rcodes: Readonly<Record<number, string>> = {
  0: 'NOERROR',
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  5: 'REFUSED',
  6: 'YXDOMAIN',
  7: 'YXRRSET',
  8: 'NXRRSET',
  9: 'NOTAUTH',
  10: 'NOTZONE',
};

/**
 * Names by DNS UPDATE (RFC 2136), signed by TSIG (RFC 8945), at every server with a key; the others are asked only.
 * Each update carries as its prerequisite what the server said just before, so that a change in between is not lost.
 */
export function createRfc2136Driver(options: Rfc2136Options): DnsDriver {
  return {
    observe: async (change, signal) => statusOf(change, await observeAll(options, change, signal)),
    apply: async (change, signal) => {
      const before = await observeAll(options, change, signal);
      // Judge all servers before telling any: a conflict changes nothing anywhere.
      const work = before.map(({ server, answers, error }) => {
        if (server.key === null) return { server, updates: [] };
        if (error !== null) throw error;
        return { server, updates: pendingUpdates(server, change, answers) };
      });
      for (const { server, updates } of work) {
        for (const update of updates) await sendUpdate(options, { server, update }, signal);
      }
      return statusOf(change, await observeAll(options, change, signal));
    },
  };
}

export interface Observed {
  readonly server: DnsServerConfiguration;
  readonly answers: readonly Answer[];
  readonly error: LonghaulError | null;
}

async function observeAll(
  options: Rfc2136Options,
  change: DnsChange,
  signal: AbortSignal,
): Promise<readonly Observed[]> {
  return await Promise.all(
    options.servers.map(async (server) => {
      const questions = questionsOf(change).filter(({ name }) => zoneOf(name, server.zones) !== null);
      try {
        const answers = await Promise.all(
          questions.map((question) => ask(options, { server, question }, signal)),
        );
        return { server, answers, error: null };
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof LonghaulError) return { server, answers: [], error };
        throw error;
      }
    }),
  );
}

async function ask(
  { exchange, random }: Rfc2136Options,
  { server, question }: { server: DnsServerConfiguration; question: Question },
  signal: AbortSignal,
): Promise<Answer> {
  const id = messageId(random);
  const query = encode({
    type: 'query',
    id,
    flags: 0,
    questions: [{ name: question.name, type: question.type }],
  });
  const reply = await exchange(server, query, signal);
  const packet: DecodedPacket = decode(reply);
  const rcode = reply.readUInt16BE(2) & 0xf;
  if (packet.id !== id || (rcode !== 0 && rcode !== 3) || (reply.readUInt16BE(2) & authoritative) === 0) {
    const why = rcode === 0 ? 'it is not authoritative for it' : (rcodes[rcode] ?? `RCODE ${rcode}`);
    throw new LonghaulError('LH_DNS_UNREACHABLE', [server.name, `asked for ${question.name}: ${why}`]);
  }
  const records = (packet.answers ?? []).flatMap((record) =>
    record.type === 'A' || record.type === 'PTR' ? [{ ttlSeconds: record.ttl ?? 0, data: record.data }] : [],
  );
  return { ...question, records };
}

async function sendUpdate(
  { exchange, random, clock }: Rfc2136Options,
  { server, update }: { server: DnsServerConfiguration; update: ZoneUpdate },
  signal: AbortSignal,
): Promise<void> {
  const { key } = server;
  if (key === null) return;
  const request = sign(encodeUpdate({ id: messageId(random), ...update }), key, clock.nowSeconds());
  const reply = await exchange(server, request.wire, signal);
  const rcode = reply.readUInt16BE(2) & 0xf;
  const refusal = rcodes[rcode] ?? `RCODE ${rcode}`;
  const tsig = verify(reply, { key, mac: request.mac }, clock.nowSeconds());
  if (tsig === null || tsig.error !== 0) {
    const why = tsig === null ? refusal : (tsigErrors[tsig.error] ?? `TSIG error ${tsig.error}`);
    const serverTime = tsig === null ? null : serverTimeOf(tsig);
    const times =
      serverTime === null ? '' : `, its clock says ${serverTime}, ours ${Math.floor(clock.nowSeconds())}`;
    throw new LonghaulError('LH_DNS_KEY_REFUSED', [server.name, key.name, `${why}${times}`]);
  }
  if (rcode !== 0) throw new LonghaulError('LH_DNS_UPDATE_REFUSED', [server.name, update.zone, refusal]);
}

function messageId(random: Random): number {
  return Math.floor(random.next() * 65_536);
}
