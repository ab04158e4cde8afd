import { fibreRttSeconds, greatCircleMetres } from '../../geography.ts';
import type { Path } from '../../load/problems.ts';
import type { RawLink } from '../../schema/links.ts';
import { formatSeconds } from '../../units.ts';
import type { Entry, Inventory } from '../inventory.ts';
import { refer } from '../inventory.ts';
import { locationOf } from '../sites.ts';

/** Links join two sites that exist, and are no faster than light. */
export function checkLinks(inventory: Inventory): void {
  for (const [index, raw] of inventory.raw.links.entries()) {
    const link = { raw, path: ['links', index] };
    checkEnds(link, inventory);
    checkLight(link, inventory);
    checkCaps(link, inventory);
    checkStretched(link, inventory);
  }
}

function checkEnds({ raw, path }: Entry<RawLink>, inventory: Inventory): void {
  for (const [end, name] of raw.between.entries())
    refer(inventory, inventory.sites, { name, path: [...path, 'between', end], kind: 'site' });
  if (raw.between[0] === raw.between[1])
    inventory.report([...path, 'between'], 'both ends are the same site', 'name two sites');
}

function checkLight({ raw, path }: Entry<RawLink>, { sites, report }: Inventory): void {
  const [a, b] = raw.between.map((name) => sites.get(name)?.raw.location);
  if (a === undefined || b === undefined) return;
  const metres = greatCircleMetres(locationOf(a), locationOf(b));
  const least = fibreRttSeconds(metres);
  if (raw.rtt >= least) return;
  const kilometres = Math.round(metres / 1000);
  report(
    [...path, 'rtt'],
    `${formatSeconds(raw.rtt)} is less than light in fibre needs for ${kilometres} km there and back (${formatSeconds(least)})`,
    'measure the round trip (not one way), or mend the locations of the sites',
  );
}

function checkCaps({ raw, path }: Entry<RawLink>, { report }: Inventory): void {
  for (const [index, cap] of raw.caps.entries())
    if (cap.rate >= raw.rate)
      report(
        [...path, 'caps', index, 'rate'],
        "is not below the link's own rate",
        'write the lower rate of that time',
      );
}

function checkStretched({ raw, path }: Entry<RawLink>, inventory: Inventory): void {
  for (const [index, pair] of raw.stretched.entries()) {
    const here = [...path, 'stretched', index];
    const networks = pair.map((reference, end) =>
      networkAt(reference, { inventory, link: raw, path: [...here, end] }),
    );
    const [first, second] = networks;
    if (pair[0].split('/')[0] === pair[1].split('/')[0])
      inventory.report(here, 'both networks are of one site', 'name one network of each end');
    else if (first?.subnet !== second?.subnet && first !== undefined && second !== undefined)
      inventory.report(
        here,
        `one segment has one subnet, these have ${first.subnet} and ${second.subnet}`,
        'give both the same subnet, or do not list them as stretched',
      );
  }
}

function networkAt(
  reference: string,
  { inventory, link, path }: { readonly inventory: Inventory; readonly link: RawLink; readonly path: Path },
): { readonly subnet: string } | undefined {
  const [site = '', name = ''] = reference.split('/');
  if (!link.between.includes(site)) {
    inventory.report(
      path,
      `site '${site}' is not an end of this link`,
      `name a network of ${link.between.join(' or ')}`,
    );
    return undefined;
  }
  if (!inventory.sites.has(site)) return undefined;
  return refer(inventory, inventory.networksOf(site), { name, path, kind: 'network', of: site })?.raw;
}
