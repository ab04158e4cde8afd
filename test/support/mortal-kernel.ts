import { endCommand } from '../../gateway/kernel/ip.ts';
import type { KernelPort } from '../../gateway/kernel/port.ts';

/**
 * A kernel port whose program dies after `changes` changes: the next one is not made, and nothing is answered any more.
 * From the kernel's side that is a SIGKILL. Each line of a batch is a change of its own.
 */
export function mortalKernel(
  kernel: KernelPort,
  changes: number,
): KernelPort & { readonly died: Promise<void> } {
  let left = changes;
  let die: () => void;
  const died = new Promise<void>((resolve) => {
    die = resolve;
  });
  const dead = new Promise<never>(() => undefined);
  const spend = async <T>(wanted: number, act: (granted: number) => Promise<T>): Promise<T> => {
    const granted = Math.min(wanted, left);
    left -= granted;
    const result = granted === 0 && wanted > 0 ? null : await act(granted);
    if (granted === wanted) return result as T;
    die();
    return await dead;
  };
  return {
    died,
    run: async (argv, options = {}) => {
      const lines = (options.stdin ?? '').split('\n').filter((line) => line !== '' && line !== endCommand);
      if (argv.includes('-force') && !lines.every(isQuestion))
        return await spend(lines.length, async (granted) => {
          const stdin = [...lines.slice(0, granted), endCommand, ''].join('\n');
          return await kernel.run(argv, { ...options, stdin });
        });
      const isChange = /^(sysctl|sh -c cat|nft -f|conntrack -D)/.test(argv.join(' '));
      return await spend(isChange ? 1 : 0, async () => await kernel.run(argv, options));
    },
    lines: async (lines) =>
      await spend(lines.length, async (granted) => await kernel.lines(lines.slice(0, granted))),
    frames: async (device, frames) => await spend(1, async () => await kernel.frames(device, frames)),
    devicesChanged: () => kernel.devicesChanged(),
    keepReady: () => undefined,
    close: async () => undefined,
  };
}

/** Who has an address is asked for: nothing of the configuration changes. */
const isQuestion = (line: string): boolean => line.endsWith(' use');
