import { encodeName } from './name.ts';

/**
 * UPDATE messages (RFC 2136 §2), which dns-packet cannot write: its classes NONE and ANY come out wrong.
 * header | zone | prerequisites | updates | additional (TSIG, added by tsig.ts)
 */
export interface UpdateMessage {
  readonly id: number;
  readonly zone: string;
  readonly prerequisites: readonly Buffer[];
  readonly updates: readonly Buffer[];
}

const types = { A: 1, SOA: 6, PTR: 12 } as const;
const classes = { IN: 1, NONE: 254, ANY: 255 } as const;
type DataType = 'A' | 'PTR';

/** Opcode 5 in bits 11–14 of the flags (RFC 2136 §1.3). */
const updateFlags = 5 << 11;

export function encodeUpdate({ id, zone, prerequisites, updates }: UpdateMessage): Buffer {
  const header = words(id, updateFlags, 1, prerequisites.length, updates.length, 0);
  const zoneSection = Buffer.concat([encodeName(zone), words(types.SOA, classes.IN)]);
  return Buffer.concat([header, zoneSection, ...prerequisites, ...updates]);
}

/** Prerequisites, RFC 2136 §2.4.2 and §2.4.3: "RRset exists (value dependent)" names each of its records. */
export const requireRecord = (name: string, type: DataType, data: string): Buffer =>
  record({ name, type, class: 'IN', ttlSeconds: 0, data });
export const requireNone = (name: string, type: DataType): Buffer =>
  record({ name, type, class: 'NONE', ttlSeconds: 0, data: null });

/** Updates, RFC 2136 §2.5.1, §2.5.2 and §2.5.4. */
export const addRecord = (
  name: string,
  type: DataType,
  value: { readonly ttlSeconds: number; readonly data: string },
): Buffer => record({ name, type, class: 'IN', ...value });
export const deleteSet = (name: string, type: DataType): Buffer =>
  record({ name, type, class: 'ANY', ttlSeconds: 0, data: null });
export const deleteRecord = (name: string, type: DataType, data: string): Buffer =>
  record({ name, type, class: 'NONE', ttlSeconds: 0, data });

interface UpdateRecord {
  readonly name: string;
  readonly type: DataType;
  readonly class: keyof typeof classes;
  readonly ttlSeconds: number;
  readonly data: string | null;
}

function record({ name, type, class: recordClass, ttlSeconds, data }: UpdateRecord): Buffer {
  const rdata = data === null ? Buffer.alloc(0) : encodeData(type, data);
  const ttl = Buffer.alloc(4);
  ttl.writeUInt32BE(ttlSeconds);
  return Buffer.concat([
    encodeName(name),
    words(types[type], classes[recordClass]),
    ttl,
    words(rdata.length),
    rdata,
  ]);
}

function encodeData(type: DataType, data: string): Buffer {
  return type === 'A' ? Buffer.from(data.split('.').map(Number)) : encodeName(data);
}

function words(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => buffer.writeUInt16BE(value, index * 2));
  return buffer;
}
