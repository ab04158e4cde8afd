/** The kernel's initramfs format, cpio "newc" (Linux Documentation/driver-api/early-userspace/buffer-format.rst). */
export interface ArchiveEntry {
  /** Without a leading slash. */
  readonly name: string;
  /** With type bits: 0o040755 a directory, 0o100755 a program. */
  readonly mode: number;
  readonly content: Uint8Array;
}

const alignment = 4;
const trailer = 'TRAILER!!!';

/** The same entries give the same bytes: no times, no owners, inodes by position. */
export function writeArchive(entries: readonly ArchiveEntry[]): Buffer {
  const end: ArchiveEntry = { name: trailer, mode: 0, content: new Uint8Array() };
  return Buffer.concat(
    [...entries, end].flatMap((entry, index) => [header(entry, index + 1), padded(entry.content)]),
  );
}

function header({ name, mode, content }: ArchiveEntry, inode: number): Buffer {
  const isDirectory = (mode & 0o170000) === 0o040000;
  const fields = [inode, mode, 0, 0, isDirectory ? 2 : 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
  const text = fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  return padded(Buffer.from(`070701${text}${name}\0`, 'latin1'));
}

function padded(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, new Uint8Array((alignment - (bytes.length % alignment)) % alignment)]);
}
