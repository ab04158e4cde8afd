import { isBetween, isInSubnet } from '../../addresses.ts';
import type { Path } from '../../load/problems.ts';
import { pathText } from '../../load/problems.ts';
import type { RawNetwork } from '../../schema/sites.ts';
import { rangeOf } from '../../schema/texts.ts';
import type { RawWorkload } from '../../schema/workloads.ts';
import type { Inventory } from '../inventory.ts';
import { refer } from '../inventory.ts';
import { segmentsOf } from '../segments.ts';
import { edgesOf } from '../subnets.ts';

/** Each address belongs to one workload, now and after its move, and lies where its network is. */
export function checkAddresses(inventory: Inventory): void {
  const claims = new Claims(inventory);
  for (const [index, workload] of inventory.raw.workloads.entries())
    for (const [card, { network, address, mac }] of workload.addresses.entries()) {
      const path = ['workloads', index, 'addresses', card];
      const place = { site: workload.site, network, path };
      const found = networkOf(place, inventory);
      if (found === null) continue;
      checkInside(
        { address, path: [...path, 'address'] },
        { network: found, site: workload.site },
        inventory,
      );
      claims.address(address, { ...place, path: [...path, 'address'] });
      if (mac !== undefined) claims.mac(mac.toLowerCase(), { ...place, path: [...path, 'mac'] });
    }
  for (const [index, workload] of inventory.raw.workloads.entries())
    for (const card of workload.addresses.keys())
      checkNewAddresses(workload, { path: ['workloads', index, 'addresses', card], card, claims }, inventory);
}

interface Place {
  readonly site: string;
  readonly network: string;
  readonly path: Path;
}

function networkOf({ site, network, path }: Place, inventory: Inventory): RawNetwork | null {
  if (!inventory.sites.has(site)) return null;
  const entry = refer(inventory, inventory.networksOf(site), {
    name: network,
    path: [...path, 'network'],
    kind: 'network',
    of: site,
  });
  return entry?.raw ?? null;
}

function checkInside(
  { address, path }: { readonly address: string; readonly path: Path },
  { network, site }: { readonly network: RawNetwork; readonly site: string },
  { report }: Inventory,
): boolean {
  const where = `${site}/${network.name} (${network.subnet})`;
  const edge = edgesOf(network.subnet)[address];
  if (!isInSubnet(address, network.subnet))
    report(path, `'${address}' is outside ${where}`, 'use an address inside it');
  else if (edge !== undefined)
    report(path, `'${address}' is the ${edge} address of ${where}`, 'use a host address');
  else if (address === network.defaultGateway)
    report(path, `'${address}' is the default gateway of ${where}`, 'use another address');
  else return true;
  return false;
}

function checkNewAddresses(
  workload: RawWorkload,
  { path, card, claims }: { readonly path: Path; readonly card: number; readonly claims: Claims },
  inventory: Inventory,
): void {
  for (const [site, target] of Object.entries(workload.addresses[card]?.newAddresses ?? {})) {
    const here = [...path, 'newAddresses', site];
    if (refer(inventory, inventory.sites, { name: site, path: here, kind: 'site' }) === null) continue;
    if (site === workload.site) {
      inventory.report(here, `it runs at ${site} already`, 'name sites it may move to');
      continue;
    }
    const place = { site, network: target.network, path: here };
    const network = networkOf(place, inventory);
    if (network === null) continue;
    const at = { address: target.address, path: [...here, 'address'] };
    if (!checkInside(at, { network, site }, inventory)) continue;
    claims.address(target.address, { ...place, path: at.path });
    const pool = network.dhcpPools.find((text) => {
      const range = rangeOf(text);
      return range !== null && isBetween(target.address, range);
    });
    if (pool !== undefined)
      inventory.report(
        at.path,
        `'${target.address}' lies in the DHCP pool ${pool} of ${site}/${network.name}: another guest may hold it`,
        'use an address outside every pool',
      );
  }
}

/** Who bears which address in which segment; the second to claim one is told of the first. */
class Claims {
  readonly #inventory: Inventory;
  readonly #segmentOf: (site: string, network: string) => string;
  readonly #holders = new Map<string, Path>();

  constructor(inventory: Inventory) {
    this.#inventory = inventory;
    this.#segmentOf = segmentsOf(inventory);
  }

  address(address: string, place: Place): void {
    this.#claim(address, place, 'use a free address');
  }

  mac(mac: string, place: Place): void {
    this.#claim(mac, place, 'give each card its own');
  }

  #claim(what: string, { site, network, path }: Place, right: string): void {
    const key = `${this.#segmentOf(site, network)} ${what}`;
    const holder = this.#holders.get(key);
    if (holder === undefined) this.#holders.set(key, path);
    else
      this.#inventory.report(
        path,
        `'${what}' is taken by ${this.#workloadAt(holder)} (${pathText(holder)})`,
        right,
      );
  }

  #workloadAt([, index]: Path): string {
    return this.#inventory.raw.workloads[Number(index)]?.name ?? '';
  }
}
