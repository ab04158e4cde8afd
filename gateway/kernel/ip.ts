import { z } from 'zod';
import { LonghaulError } from '../../topology/errors.ts';
import type { CommandResult } from '../../topology/world.ts';
import {
  localTable,
  mainTable,
  type Address,
  type Device,
  type KernelObject,
  type Neighbour,
  type Proxy,
  type Route,
  type Rule,
  type Up,
} from '../desired/objects.ts';
import { ownerGroup, ownerProtocol } from '../desired/marks.ts';
import type { KernelPort } from './port.ts';
import { textOf } from '../desired/objects.ts';

/** Objects that `ip` manages: how it lists ours, and the batch lines that add and remove them. */
export type IpObject = Device | Address | Up | Proxy | Route | Rule | Neighbour;

/** `-N`: protocols, tables and scopes as numbers, whatever names the machine has given them. */
const listing = ['ip', '-N', '-j', '-d', '-batch', '-'];
const listingLines = [
  'addr show',
  `route show table all proto ${ownerProtocol}`,
  'rule show',
  'neigh show nud permanent',
  'neigh show proxy',
];

const links = z.array(
  z.object({
    ifname: z.string(),
    ifalias: z.string().optional(),
    group: z.string().optional(),
    flags: z.array(z.string()),
    address: z.string().optional(),
    link: z.string().optional(),
    linkinfo: z
      .object({
        info_kind: z.string().optional(),
        info_data: z
          .object({
            id: z.number().optional(),
            local: z.string().optional(),
            remote: z.string().optional(),
            port: z.number().optional(),
            link: z.string().optional(),
          })
          .optional(),
      })
      .optional(),
    addr_info: z.array(
      z.object({ family: z.string(), local: z.string().optional(), address: z.string().optional() }),
    ),
  }),
);
const routes = z.array(
  z.object({
    type: z.string().optional(),
    dst: z.string(),
    gateway: z.string().optional(),
    dev: z.string().optional(),
    table: z.string().optional(),
  }),
);
const rules = z.array(
  z.object({
    priority: z.number(),
    iif: z.string().optional(),
    fwmark: z.string().optional(),
    table: z.string().optional(),
    protocol: z.string().optional(),
  }),
);
const neighbours = z.array(
  z.object({
    dst: z.string(),
    dev: z.string(),
    lladdr: z.string().optional(),
    protocol: z.string().optional(),
  }),
);

/** Everything of ours that `ip` can list. */
export async function observeIp(kernel: KernelPort, signal?: AbortSignal): Promise<readonly IpObject[]> {
  const stdin = `${listingLines.join('\n')}\n`;
  const result = await kernel.run(listing, { stdin, ...(signal && { signal }) });
  const lists = succeeded(listing, result)
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): unknown => JSON.parse(line));
  return [
    ...links.parse(lists[0]).flatMap(linkObjects),
    ...routes.parse(lists[1]).map(routeObject),
    ...rules.parse(lists[2]).filter(ours).map(ruleObject),
    ...neighbours
      .parse(lists[3])
      .filter(ours)
      .map(
        ({ dst, lladdr, dev }): Neighbour => ({
          kind: 'neighbour',
          address: dst,
          mac: lladdr ?? '',
          device: dev,
        }),
      ),
    ...neighbours
      .parse(lists[4])
      .filter(ours)
      .map(({ dst, dev }): Proxy => ({ kind: 'proxy', address: dst, device: dev })),
  ];
}

function ours({ protocol }: { readonly protocol?: string | undefined }): boolean {
  return protocol === String(ownerProtocol);
}

function linkObjects(link: z.infer<typeof links>[number]): readonly (Device | Address | Up)[] {
  const { ifname: name, address: mac = '', linkinfo } = link;
  if (link.group !== String(ownerGroup)) return [];
  const data = linkinfo?.info_data;
  const type: Device['type'] =
    linkinfo?.info_kind === 'vxlan'
      ? {
          name: 'vxlan',
          vni: data?.id ?? 0,
          local: data?.local ?? '',
          remote: data?.remote ?? '',
          port: data?.port ?? 0,
          underlay: data?.link ?? '',
        }
      : { name: 'macvlan', lower: link.link ?? '' };
  return [
    { kind: 'device', name, mac, type },
    ...link.addr_info.flatMap(({ family, local, address: peer }): Address[] =>
      family === 'inet' && local !== undefined
        ? [{ kind: 'address', device: name, local, peer: peer ?? local }]
        : [],
    ),
    ...(link.flags.includes('UP') ? [{ kind: 'up', device: name, alias: link.ifalias ?? '' } as const] : []),
  ];
}

/** RTN_LOCAL of rtnetlink(7). */
const localType = '2';

function routeObject({ type, dst, gateway, dev, table }: z.infer<typeof routes>[number]): Route {
  return {
    kind: 'route',
    type: type === localType ? 'local' : 'unicast',
    destination: dst,
    via: gateway ?? null,
    device: dev ?? '',
    table: Number(table ?? mainTable),
  };
}

