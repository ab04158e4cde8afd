import type { Link, Site, Topology } from '../../topology/resolve/topology.ts';
import { lanRateBitsPerSecond, linksInPathMax, pathsMax } from './limits.ts';

/** One way from site to site: its links in order, and what they amount to together. */
export interface Path {
  readonly id: string;
  readonly links: readonly Link[];
  readonly rttSeconds: number;
  readonly jitterSeconds: number;
  readonly loss: number;
  readonly mtuBytes: number;
  readonly bufferSeconds: number;
  /** Of the narrowest link, without the share kept for production. */
  readonly rateBitsPerSecond: number;
  readonly pricePerByte: number;
  readonly encrypted: boolean;
  readonly outagesPerHour: number;
  /** Great circle between the two sites; null where a site has no location. */
  readonly distanceKilometres: number | null;
}

/** The best few paths between every two sites: fewest links first, then the most rate, then by name. */
export class Paths {
  readonly #sites: ReadonlyMap<string, Site>;
  readonly #linksAt = new Map<string, Link[]>();
  readonly #shareMax: number;
  readonly #known = new Map<string, readonly Path[]>();

  constructor(topology: Topology, shareMax: number) {
    this.#sites = new Map(topology.sites.map((site) => [site.name, site]));
    this.#shareMax = shareMax;
    for (const link of topology.links) {
      for (const end of link.between) this.#linksAt.set(end, [...(this.#linksAt.get(end) ?? []), link]);
    }
  }

  between(source: string, target: string): readonly Path[] {
    const key = `${source}\n${target}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (source === target) return [withinSite];
    const found = this.#routes(source, target)
      .map((links) => this.#describe(links, [source, target]))
      .sort(
        (a, b) =>
          a.links.length - b.links.length ||
          b.rateBitsPerSecond - a.rateBitsPerSecond ||
          (a.id < b.id ? -1 : 1),
      )
      .slice(0, pathsMax);
    this.#known.set(key, found);
    return found;
  }

  /** Of the nearest of the paths; infinite: no link leads there. */
  roundTripSeconds(source: string, target: string): number {
    return source === target
      ? 0
      : Math.min(...this.between(source, target).map(({ rttSeconds }) => rttSeconds));
  }

  #routes(source: string, target: string): readonly (readonly Link[])[] {
    const routes: Link[][] = [];
    const visit = (site: string, links: readonly Link[], seen: readonly string[]): void => {
      for (const link of this.#linksAt.get(site) ?? []) {
        const next = link.between[0] === site ? link.between[1] : link.between[0];
        if (seen.includes(next)) continue;
        if (next === target) routes.push([...links, link]);
        else if (links.length + 1 < linksInPathMax) visit(next, [...links, link], [...seen, next]);
      }
    };
    visit(source, [], [source]);
    return routes;
  }

  #describe(links: readonly Link[], ends: readonly [string, string]): Path {
    const sum = (value: (link: Link) => number): number =>
      links.reduce((total, link) => total + value(link), 0);
    return {
      id: links.map(({ name }) => name).join('+'),
      links,
      rttSeconds: sum(({ rttSeconds }) => rttSeconds),
      jitterSeconds: sum(({ jitterSeconds }) => jitterSeconds),
      loss: 1 - links.reduce((kept, { loss }) => kept * (1 - loss), 1),
      mtuBytes: Math.min(...links.map(({ mtuBytes }) => mtuBytes)),
      bufferSeconds: Math.min(...links.map(({ bufferSeconds }) => bufferSeconds)),
      rateBitsPerSecond: Math.min(...links.map((link) => usableBitsPerSecond(link, this.#shareMax))),
      pricePerByte: sum(({ pricePerByte }) => pricePerByte),
      encrypted: links.every(({ encrypted }) => encrypted),
      outagesPerHour: sum(({ outagesPerHour }) => outagesPerHour),
      distanceKilometres: distanceKilometres(this.#sites.get(ends[0]), this.#sites.get(ends[1])),
    };
  }
}

/** From host to host inside a site: no link, and a data centre's own network. */
const withinSite: Path = {
  id: 'within the site',
  links: [],
  rttSeconds: 0.0002,
  jitterSeconds: 0,
  loss: 0,
  mtuBytes: 1500,
  bufferSeconds: 0.01,
  rateBitsPerSecond: lanRateBitsPerSecond,
  pricePerByte: 0,
  encrypted: true,
  outagesPerHour: 0,
  distanceKilometres: 0,
};

/** Bytes on the wire per byte of payload: Ethernet with preamble and gap 38, IPv4 20, TCP 20, time stamps 12. */
export function wireRatio({ mtuBytes }: Path): number {
  return (mtuBytes + 38) / (mtuBytes - 52);
}

/** What moves may take of a link: neither production's share nor more than the runbook's. */
export function usableBitsPerSecond(link: Link, shareMax: number): number {
  return link.rateBitsPerSecond * Math.min(1 - link.reservedRatio, shareMax);
}

/** Great-circle distance on a sphere of 6371 km (haversine). */
function distanceKilometres(a: Site | undefined, b: Site | undefined): number | null {
  if (!a?.location || !b?.location) return null;
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const latitude = radians(b.location.latitudeDegrees - a.location.latitudeDegrees);
  const longitude = radians(b.location.longitudeDegrees - a.location.longitudeDegrees);
  const chord =
    Math.sin(latitude / 2) ** 2 +
    Math.cos(radians(a.location.latitudeDegrees)) *
      Math.cos(radians(b.location.latitudeDegrees)) *
      Math.sin(longitude / 2) ** 2;
  return 2 * 6371 * Math.asin(Math.sqrt(chord));
}
