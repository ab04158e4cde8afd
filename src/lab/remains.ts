import { z } from 'zod';
import { ownerGroup, ownerProtocol } from '../../gateway/desired/marks.ts';
import type { RunCommand } from '../../topology/world.ts';
import { runChecked } from './kernel.ts';

/** What of the gateway's objects a namespace's kernel holds: read by the lab itself, not asked of the agent. */
export interface GatewayRemains {
  /** VXLAN devices between the sites. */
  readonly tunnels: readonly string[];
  /** Devices that play an old default gateway to guests. */
  readonly guestDevices: readonly string[];
  readonly policyRules: readonly string[];
  /** Routes in tables of its own. */
  readonly policyRoutes: readonly string[];
  /** Routes in the main table: host routes of guests. */
  readonly hostRoutes: readonly string[];
  /** Addresses the gateway itself holds, so that no newcomer takes them. */
  readonly quarantined: readonly string[];
  readonly proxies: readonly string[];
}

const tables = { main: '254', local: '255' } as const;

const linkSchema = z.array(
  z.object({
    ifname: z.string(),
    group: z.string().optional(),
    linkinfo: z.object({ info_kind: z.string().optional() }).optional(),
  }),
);
const routeSchema = z.array(
  z.object({
    dst: z.string(),
    dev: z.string().optional(),
    protocol: z.string().optional(),
    table: z.string().optional(),
  }),
);
const ruleSchema = z.array(
  z.object({ priority: z.number(), table: z.string().optional(), protocol: z.string().optional() }),
);
const proxySchema = z.array(z.object({ dst: z.string(), dev: z.string() }));

/** The VXLAN devices alone, at the price of one process. */
export async function readTunnels(run: RunCommand, namespace: string): Promise<readonly string[]> {
  const text = await runChecked(run, ['ip', '-n', namespace, '-N', '-j', 'link', 'show', 'type', 'vxlan']);
  return linkSchema
    .parse(text.trim() === '' ? [] : JSON.parse(text))
    .filter(({ group }) => group === String(ownerGroup))
    .map(({ ifname }) => ifname);
}

export async function readRemains(run: RunCommand, namespace: string): Promise<GatewayRemains> {
  const ask = async <T>(schema: z.ZodType<T>, ...argv: readonly string[]): Promise<T> => {
    const text = await runChecked(run, ['ip', '-n', namespace, '-N', '-j', ...argv]);
    return schema.parse(text.trim() === '' ? [] : JSON.parse(text));
  };
  const ours = <T extends { readonly protocol?: string | undefined }>(objects: readonly T[]): readonly T[] =>
    objects.filter(({ protocol }) => protocol === String(ownerProtocol));
  const links = (await ask(linkSchema, '-d', 'link', 'show')).filter(
    ({ group }) => group === String(ownerGroup),
  );
  const routes = ours(await ask(routeSchema, 'route', 'show', 'table', 'all'));
  const rules = ours(await ask(ruleSchema, 'rule', 'show'));
  const proxies = await ask(proxySchema, 'neigh', 'show', 'proxy');
  const isTunnel = ({ linkinfo }: z.infer<typeof linkSchema>[number]): boolean =>
    linkinfo?.info_kind === 'vxlan';
  const routeText = ({ dst, dev, table }: z.infer<typeof routeSchema>[number]): string =>
    `${dst} dev ${dev ?? '-'} table ${table ?? tables.main}`;
  const inTable = (table: string | undefined): string => table ?? tables.main;
  return {
    tunnels: links.filter(isTunnel).map(({ ifname }) => ifname),
    guestDevices: links.filter((link) => !isTunnel(link)).map(({ ifname }) => ifname),
    policyRules: rules.map(({ priority, table }) => `${priority} lookup ${table ?? '-'}`),
    policyRoutes: routes.filter(({ table }) => !isKnownTable(inTable(table))).map(routeText),
    hostRoutes: routes.filter(({ table }) => inTable(table) === tables.main).map(routeText),
    quarantined: routes.filter(({ table }) => inTable(table) === tables.local).map(({ dst }) => dst),
    proxies: proxies.map(({ dst, dev }) => `${dst} dev ${dev}`),
  };
}

const isKnownTable = (table: string): boolean => table === tables.main || table === tables.local;

/** The source gateway after a move has settled: only the reserved address. */
export const isSourceClean = (remains: GatewayRemains): boolean =>
  [
    remains.tunnels,
    remains.guestDevices,
    remains.policyRules,
    remains.policyRoutes,
    remains.hostRoutes,
    remains.proxies,
  ].every((list) => list.length === 0);

/** The target's: no tunnel and no way through one; what the guest needs for its inner address stays. */
export const isTargetClean = (remains: GatewayRemains): boolean =>
  [remains.tunnels, remains.policyRules, remains.policyRoutes].every((list) => list.length === 0);
