import { addressFrom, addressNumber, subnetRange } from '../../topology/addresses.ts';
import type { Network, Topology } from '../../topology/resolve/topology.ts';

/**
 * Addresses that nobody has or is promised: a clone without an address of its own at the target gets one. The engine
 * still asks the segment before it is used (RFC 5227).
 */
export class AddressBook {
  readonly #networks = new Map<string, Network>();
  readonly #taken = new Map<string, Set<bigint>>();

  constructor({ sites, workloads }: Topology) {
    for (const site of sites) {
      for (const network of site.networks) {
        const key = networkKey(site.name, network.name);
        this.#networks.set(key, network);
        this.#taken.set(key, new Set([addressNumber(network.defaultGateway)]));
      }
    }
    for (const { site, addresses } of workloads) {
      for (const { network, address, newAddresses } of addresses) {
        this.#take(networkKey(site, network), address);
        for (const [target, moved] of Object.entries(newAddresses))
          this.#take(networkKey(target, moved.network), moved.address);
      }
    }
  }

  /** The lowest free address of that network outside its DHCP pools; null: none, or no such network. */
  free(site: string, network: string): string | null {
    const found = this.#networks.get(networkKey(site, network));
    if (found === undefined) return null;
    const taken = this.#taken.get(networkKey(site, network));
    const { first, last } = subnetRange(found.subnet);
    for (let number = first + 1n; number < last; number++) {
      const pool = found.dhcpPools.find(
        (each) => addressNumber(each.first) <= number && number <= addressNumber(each.last),
      );
      if (pool !== undefined) number = addressNumber(pool.last);
      else if (taken?.has(number) !== true) return addressFrom(number);
    }
    return null;
  }

  take(site: string, network: string): string | null {
    const address = this.free(site, network);
    if (address !== null) this.#take(networkKey(site, network), address);
    return address;
  }

  #take(key: string, address: string): void {
    this.#taken.get(key)?.add(addressNumber(address));
  }
}

const networkKey = (site: string, network: string): string => `${site}/${network}`;
