import type { Setting } from '../desired/objects.ts';
import type { KernelPort, RunOptions } from './port.ts';

/** Sysctls by path: `grep` prints the paths as they are, `sysctl` would turn the dots of device names into slashes. */
const root = '/proc/sys/';
/** There on every kernel with IPv6; without it there is nothing to switch off. */
const ipv6Probe = 'net/ipv6/conf/all/disable_ipv6';

/** What the kernel has of these settings. One that it cannot have (IPv6 on a kernel without) counts as it should be. */
export async function observeSettings(
  kernel: KernelPort,
  desired: readonly Setting[],
  options: RunOptions = {},
): Promise<readonly Setting[]> {
  const paths = [...desired.map(({ path }) => path), ipv6Probe];
  const { stdout } = await kernel.run(['grep', '-H', '', ...paths.map((path) => `${root}${path}`)], options);
  const values = new Map(
    stdout
      .split('\n')
      .filter((line) => line.startsWith(root))
      .map((line) => {
        const colon = line.lastIndexOf(':');
        return [line.slice(root.length, colon), line.slice(colon + 1).trim()] as const;
      }),
  );
  return desired.flatMap((setting) => {
    const value = values.get(setting.path);
    if (value !== undefined) return [{ ...setting, value }];
    return setting.path.startsWith('net/ipv6/') && !values.has(ipv6Probe) ? [setting] : [];
  });
}

/** Each setting's error. One command for all; if it complains, one for each. */
export async function applySettings(
  kernel: KernelPort,
  settings: readonly Setting[],
): Promise<readonly (string | null)[]> {
  if (settings.length === 0) return [];
  if ((await write(kernel, settings)) === null) return settings.map(() => null);
  const errors: (string | null)[] = [];
  for (const setting of settings) errors.push(await write(kernel, [setting]));
  return errors;
}

async function write(kernel: KernelPort, settings: readonly Setting[]): Promise<string | null> {
  const assignments = settings.map(({ path, value }) => `${path}=${value}`);
  const { exitCode, stderr } = await kernel.run(['sysctl', '-q', '-w', ...assignments]);
  return exitCode === 0 ? null : stderr.trim();
}
