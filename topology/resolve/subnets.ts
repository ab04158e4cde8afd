import { Address4 } from 'ip-address';

/** The two addresses of a subnet that no host bears, by name. Subnets of 31 and 32 bits have none (RFC 3021). */
export function edgesOf(subnet: string): Readonly<Record<string, string>> {
  const prefix = new Address4(subnet);
  if (prefix.subnetMask >= 31) return {};
  return {
    [prefix.startAddress().correctForm()]: 'network',
    [prefix.endAddress().correctForm()]: 'broadcast',
  };
}

/** Sorted by this, a subnet comes before all it contains. */
export function sortKeyOf(subnet: string): { readonly first: bigint; readonly bits: number } {
  const prefix = new Address4(subnet);
  return { first: prefix.startAddress().bigInt(), bits: prefix.subnetMask };
}
