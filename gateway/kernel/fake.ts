import assert from 'node:assert/strict';
import type { CommandResult } from '../../topology/world.ts';
import { FakeIp, type FakeDeviceOptions } from './fake-ip.ts';
import { FakeNft } from './fake-nft.ts';
import { endCommand } from './ip.ts';
import { FakeTracking } from './fake-tracking.ts';
import type { KernelPort } from './port.ts';

export interface FakeKernelOptions {
  /** Devices that are there, not ours, by name. */
  readonly devices: Readonly<Record<string, FakeDeviceOptions>>;
  /** MAC addresses that answer an ARP request, by address. */
  readonly neighbours?: Readonly<Record<string, string>>;
  /** Why a command or line fails; null: it does not. */
  readonly fails?: (command: string) => string | null;
}

/**
 * A kernel in memory: takes the very commands that the real one gets, refuses any that it does not know, and prints
 * what it holds as text. It documents what the gateway relies on.
 */
export class FakeKernel implements KernelPort {
  readonly ip: FakeIp;
  readonly nft = new FakeNft();
  readonly tracking = new FakeTracking();
  /** Frames sent, one a line: device and bytes. */
  readonly sent: string[] = [];
  readonly #options: FakeKernelOptions;

  constructor(options: FakeKernelOptions) {
    this.#options = options;
    this.ip = new FakeIp(options.devices, options.neighbours);
  }

  async run(
    argv: readonly string[],
    { stdin = '' }: { readonly stdin?: string } = {},
  ): Promise<CommandResult> {
    const failure = this.#options.fails?.([...argv, stdin].join(' ')) ?? null;
    if (failure !== null) return { exitCode: 1, stdout: '', stderr: failure };
    const [program] = argv;
    switch (program) {
      case 'ip':
        return this.#ip(argv, stdin);
      case 'nft':
        return this.nft.run(argv, stdin);
      case 'grep':
        return succeeded(this.ip.settingsText(argv.slice(3)));
      case 'sysctl':
        return this.#sysctl(argv.slice(3));
      case 'sh':
        return succeeded(argv.length > 3 ? '' : this.tracking.insert(stdin));
      case 'conntrack':
        return this.tracking.run(argv);
      case 'arping':
        return this.#arping(argv.at(-1) ?? '');
      default:
        assert.fail(`the fake kernel does not know: ${argv.join(' ')}`);
    }
  }

  async lines(lines: readonly string[]): Promise<readonly (string | null)[]> {
    return lines.map((line) => this.#options.fails?.(line) ?? this.ip.change(line));
  }

  async frames(device: string, frames: readonly Uint8Array[]): Promise<void> {
    for (const frame of frames) this.sent.push(`${device} ${Buffer.from(frame).toString('hex')}`);
  }

  devicesChanged(): void {
    // It knows them by name.
  }

  keepReady(): void {
    // Always ready.
  }

  async close(): Promise<void> {
    // Nothing runs.
  }

  toString(): string {
    return [this.ip.toString(), this.nft.toString(), this.tracking.toString()]
      .filter((text) => text !== '')
      .join('\n');
  }

  #ip(argv: readonly string[], stdin: string): CommandResult {
    const lines = stdin.split('\n').filter((line) => line !== '');
    if (argv.includes('-j')) return succeeded(lines.map((line) => this.ip.list(line)).join('\n'));
    if (!argv.includes('-force')) return succeeded(lines.map((line) => this.ip.listText(line)).join(''));
    const changes = lines.filter((line) => line !== endCommand);
    const errors = changes.map((line) => this.#options.fails?.(line) ?? this.ip.change(line));
    const stderr = errors
      .map((error, index) => (error === null ? '' : `${error}\nCommand failed -:${index + 1}\n`))
      .join('');
    return { exitCode: stderr === '' ? 0 : 1, stdout: '1: lo: <LOOPBACK,UP>\n', stderr };
  }

  #sysctl(assignments: readonly string[]): CommandResult {
    const unknown = assignments.filter((assignment) => !this.ip.set(assignment));
    const stderr = unknown
      .map((one) => `sysctl: cannot stat /proc/sys/${one.split('=')[0] ?? ''}: No such file or directory\n`)
      .join('');
    return { exitCode: unknown.length === 0 ? 0 : 255, stdout: '', stderr };
  }

  #arping(address: string): CommandResult {
    const holder = this.#options.neighbours?.[address];
    return holder === undefined ? { exitCode: 1, stdout: '', stderr: '' } : succeeded(`${holder}\n`);
  }
}

function succeeded(stdout: string): CommandResult {
  return { exitCode: 0, stdout, stderr: '' };
}
