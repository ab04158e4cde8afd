import { Address4 } from 'ip-address';

/** IPv4 addresses and prefixes, over ip-address. Text in, text or truth out. */
export function isAddress(text: string): boolean {
  return Address4.isValid(text) && !text.includes('/');
}

export function isSubnet(text: string): boolean {
  return (
    Address4.isValid(text) &&
    text.includes('/') &&
    new Address4(text).startAddress().correctForm() === text.split('/')[0]
  );
}

export function isInSubnet(address: string, subnet: string): boolean {
  return new Address4(address).isInSubnet(new Address4(subnet));
}

export function subnetsOverlap(a: string, b: string): boolean {
  const first = new Address4(a);
  const second = new Address4(b);
  return first.isInSubnet(second) || second.isInSubnet(first);
}

/** Whether `address` lies between `first` and `last`, both included. */
export function isBetween(
  address: string,
  { first, last }: { readonly first: string; readonly last: string },
): boolean {
  const value = addressNumber(address);
  return value >= addressNumber(first) && value <= addressNumber(last);
}

export function addressNumber(address: string): bigint {
  return new Address4(address).bigInt();
}

/** The address with that number. */
export function addressFrom(value: bigint): string {
  return Address4.fromBigInt(value).correctForm();
}

/** First and last address of the subnet: its own, and broadcast. */
export function subnetRange(subnet: string): { readonly first: bigint; readonly last: bigint } {
  const parsed = new Address4(subnet);
  return { first: parsed.startAddress().bigInt(), last: parsed.endAddress().bigInt() };
}
