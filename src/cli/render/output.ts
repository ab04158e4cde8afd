import { isatty } from 'node:tty';
import { createColors } from 'picocolors';
import pc from 'picocolors';

/**
 * Where text goes: results to standard output, notes and progress to standard error. Colour only on a terminal, and
 * not where NO_COLOR is set (picocolors reads it; it also takes CI machines for terminals).
 */
export function printResult(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export function printNote(text: string): void {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}

export const colour = createColors(pc.isColorSupported && isatty(1));
export const noteColour = createColors(pc.isColorSupported && isatty(2));

/** A reader that stops reading (`| head`) is no fault of ours: what is left unsaid stays unsaid. */
export function toleratePipeEnd(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
