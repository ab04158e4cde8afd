/**
 * The outside as code sees it. Time, chance and commands are handed in (src/world/real.ts, src/world/virtual.ts),
 * so that a whole run can be rehearsed in virtual time and replayed from a seed.
 */
export interface Clock {
  /** Seconds since the Unix epoch; may step. For stamps that people read and for leases. */
  nowSeconds(): number;
  /** Seconds on a clock that never steps. For intervals and deadlines. */
  monotonicSeconds(): number;
  /** Resolves after `seconds`; rejects with the signal's reason when aborted. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  child(fields: LogFields): Log;
}

export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly stdin?: string;
  /** The child is killed and the call fails with LH_COMMAND_TIMEOUT after so long. */
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
}

/** Runs an argument vector, never a shell. A non-zero exit is a result, not an error. */
export type RunCommand = (argv: readonly string[], options: CommandOptions) => Promise<CommandResult>;

/** A child process that stays: text in, text out. */
export interface Coprocess {
  /** Resolves when the data has been handed to the kernel, or the child has ended. */
  write(data: string | Uint8Array): Promise<void>;
  /** Resolves when the child has ended, with the reason; it never rejects. */
  readonly ended: Promise<string>;
  /** Closes its input and kills it if it does not end by itself. */
  close(): Promise<void>;
}

/** `onOutput` gets standard output and standard error in the order in which the child wrote them. */
export type StartCoprocess = (argv: readonly string[], onOutput: (text: string) => void) => Coprocess;
