import assert from 'node:assert/strict';
import { ownerGroup } from './marks.ts';

/**
 * Everything the gateway puts into the kernel, as values. The text of an object is what `ip` and `nft` are told after
 * the verb, so a state reads like the commands that make it.
 */
export type KernelObject =
  | Table
  | Element
  | Device
  | Setting
  | Address
  | Up
  | Proxy
  | Route
  | Rule
  | Neighbour;

/** The kinds in the order in which they are added; removed in the reverse. */
export const kinds = [
  'table',
  'element',
  'device',
  'setting',
  'address',
  'up',
  'proxy',
  'route',
  'rule',
  'neighbour',
] as const satisfies readonly KernelObject['kind'][];

export type TableFamily = 'inet' | 'ip' | 'arp';

/** An nft table: its sets, maps and chains as nft prints them, without the elements. */
export interface Table {
  readonly kind: 'table';
  readonly family: TableFamily;
  readonly name: string;
  readonly structure: string;
}

/** An element of a set, or with `data` of a map. */
export interface Element {
  readonly kind: 'element';
  readonly family: TableFamily;
  readonly table: string;
  readonly set: string;
  readonly element: string;
  readonly data: string | null;
}

export interface Device {
  readonly kind: 'device';
  readonly name: string;
  readonly mac: string;
  readonly type:
    | {
        readonly name: 'vxlan';
        readonly vni: number;
        readonly local: string;
        readonly remote: string;
        readonly port: number;
        /** The device its packets leave by. */
        readonly underlay: string;
      }
    | { readonly name: 'macvlan'; readonly lower: string };
}

/** A sysctl, by its path below /proc/sys: device names may hold dots. */
export interface Setting {
  readonly kind: 'setting';
  readonly path: string;
  readonly value: string;
}

export interface Address {
  readonly kind: 'address';
  readonly device: string;
  readonly local: string;
  readonly peer: string;
}

export interface Up {
  readonly kind: 'up';
  readonly device: string;
  /** What it is for, for people. */
  readonly alias: string;
}

/** The gateway answers ARP for the address on the device, as long as it is routed to another one. */
export interface Proxy {
  readonly kind: 'proxy';
  readonly address: string;
  readonly device: string;
}

export interface Route {
  readonly kind: 'route';
  readonly type: 'unicast' | 'local';
  /** One address, or 'default'. */
  readonly destination: string;
  readonly via: string | null;
  readonly device: string;
  readonly table: number;
}

export interface Rule {
  readonly kind: 'rule';
  readonly preference: number;
  readonly device: string;
  readonly mark: string | null;
  readonly table: number;
}

/** A permanent neighbour. */
export interface Neighbour {
  readonly kind: 'neighbour';
  readonly address: string;
  readonly mac: string;
  readonly device: string;
}

/** The kernel's own numbers of the routing tables (rtnetlink(7)). */
export const mainTable = 254;
export const localTable = 255;

/** Two objects with one key cannot both be in the kernel. */
export function keyOf(object: KernelObject): string {
  switch (object.kind) {
    case 'table':
      return `table ${object.family} ${object.name}`;
    case 'element':
      return `element ${object.family} ${object.table} ${object.set} ${object.element}`;
    case 'device':
      return `device ${object.name}`;
    case 'setting':
      return `setting ${object.path}`;
    case 'address':
      return `address ${object.local} ${object.device}`;
    case 'up':
      return `up ${object.device}`;
    case 'proxy':
    case 'rule':
      return `${object.kind} ${textOf(object)}`;
    case 'route':
      return `route ${object.destination} ${object.table}`;
    case 'neighbour':
      return `neighbour ${object.address} ${object.device}`;
  }
}

/** All there is to say of an object; two with the same text are the same. */
export function textOf(object: KernelObject): string {
  switch (object.kind) {
    case 'table':
      return `${object.family} ${object.name} {\n${object.structure}\n}`;
    case 'element':
      return `${object.family} ${object.table} ${object.set} ${object.element}${object.data === null ? '' : ` : ${object.data}`}`;
    case 'device':
      return deviceText(object);
    case 'setting':
      return `${object.path}=${object.value}`;
    case 'address':
      return `${object.local}/32 peer ${object.peer} dev ${object.device}`;
    case 'up':
      return `${object.device} alias ${object.alias} up`;
    case 'proxy':
      return `${object.address} dev ${object.device}`;
    case 'route':
      return routeText(object);
    case 'rule':
      return `pref ${object.preference} iif ${object.device}${object.mark === null ? '' : ` fwmark ${object.mark}`} lookup ${object.table}`;
    case 'neighbour':
      return `${object.address} lladdr ${object.mac} dev ${object.device} nud permanent`;
  }
}

function deviceText({ name, mac, type }: Device): string {
  const marked = `address ${mac} group ${ownerGroup}`;
  return type.name === 'vxlan'
    ? `${name} ${marked} type vxlan id ${type.vni} local ${type.local} remote ${type.remote} dstport ${type.port} dev ${type.underlay} nolearning`
    : `${name} link ${type.lower} ${marked} type macvlan mode private`;
}

function routeText({ type, destination, via, device, table }: Route): string {
  const hop = via === null ? `dev ${device}` : `via ${via} dev ${device} onlink`;
  return `${type === 'local' ? 'local ' : ''}${destination} ${hop} table ${table}`;
}

/** What the kernel shall hold, or holds, by key. */
export type KernelState = ReadonlyMap<string, KernelObject>;

/** Sorted by kind, then key; an object that comes twice is there once. */
export function stateOf(objects: Iterable<KernelObject>): KernelState {
  const byKey = new Map<string, KernelObject>();
  for (const object of objects) {
    const key = keyOf(object);
    const present = byKey.get(key);
    assert(
      present === undefined || present === object || textOf(present) === textOf(object),
      `two desired objects share the key ${key}`,
    );
    byKey.set(key, object);
  }
  return new Map(
    [...byKey].sort(
      ([a, first], [b, second]) => kinds.indexOf(first.kind) - kinds.indexOf(second.kind) || (a < b ? -1 : 1),
    ),
  );
}

/** One object a line; of a table only its name, its structure being the same for all states of one gateway. */
export function stateText(state: KernelState): string {
  return [...state.values()].map(objectText).join('\n');
}

/** The object in a line, for people. */
export function objectText(object: KernelObject): string {
  return object.kind === 'table' ? keyOf(object) : `${object.kind} ${textOf(object)}`;
}
