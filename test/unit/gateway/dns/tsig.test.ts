import { expect, test } from 'vitest';
import { sign, verify } from '../../../../gateway/dns/tsig.ts';
import { addRecord, deleteSet, encodeUpdate } from '../../../../gateway/dns/update.ts';

const key = { name: 'lh-key', secret: Buffer.from('c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTEyMzQ=', 'base64') };

test('a signature that the verifier of the other side would make is accepted, any changed bit is not', () => {
  const request = sign(
    encodeUpdate({ id: 7, zone: 'example.test', prerequisites: [], updates: [] }),
    key,
    1_700_000_000,
  );
  const answer = signedAnswer(request.mac);
  expect(verify(answer, { key, mac: request.mac }, 1_700_000_000)?.error).toBe(0);
  const forged = Buffer.from(answer);
  forged.writeUInt8(forged.readUInt8(3) ^ 1, 3);
  expect(() => verify(forged, { key, mac: request.mac }, 1_700_000_000)).toThrow('cannot be trusted');
  expect(() => verify(answer, { key, mac: request.mac }, 1_700_000_301)).toThrow('its time is 1700000000');
});

test('an answer without TSIG is told apart from a signed one', () => {
  const bare = Buffer.alloc(12);
  expect(verify(bare, { key, mac: Buffer.alloc(32) }, 0)).toBeNull();
});

/** An empty NOERROR answer, signed as RFC 8945 §5.3.1 says: the request's MAC is covered too. */
function signedAnswer(requestMac: Buffer): Buffer {
  const header = Buffer.from('0007a8000000000000000000', 'hex');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(requestMac.length);
  const covered = Buffer.concat([length, requestMac, header]);
  const { mac } = sign(covered, key, 1_700_000_000);
  const { wire } = sign(header, key, 1_700_000_000);
  const macAt = wire.length - 6 - mac.length;
  mac.copy(wire, macAt);
  return wire;
}

test('the MAC of an update agrees with the vector that BIND accepts', () => {
  const name = 'vm50.example.test';
  const message = encodeUpdate({
    id: 7,
    zone: 'example.test',
    // RFC 2136 §2.4.1 "RRset exists (value independent)" has the same form as §2.5.2 "delete an RRset"
    prerequisites: [deleteSet(name, 'A')],
    updates: [addRecord(name, 'A', { ttlSeconds: 60, data: '10.2.0.50' })],
  });
  const { mac } = sign(message, key, 1_700_000_000);
  expect(mac.toString('hex')).toBe('270843b464d6b2c6695594f0b2f33d3c293ac868c6a9f4dfbe4a7a51e19ac6f3');
});
