import type { CommandResult } from '../../topology/world.ts';

/**
 * The kernel as the gateway speaks to it: through `ip`, `nft`, `conntrack`, `grep` and `sysctl`, so that what it says
 * can be read, and typed again by hand. linux.ts is the real one, fake.ts the one that prints itself as text.
 */
export interface KernelPort {
  /** One command to its end; a non-zero exit is a result. */
  run(argv: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /**
   * Lines of `ip -batch` through a child that is already running, milliseconds faster than a new process. All lines
   * sent this way are carried out in the order of the calls; every line is tried. Answers each line's error.
   */
  lines(lines: readonly string[]): Promise<readonly (string | null)[]>;
  /** To be told after devices came or went: the child that carries out lines knows them by numbers. */
  devicesChanged(): void;
  /** Ethernet frames out of a device, each of `frameBytes` bytes; a sender stays ready for each device used. */
  frames(device: string, frames: readonly Uint8Array[]): Promise<void>;
  /** Makes the senders of these devices ready, and ends the others. */
  keepReady(devices: readonly string[]): void;
  close(): Promise<void>;
}

export interface RunOptions {
  readonly stdin?: string;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
}
