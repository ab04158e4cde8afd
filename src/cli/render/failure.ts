import { CommanderError } from 'commander';
import { exitCodeOf, LonghaulError } from '../../../topology/errors.ts';
import { noteColour, printNote } from './output.ts';

/** Says on standard error what went wrong and what to do next; answers the exit code (design: command line). */
export function reportFailure(error: unknown, { json }: { readonly json: boolean }): number {
  if (error instanceof CommanderError)
    return error.code === 'commander.helpDisplayed' || error.exitCode === 0 ? 0 : 2;
  if (error instanceof LonghaulError) {
    printNote(json ? failureJson(error) : failureText(error));
    return exitCodeOf[error.kind];
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  printNote(
    `${noteColour.red('error')}: this is a fault in Longhaul itself, please report it with these lines:\n${text}`,
  );
  return 1;
}

function failureText({ code, message, settle }: LonghaulError): string {
  const head = `${noteColour.red('error')} ${noteColour.dim(code)}`;
  const body = message.includes('\n') ? `${head}\n${message}` : `${head}: ${message}`;
  return settle === undefined ? body : `${body}\nTo settle it: ${settle}`;
}

function failureJson({ code, kind, message, settle }: LonghaulError): string {
  return JSON.stringify({ error: { code, kind, message, settle: settle ?? null } });
}
