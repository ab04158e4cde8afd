import { LonghaulError } from '../../topology/errors.ts';
import { labelBytesMax, nameBytesMax } from './limits.ts';

/** Wire form of a name: lower case (RFC 8945 §4.3.3 wants canonical form), never compressed. */
export function encodeName(name: string): Buffer {
  const labels = name.replace(/\.$/, '').toLowerCase().split('.');
  const parts = labels.map((label) => {
    const bytes = Buffer.from(label, 'latin1');
    if (bytes.length === 0 || bytes.length > labelBytesMax) {
      throw new LonghaulError('LH_DNS_NAME_INVALID', [name, `a label has 1 to ${labelBytesMax} octets`]);
    }
    return Buffer.concat([Buffer.of(bytes.length), bytes]);
  });
  const wire = Buffer.concat([...parts, Buffer.of(0)]);
  if (wire.length > nameBytesMax) {
    throw new LonghaulError('LH_DNS_NAME_INVALID', [name, `a name has at most ${nameBytesMax} octets`]);
  }
  return wire;
}

/** Offset behind the name at `offset`; follows no pointer, since a pointer ends a name (RFC 1035 §4.1.4). */
export function skipName(message: Buffer, offset: number): number {
  let at = offset;
  for (;;) {
    const length = message.readUInt8(at);
    if ((length & 0xc0) === 0xc0) return at + 2;
    if (length === 0) return at + 1;
    at += 1 + length;
  }
}

/** '10.2.0.50' → '50.0.2.10.in-addr.arpa' (RFC 1035 §3.5). */
export function reverseName(address: string): string {
  return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
}

/** Names compare without case and final dot (RFC 1035 §2.3.3). */
export function sameName(a: string, b: string): boolean {
  return a.replace(/\.$/, '').toLowerCase() === b.replace(/\.$/, '').toLowerCase();
}

/** The longest of `zones` that `name` lies in. */
export function zoneOf(name: string, zones: readonly string[]): string | null {
  const lower = name.toLowerCase();
  const fitting = zones.filter((zone) => sameName(lower, zone) || lower.endsWith(`.${zone.toLowerCase()}`));
  return fitting.sort((a, b) => b.length - a.length)[0] ?? null;
}
