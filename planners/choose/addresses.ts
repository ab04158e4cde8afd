import { addressFrom, addressNumber, subnetRange } from '../../topology/addresses.ts';
import type { Network, Topology } from '../../topology/resolve/topology.ts';
import type { MoveUnderWay } from './under-way.ts';

/**
 * Addresses that nobody has or is promised: a clone without an address of its own at the target gets one. The engine
 * still asks the segment before it is used (RFC 5227). A network is read when it is first asked about.
 */
export class AddressBook {
  readonly #topology: Topology;
  readonly #underWay: readonly MoveUnderWay[];
  readonly #books = new Map<string, NetworkBook>();

  constructor(topology: Topology, underWay: readonly MoveUnderWay[]) {
    this.#topology = topology;
    this.#underWay = underWay;
  }

  /** The lowest free address of that network outside its DHCP pools; null: none, or no such network. */
  free(site: string, network: string): string | null {
    const book = this.#book(site, network);
    if (book === null) return null;
    for (; book.next < book.last; book.next++) {
      const number = book.next;
      const pool = book.pools.find(({ first, last }) => first <= number && number <= last);
      if (pool !== undefined) book.next = pool.last;
      else if (!book.taken.has(number)) return addressFrom(number);
    }
    return null;
  }

  take(site: string, network: string): string | null {
    const address = this.free(site, network);
    if (address !== null) this.#book(site, network)?.taken.add(addressNumber(address));
    return address;
  }

  #book(site: string, name: string): NetworkBook | null {
    const key = `${site}/${name}`;
    const known = this.#books.get(key);
    if (known !== undefined) return known;
    const network = this.#topology.sites
      .find((each) => each.name === site)
      ?.networks.find((each) => each.name === name);
    if (network === undefined) return null;
    const book = bookOf(this.#topology, site, network);
    for (const { target, addresses } of this.#underWay) {
      for (const each of addresses)
        if (target.site === site && each.network === name) book.taken.add(addressNumber(each.address));
    }
    this.#books.set(key, book);
    return book;
  }
}

interface NetworkBook {
  readonly taken: Set<bigint>;
  readonly pools: readonly { readonly first: bigint; readonly last: bigint }[];
  readonly last: bigint;
  /** Nothing before it is free. */
  next: bigint;
}

function bookOf({ workloads }: Topology, site: string, network: Network): NetworkBook {
  const taken = new Set([addressNumber(network.defaultGateway)]);
  for (const workload of workloads) {
    for (const { network: own, address, newAddresses } of workload.addresses) {
      const moved = newAddresses[site];
      if (workload.site === site && own === network.name) taken.add(addressNumber(address));
      if (moved?.network === network.name) taken.add(addressNumber(moved.address));
    }
  }
  const { first, last } = subnetRange(network.subnet);
  const pools = network.dhcpPools.map((pool) => ({
    first: addressNumber(pool.first),
    last: addressNumber(pool.last),
  }));
  return { taken, pools, last, next: first + 1n };
}
