import { expect, test } from 'vitest';
import { writeArchive } from '../../../src/lab/guest/cpio.ts';

test('an initramfs archive holds each entry with its mode, aligned to four bytes, and ends with the trailer', () => {
  const archive = writeArchive([
    { name: 'bin', mode: 0o040755, content: new Uint8Array() },
    { name: 'init', mode: 0o100755, content: Buffer.from('hello') },
  ]);
  const header = (fields: string, name: string): string => `070701${fields}${name}\0`;
  const pad = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, '\0');
  const zeros = '00000000';
  const expected = [
    pad(
      header(
        `00000001000041ed${zeros}${zeros}00000002${zeros}${zeros}${zeros}${zeros}${zeros}${zeros}00000004${zeros}`,
        'bin',
      ),
    ),
    pad(
      header(
        `00000002000081ed${zeros}${zeros}00000001${zeros}00000005${zeros}${zeros}${zeros}${zeros}00000005${zeros}`,
        'init',
      ),
    ),
    pad('hello'),
    pad(
      header(
        `0000000300000000${zeros}${zeros}00000001${zeros}${zeros}${zeros}${zeros}${zeros}${zeros}0000000b${zeros}`,
        'TRAILER!!!',
      ),
    ),
  ].join('');
  expect(archive.toString('latin1')).toBe(expected);
});