function ruleObject({ priority, iif, fwmark, table }: z.infer<typeof rules>[number]): Rule {
  return {
    kind: 'rule',
    preference: priority,
    device: iif ?? '',
    mark: fwmark ?? null,
    table: Number(table ?? 0),
  };
}

/** `replace`: one of ours with the same key is there with another value. */
export function addLine(object: IpObject, replace: boolean): string {
  const owned = `protocol ${ownerProtocol}`;
  switch (object.kind) {
    case 'device':
      return `link add ${textOf(object)}`;
    case 'address':
      return `addr replace ${textOf(object)}`;
    case 'up':
      return `link set ${textOf(object)}`;
    case 'proxy':
      return `neigh add proxy ${textOf(object)} ${owned}`;
    case 'route':
      return `route ${replace ? 'replace' : 'add'} ${textOf(object)} ${owned}`;
    case 'rule':
      return `rule add ${textOf(object)} ${owned}`;
    case 'neighbour':
      return `neigh replace ${textOf(object)} ${owned}`;
  }
}

export function removeLine(object: IpObject): string {
  switch (object.kind) {
    case 'device':
      return `link del ${object.name}`;
    case 'address':
      return `addr del ${textOf(object)}`;
    case 'up':
      return `link set ${object.device} down`;
    case 'proxy':
      return `neigh del proxy ${textOf(object)}`;
    case 'route':
      return `route del ${object.type === 'local' ? 'local ' : ''}${object.destination} table ${object.table} proto ${ownerProtocol}`;
    case 'rule':
      return `rule del ${textOf(object)} protocol ${ownerProtocol}`;
    case 'neighbour':
      return `neigh del ${object.address} dev ${object.device}`;
  }
}

/** Routes of another owner that would be overwritten, as `ip` prints them. */
export async function foreignRoutes(kernel: KernelPort, address: string): Promise<readonly string[]> {
  const tables = [mainTable, localTable].map((table) => `route show exact ${address}/32 table ${table}`);
  const argv = ['ip', '-N', '-batch', '-'];
  const listed = succeeded(argv, await kernel.run(argv, { stdin: `${tables.join('\n')}\n` }));
  return listed.split('\n').filter((line) => line.trim() !== '' && !/\bproto 214\b/.test(line));
}

/** `ip` flushes its output after `addr show`, and after no other command: it marks the end of an answer. */
export const endCommand = 'addr show dev lo';
export const endMarker = /^\d+: lo: .*\n(?: +.*\n)*/m;

/**
 * Runs the lines in a process of their own, every one of them; answers each line's error. A change of a neighbour that
 * fails ends `ip` in spite of `-force`; then each line gets a process of its own, as they all can be repeated.
 */
export async function runLines(
  kernel: Pick<KernelPort, 'run'>,
  lines: readonly string[],
  signal?: AbortSignal,
): Promise<readonly (string | null)[]> {
  const stdin = [...lines, endCommand, ''].join('\n');
  const { stdout, stderr } = await kernel.run(batchCommand, { stdin, ...(signal && { signal }) });
  if (endMarker.test(stdout)) {
    const errors = batchErrors(stderr);
    return lines.map((_, index) => errors.get(index + 1) ?? null);
  }
  return await runOneByOne(kernel, lines);
}

export async function runOneByOne(
  kernel: Pick<KernelPort, 'run'>,
  lines: readonly string[],
): Promise<readonly (string | null)[]> {
  const errors: (string | null)[] = [];
  for (const line of lines) {
    const { exitCode, stderr } = await kernel.run(batchCommand, { stdin: `${line}\n` });
    errors.push(exitCode === 0 ? null : (stderr.split('\n')[0] ?? `exit code ${exitCode}`));
  }
  return errors;
}

export const batchCommand: readonly string[] = ['ip', '-force', '-batch', '-'];

/** `ip -force -batch` says what is wrong, then `Command failed -:LINE`; what it shows besides is indented. */
export function batchErrors(output: string): ReadonlyMap<number, string> {
  const errors = new Map<number, string>();
  let message: string[] = [];
  for (const line of output.split('\n')) {
    const failed = /^Command failed -:(\d+)/.exec(line);
    if (failed === null) {
      if (/^\S/.test(line)) message.push(line.trim());
    } else {
      errors.set(Number(failed[1]), message.join(' ') || 'unknown error');
      message = [];
    }
  }
  return errors;
}

/** The error means that the change is there already: a crash came between the change and the knowledge of it. */
export function isDone(object: KernelObject, change: 'add' | 'remove', error: string): boolean {
  if (change === 'remove') return /No such|Cannot find device|Cannot assign requested address/.test(error);
  return object.kind === 'rule' && /File exists/.test(error);
}

export function succeeded(argv: readonly string[], { exitCode, stdout, stderr }: CommandResult): string {
  if (exitCode === 0) return stdout;
  throw new LonghaulError('LH_COMMAND_FAILED', [argv.join(' '), exitCode, stderr.trim()]);
}
