import { addressNumber, isBetween, isInSubnet, subnetsOverlap } from '../../addresses.ts';
import type { Path } from '../../load/problems.ts';
import { rangeOf } from '../../schema/texts.ts';
import type { RawNetwork } from '../../schema/sites.ts';
import type { Inventory } from '../inventory.ts';
import { edgesOf, sortKeyOf } from '../subnets.ts';
import { segmentsOf } from '../segments.ts';

interface Placed {
  readonly network: RawNetwork;
  readonly site: string;
  readonly path: Path;
}

/** Networks hold together: gateway and pools inside, no two subnets that claim the same addresses. */
export function checkNetworks(inventory: Inventory): void {
  const placed = inventory.raw.sites.flatMap(({ name, networks }, site) =>
    networks.map((network, index) => ({ network, site: name, path: ['sites', site, 'networks', index] })),
  );
  for (const one of placed) {
    checkDefaultGateway(one, inventory);
    checkPools(one, inventory);
  }
  checkOverlaps(placed, inventory);
}

function checkDefaultGateway({ network, path }: Placed, { report }: Inventory): void {
  const { defaultGateway, subnet } = network;
  const here = [...path, 'defaultGateway'];
  const edge = edgesOf(subnet)[defaultGateway];
  if (!isInSubnet(defaultGateway, subnet))
    report(here, `'${defaultGateway}' is outside the subnet ${subnet}`, 'use an address inside it');
  else if (edge !== undefined)
    report(here, `'${defaultGateway}' is the ${edge} address of ${subnet}`, 'use a host address');
}

function checkPools({ network, path }: Placed, { report }: Inventory): void {
  const pools = network.dhcpPools.flatMap((text) => rangeOf(text) ?? []);
  for (const [index, pool] of pools.entries()) {
    const here = [...path, 'dhcpPools', index];
    const outside = [pool.first, pool.last].find((address) => !isInSubnet(address, network.subnet));
    if (outside !== undefined)
      report(here, `'${outside}' is outside the subnet ${network.subnet}`, 'use addresses inside it');
    else if (addressNumber(pool.first) > addressNumber(pool.last))
      report(here, 'begins after its end', 'write the lower address first');
    if (isBetween(network.defaultGateway, pool))
      report(here, `holds the default gateway ${network.defaultGateway}`, 'leave it out of the pool');
    const twice = pools.findIndex((other, before) => before < index && rangesOverlap(other, pool));
    if (twice >= 0)
      report(here, `overlaps pool ${network.dhcpPools[twice]}`, 'give each address to one pool');
  }
}

function rangesOverlap(
  a: { readonly first: string; readonly last: string },
  b: { readonly first: string; readonly last: string },
): boolean {
  return isBetween(a.first, b) || isBetween(a.last, b) || isBetween(b.first, a);
}

/**
 * Sorted by first address a subnet can only overlap those still open, and prefixes nest or are disjoint: a stack of
 * the open ones finds every overlap in n log n.
 */
function checkOverlaps(placed: readonly Placed[], inventory: Inventory): void {
  const segmentOf = segmentsOf(inventory);
  const sorted = placed
    .map((one, order) => ({ ...one, order, key: sortKeyOf(one.network.subnet) }))
    .sort((a, b) =>
      a.key.first < b.key.first ? -1 : a.key.first > b.key.first ? 1 : a.key.bits - b.key.bits,
    );
  const open: (typeof sorted)[number][] = [];
  for (const one of sorted) {
    while (open.length > 0 && !subnetsOverlap(open.at(-1)?.network.subnet ?? '', one.network.subnet))
      open.pop();
    const other = open.findLast(
      ({ network, site }) => segmentOf(site, network.name) !== segmentOf(one.site, one.network.name),
    );
    open.push(one);
    if (other === undefined) continue;
    const [earlier, later] = other.order < one.order ? [other, one] : [one, other];
    const isSameSite = earlier.site === later.site;
    inventory.report(
      [...later.path, 'subnet'],
      `${later.network.subnet} overlaps ${earlier.network.subnet} of ${earlier.site}/${earlier.network.name}`,
      isSameSite
        ? 'give each network its own'
        : 'give each site its own, or list the pair under stretched of a link',
    );
  }
}
