import { addressNumber } from '../../topology/addresses.ts';
import type { LinkShape } from './profiles.ts';

/**
 * The lab's network on paper: which namespaces, cables and addresses there are. Pure; kernel.ts builds it.
 *
 *      outside ── circuit outside-a ──┐                  ┌── circuit outside-b ── outside
 *                                     │                  │
 *   a-gw ─ wan0 ─────────────────── a-edge ═ circuit wan ═ b-edge ───────────────── wan0 ─ b-gw
 *    │ lan0   mgmt0   hv0                                             hv0   mgmt0   lan0 │
 *    │          │       └── a-hv (QEMU's own address)     b-hv ────────┘       │         │
 *    │          └── a-svc (named, worker)                       (named) b-svc ─┘         │
 *    └── a-hv: br0 ── guests, neighbour                        b-client, guests ── br0 :b-hv
 *
 * Circuits are carried by the relay; everything else is a veth pair. The outside client is as far from a as from b.
 */
export interface Layout {
  readonly prefix: string;
  /** Full names, in the order in which they are made. */
  readonly namespaces: readonly string[];
  readonly cables: readonly { readonly ends: readonly [End, End] }[];
  readonly circuits: readonly Circuit[];
  readonly bridges: readonly { readonly bridge: End; readonly ports: readonly string[] }[];
  readonly addresses: readonly (End & { readonly address: string })[];
  /** The guests' default gateways keep one address on the wire for the life of the lab. */
  readonly macs: readonly (End & { readonly mac: string })[];
  readonly routes: readonly {
    readonly namespace: string;
    readonly subnet: string;
    readonly via: string;
    readonly source?: string;
  }[];
  /** Namespaces that forward packets. */
  readonly routers: readonly string[];
  readonly sites: Readonly<Record<SiteName, SiteLayout>>;
  readonly outside: { readonly namespace: string; readonly address: string };
  readonly neighbour: { readonly namespace: string; readonly address: string };
  readonly newSiteClient: { readonly namespace: string; readonly address: string };
}

export type SiteName = 'a' | 'b';
export const siteNames: readonly SiteName[] = ['a', 'b'];
export const otherSite = (site: SiteName): SiteName => (site === 'a' ? 'b' : 'a');

export interface End {
  readonly namespace: string;
  readonly device: string;
}

/** A stretch of WAN: the relay joins its two ends. */
export interface Circuit {
  readonly name: string;
  readonly ends: readonly [End, End];
  readonly shape: LinkShape;
}

export interface SiteLayout {
  readonly gateway: string;
  readonly hypervisor: string;
  readonly services: string;
  readonly edge: string;
  readonly subnet: string;
  readonly defaultGateway: string;
  readonly wanAddress: string;
  /** The gateway's address towards services and workers; the agent listens there. */
  readonly managementAddress: string;
  readonly servicesAddress: string;
  /** Where migration streams come from and go to. */
  readonly hypervisorAddress: string;
  readonly bridge: string;
}

/** Addresses of documentation (RFC 5737) outside, private ones (RFC 1918) inside: nothing of the machine's own. */
const wanSubnets: Readonly<Record<SiteName, string>> = { a: '198.51.100', b: '203.0.113' };
const outsideAddress = '192.0.2.129';
const cores = { a: '192.0.2.1', b: '192.0.2.2' } as const;
const outsideLinks = {
  a: { edge: '192.0.2.5', client: '192.0.2.6' },
  b: { edge: '192.0.2.9', client: '192.0.2.10' },
} as const;
/** What a client's own access line is like. */
const accessRateBitsPerSecond = 1e9;

/** Host parts of a site's LAN: guests from 50 on. */
export const guestAddress = (site: SiteName, index: number): string => `${lan(site)}.${50 + index}`;
/** Guests a lab can have: host parts 50…249. */
export const guestsMax = 200;

export function createLayout(prefix: string, shape: LinkShape): Layout {
  const sites = { a: siteLayout(prefix, 'a'), b: siteLayout(prefix, 'b') };
  const outside = { namespace: `${prefix}outside`, address: outsideAddress };
  const neighbour = { namespace: `${prefix}neighbour`, address: `${lan('a')}.20` };
  const newSiteClient = { namespace: `${prefix}b-client`, address: `${lan('b')}.20` };
  const local = { a: neighbour, b: newSiteClient };
  const parts = siteNames.map((site) => sitePart(site, sites[site], local[site]));
  return {
    prefix,
    namespaces: [
      ...siteNames.flatMap((site) => [
        sites[site].gateway,
        sites[site].hypervisor,
        sites[site].services,
        sites[site].edge,
        local[site].namespace,
      ]),
      outside.namespace,
    ],
    cables: parts.flatMap(({ cables }) => cables),
    bridges: parts.flatMap(({ bridges }) => bridges),
    circuits: circuits(sites, outside.namespace, shape),
    addresses: [...parts.flatMap(({ addresses }) => addresses), ...wanAddresses(sites, outside.namespace)],
    macs: siteNames.map((site) => ({
      namespace: sites[site].gateway,
      device: 'lan0',
      mac: macOf(sites[site].defaultGateway),
    })),
    routes: [...parts.flatMap(({ routes }) => routes), ...wanRoutes(sites, outside.namespace)],
    routers: siteNames.flatMap((site) => [sites[site].gateway, sites[site].edge]),
    sites,
    outside,
    neighbour,
    newSiteClient,
  };
}

