import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';

/** IPv4 addresses of this machine, without loopback. */
export function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}

/** Where a host is, by its name or address: loopback is this machine; nothing where the name is not known here. */
export async function addressesOfHost(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true, family: 4 }).catch(() => []);
  const addresses = found.map(({ address }) => address);
  return addresses.some((address) => address.startsWith('127.')) ? ownAddresses() : addresses;
}
