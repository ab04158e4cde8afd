import { createHmac, timingSafeEqual } from 'node:crypto';
import { LonghaulError } from '../../topology/errors.ts';
import type { TsigKey } from './driver.ts';
import { fudgeSeconds } from './limits.ts';
import { encodeName, skipName } from './name.ts';

/** Transaction signatures by HMAC-SHA256 (RFC 8945). */
const algorithm = encodeName('hmac-sha256');
const tsigType = 250;
const classAny = 255;
/** Extended RCODEs in the TSIG error field, RFC 8945 §5.2 and its registry. */
export const tsigErrors: Readonly<Record<number, string>> = {
  16: 'BADSIG',
  17: 'BADKEY',
  18: 'BADTIME',
  22: 'BADTRUNC',
};

export interface SignedMessage {
  readonly wire: Buffer;
  /** Its MAC, which the answer's MAC covers (RFC 8945 §5.3.1). */
  readonly mac: Buffer;
}

interface Variables {
  readonly timeSeconds: number;
  readonly fudge: number;
  readonly error: number;
  readonly other: Buffer;
}

export interface Tsig extends Variables {
  readonly mac: Buffer;
  readonly originalId: number;
}

/** Appends the TSIG record: MAC over the message without it, then the variables (RFC 8945 §4.3). */
export function sign(message: Buffer, key: TsigKey, timeSeconds: number): SignedMessage {
  const variables: Variables = { timeSeconds, fudge: fudgeSeconds, error: 0, other: Buffer.alloc(0) };
  const mac = macOf(key, [message, macVariables(key, variables)]);
  const rdata = Buffer.concat([
    algorithm,
    uint48(timeSeconds),
    words(fudgeSeconds, mac.length),
    mac,
    words(message.readUInt16BE(0), 0, 0),
  ]);
  const record = Buffer.concat([encodeName(key.name), words(tsigType, classAny, 0, 0, rdata.length), rdata]);
  const wire = Buffer.concat([message, record]);
  wire.writeUInt16BE(message.readUInt16BE(10) + 1, 10);
  return { wire, mac };
}

/**
 * Checks the signature of an answer and gives its TSIG record, whose `error` the caller judges; null when it has none.
 * Throws LH_DNS_SIGNATURE_WRONG when the MAC differs or the time is outside the fudge of its own record.
 */
export function verify(
  answer: Buffer,
  request: { readonly key: TsigKey; readonly mac: Buffer },
  nowSeconds: number,
): Tsig | null {
  const split = splitTsig(answer);
  if (split === null) return null;
  const { unsigned, tsig } = split;
  // RFC 8945 §5.2.1, §5.2.2: BADKEY and BADSIG answers have no MAC. They only ever count as a refusal.
  if (tsig.mac.length === 0 && tsig.error !== 0) return tsig;
  const expected = macOf(request.key, [
    words(request.mac.length),
    request.mac,
    unsigned,
    macVariables(request.key, tsig),
  ]);
  if (tsig.mac.length !== expected.length || !timingSafeEqual(tsig.mac, expected)) {
    throw new LonghaulError('LH_DNS_SIGNATURE_WRONG', [
      request.key.name,
      'the answer was not signed with this key',
    ]);
  }
  // RFC 8945 §5.2.3: BADTIME answers carry the client's time and the server's in `other`; they are judged by the caller.
  if (tsig.error === 0 && Math.abs(nowSeconds - tsig.timeSeconds) > tsig.fudge) {
    throw new LonghaulError('LH_DNS_SIGNATURE_WRONG', [
      request.key.name,
      `its time is ${tsig.timeSeconds}, ours ${Math.floor(nowSeconds)}`,
    ]);
  }
  return tsig;
}

/** The server's clock out of a BADTIME answer (RFC 8945 §5.2.3). */
export function serverTimeOf(tsig: Tsig): number | null {
  return tsig.other.length === 6 ? tsig.other.readUIntBE(0, 6) : null;
}

/** The message as it was before signing, and its TSIG: the last record of the additional section. */
function splitTsig(message: Buffer): { unsigned: Buffer; tsig: Tsig } | null {
  const additional = message.readUInt16BE(10);
  if (additional === 0) return null;
  let at = 12;
  for (let index = message.readUInt16BE(4); index > 0; index--) at = skipName(message, at) + 4;
  const before = message.readUInt16BE(6) + message.readUInt16BE(8) + additional - 1;
  for (let index = before; index > 0; index--) at = skipRecord(message, at);
  const fixed = skipName(message, at);
  if (message.readUInt16BE(fixed) !== tsigType) return null;
  const tsig = readTsig(message, skipName(message, fixed + 10));
  const unsigned = Buffer.from(message.subarray(0, at));
  unsigned.writeUInt16BE(additional - 1, 10);
  unsigned.writeUInt16BE(tsig.originalId, 0);
  return { unsigned, tsig };
}

function readTsig(message: Buffer, at: number): Tsig {
  const macLength = message.readUInt16BE(at + 8);
  const tail = at + 10 + macLength;
  const otherLength = message.readUInt16BE(tail + 4);
  return {
    timeSeconds: message.readUIntBE(at, 6),
    fudge: message.readUInt16BE(at + 6),
    mac: message.subarray(at + 10, tail),
    originalId: message.readUInt16BE(tail),
    error: message.readUInt16BE(tail + 2),
    other: message.subarray(tail + 6, tail + 6 + otherLength),
  };
}

function skipRecord(message: Buffer, offset: number): number {
  const fixed = skipName(message, offset);
  return fixed + 10 + message.readUInt16BE(fixed + 8);
}

function macVariables(key: TsigKey, { timeSeconds, fudge, error, other }: Variables): Buffer {
  return Buffer.concat([
    encodeName(key.name),
    words(classAny, 0, 0),
    algorithm,
    uint48(timeSeconds),
    words(fudge, error, other.length),
    other,
  ]);
}

function macOf(key: TsigKey, parts: readonly Buffer[]): Buffer {
  return createHmac('sha256', key.secret).update(Buffer.concat(parts)).digest();
}

function uint48(seconds: number): Buffer {
  const buffer = Buffer.alloc(6);
  buffer.writeUIntBE(Math.floor(seconds), 0, 6);
  return buffer;
}

function words(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => buffer.writeUInt16BE(value, index * 2));
  return buffer;
}
