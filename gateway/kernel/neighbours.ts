import { z } from 'zod';
import { batchCommand, succeeded } from './ip.ts';
import type { KernelPort, RunOptions } from './port.ts';

const neighbours = z.array(z.object({ dst: z.string(), lladdr: z.string().optional() }));
const listing = ['ip', '-N', '-j', '-batch', '-'];

/** Hosts of a device's segment that the kernel has heard of, by address; null: it asks, or nobody answered. */
export async function neighboursOn(
  kernel: KernelPort,
  device: string,
  options: RunOptions = {},
): Promise<ReadonlyMap<string, string | null>> {
  const result = await kernel.run(listing, { ...options, stdin: `neigh show dev ${device}\n` });
  const list = neighbours.parse(JSON.parse(succeeded(listing, result) || '[]'));
  return new Map(list.map(({ dst, lladdr }) => [dst, lladdr ?? null]));
}

/**
 * Has the kernel ask by ARP for addresses that it has not heard of: three questions each, then it forgets them
 * (arp(7)). Ends before the answers are there.
 */
export async function askForNeighbours(
  kernel: KernelPort,
  { device, addresses }: { readonly device: string; readonly addresses: readonly string[] },
  options: RunOptions = {},
): Promise<void> {
  const known = await neighboursOn(kernel, device, options);
  // `use`: as if a packet were to be sent. `add`: the same of an entry that is there would throw it away, a permanent one
  // too. `nud none`: by default it would be permanent.
  const lines = addresses
    .filter((address) => !known.has(address))
    .map((address) => `neigh add ${address} dev ${device} nud none use\n`);
  await kernel.run(batchCommand, { ...options, stdin: lines.join('') });
}