/** A stable MAC of the locally administered kind for each address of the LANs. */
export function macOf(address: string): string {
  const value = addressNumber(address);
  const bytes = [24n, 16n, 8n, 0n].map((shift) => ((value >> shift) & 0xffn).toString(16).padStart(2, '0'));
  return `52:54:${bytes.join(':')}`;
}

const lan = (site: SiteName): string => (site === 'a' ? '10.1.0' : '10.2.0');
const wholeSite = (site: SiteName): string => (site === 'a' ? '10.1.0.0/16' : '10.2.0.0/16');

function siteLayout(prefix: string, site: SiteName): SiteLayout {
  const network = site === 'a' ? '10.1' : '10.2';
  return {
    gateway: `${prefix}${site}-gw`,
    hypervisor: `${prefix}${site}-hv`,
    services: `${prefix}${site}-svc`,
    edge: `${prefix}${site}-edge`,
    subnet: `${network}.0.0/24`,
    defaultGateway: `${network}.0.1`,
    wanAddress: `${wanSubnets[site]}.2`,
    managementAddress: `${network}.1.1`,
    servicesAddress: `${network}.1.2`,
    hypervisorAddress: `${network}.2.2`,
    bridge: 'br0',
  };
}

type SitePart = Pick<Layout, 'cables' | 'bridges' | 'addresses' | 'routes'>;

function sitePart(
  site: SiteName,
  names: SiteLayout,
  client: { readonly namespace: string; readonly address: string },
): SitePart {
  const { gateway, hypervisor, services, edge, bridge } = names;
  const network = site === 'a' ? '10.1' : '10.2';
  const end = (namespace: string, device: string): End => ({ namespace, device });
  return {
    cables: [
      { ends: [end(gateway, 'lan0'), end(hypervisor, 'uplink0')] },
      { ends: [end(client.namespace, 'eth0'), end(hypervisor, 'client0')] },
      { ends: [end(gateway, 'mgmt0'), end(services, 'eth0')] },
      { ends: [end(gateway, 'hv0'), end(hypervisor, 'eth0')] },
      { ends: [end(gateway, 'wan0'), end(edge, 'site0')] },
    ],
    bridges: [{ bridge: end(hypervisor, bridge), ports: ['uplink0', 'client0'] }],
    addresses: [
      { ...end(gateway, 'lan0'), address: `${names.defaultGateway}/24` },
      { ...end(client.namespace, 'eth0'), address: `${client.address}/24` },
      { ...end(gateway, 'mgmt0'), address: `${names.managementAddress}/24` },
      { ...end(services, 'eth0'), address: `${names.servicesAddress}/24` },
      { ...end(gateway, 'hv0'), address: `${network}.2.1/24` },
      { ...end(hypervisor, 'eth0'), address: `${names.hypervisorAddress}/24` },
      { ...end(gateway, 'wan0'), address: `${names.wanAddress}/24` },
      { ...end(edge, 'site0'), address: `${wanSubnets[site]}.1/24` },
    ],
    routes: [
      { namespace: gateway, subnet: 'default', via: `${wanSubnets[site]}.1` },
      { namespace: services, subnet: 'default', via: names.managementAddress },
      { namespace: hypervisor, subnet: 'default', via: `${network}.2.1` },
      { namespace: client.namespace, subnet: 'default', via: names.defaultGateway },
      { namespace: edge, subnet: wholeSite(site), via: names.wanAddress },
    ],
  };
}

function circuits(sites: Layout['sites'], outside: string, shape: LinkShape): readonly Circuit[] {
  const access: LinkShape = {
    ...shape,
    rttSeconds: shape.rttSeconds / 2,
    rateBitsPerSecond: accessRateBitsPerSecond,
    loss: 0,
  };
  const core = (site: SiteName): End => ({ namespace: sites[site].edge, device: 'core0' });
  return [
    { name: 'wan', ends: [core('a'), core('b')], shape },
    ...siteNames.map((site) => ({
      name: `outside-${site}`,
      ends: [
        { namespace: outside, device: `to-${site}` },
        { namespace: sites[site].edge, device: 'out0' },
      ] as const,
      shape: access,
    })),
  ];
}

function wanAddresses(sites: Layout['sites'], outside: string): Layout['addresses'] {
  return [
    { namespace: outside, device: 'lo', address: `${outsideAddress}/32` },
    ...siteNames.flatMap((site) => [
      { namespace: sites[site].edge, device: 'core0', address: `${cores[site]}/30` },
      { namespace: sites[site].edge, device: 'out0', address: `${outsideLinks[site].edge}/30` },
      { namespace: outside, device: `to-${site}`, address: `${outsideLinks[site].client}/30` },
    ]),
  ];
}

function wanRoutes(sites: Layout['sites'], outside: string): Layout['routes'] {
  return siteNames.flatMap((site) => [
    { namespace: sites[site].edge, subnet: wholeSite(otherSite(site)), via: cores[otherSite(site)] },
    {
      namespace: sites[site].edge,
      subnet: `${wanSubnets[otherSite(site)]}.0/24`,
      via: cores[otherSite(site)],
    },
    { namespace: sites[site].edge, subnet: `${outsideAddress}/32`, via: outsideLinks[site].client },
    ...[wholeSite(site), `${wanSubnets[site]}.0/24`].map((subnet) => ({
      namespace: outside,
      subnet,
      via: outsideLinks[site].edge,
      source: outsideAddress,
    })),
  ]);
}
