import { open } from 'node:fs/promises';
import type { GuestDefinition } from './definition.ts';
import { serialTailBytes } from './limits.ts';

/** The last whole line `PREFIX n` at the end of the guest's serial log; null where it shows none. */
export async function readHeartbeat(
  serialLog: string,
  { heartbeat }: GuestDefinition,
): Promise<{ readonly count: number } | null> {
  if (heartbeat === null) return null;
  const text = await tail(serialLog, serialTailBytes);
  const lines = text.split('\n').slice(0, -1);
  for (const line of lines.reverse()) {
    const [prefix, count, ...rest] = line.trim().split(' ');
    if (prefix === heartbeat.prefix && /^\d+$/.test(count ?? '') && rest.length === 0)
      return { count: Number(count) };
  }
  return null;
}

async function tail(path: string, bytes: number): Promise<string> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(bytes, size));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}
