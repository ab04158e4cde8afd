import assert from 'node:assert/strict';
import type { Announcement } from '../desired/announcements.ts';

/** IEEE 802.3: the shortest frame without its checksum; ARP fills 42 of it. */
export const frameBytes = 60;

/** Ethernet, type ARP; hardware Ethernet, protocol IPv4, lengths 6 and 4, operation request (RFC 826). */
const header = Buffer.from('08060001080006040001', 'hex');

/**
 * "`address` is at `mac`", said by `from`: a gratuitous request (RFC 5227 §2.3: sender and target address are the same). Every stack
 * that knows the address takes it over; nobody answers.
 */
export function announcementFrame(from: string, { to, address, mac }: Announcement): Uint8Array {
  const owner = addressBytes(address);
  const parts = [macBytes(to), macBytes(from), header, macBytes(mac), owner, Buffer.alloc(6), owner];
  return Buffer.concat(parts, frameBytes);
}

function macBytes(mac: string): Uint8Array {
  const bytes = Buffer.from(mac.replaceAll(':', ''), 'hex');
  assert.equal(bytes.length, 6, `'${mac}' is not a MAC address`);
  return bytes;
}

function addressBytes(address: string): Uint8Array {
  const bytes = Uint8Array.from(address.split('.').map(Number));
  assert.equal(bytes.length, 4, `'${address}' is not an IPv4 address`);
  return bytes;
}
