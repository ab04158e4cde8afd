import type { GatewayConfiguration } from '../configuration.ts';
import { guestDeviceName, deliveryTableOf, tunnelDeviceName } from '../desired/marks.ts';
import {
  keyOf,
  localTable,
  mainTable,
  objectText,
  textOf,
  type KernelObject,
  type KernelState,
} from '../desired/objects.ts';
import type { Difference } from '../kernel/reconcile.ts';
import { placementOf } from './book.ts';
import type { Record } from './store.ts';
import { isKnownBy, isTranslated, sessionOf, type Flow } from '../kernel/sessions.ts';
import { isReturn, type Relocation, type RelocationStatus, type Session } from '../relocation.ts';

/** What one look at the kernel says about all relocations. */
export interface Look {
  readonly observed: KernelState;
  readonly difference: Difference;
  readonly flows: readonly Flow[];
  /** Old addresses of the guests that came and run here: what they say to each other passes no gateway any more. */
  readonly arrived: ReadonlySet<string>;
  /** Why the last attempt to change an object failed, by its key. */
  readonly errors: ReadonlyMap<string, string>;
  /** Unix seconds of the last new flow to each old address. */
  readonly lastNewFlows: ReadonlyMap<string, number>;
}

export function statusOf(configuration: GatewayConfiguration, record: Record, look: Look): RelocationStatus {
  const { relocation, switchedAtSeconds } = record;
  const { missing, surplus } = about(configuration, relocation, look.difference);
  const differences = [
    ...missing.map((object) => `missing: ${objectText(object)}${reason(look, keyOf(object))}`),
    ...surplus.map((object) => `too much: ${objectText(object)}${reason(look, keyOf(object))}`),
    ...sessionDifferences(record, look),
  ];
  return {
    id: relocation.id,
    role: relocation.role,
    desired: relocation.phase,
    converged: differences.length === 0,
    differences,
    carries: carries(configuration, relocation, look.observed),
    sessions: oldSessions(record, look),
    lastNewSessionSeconds: look.lastNewFlows.get(relocation.guest.oldAddress) ?? null,
    switchedAtSeconds,
  };
}

function sessionDifferences({ relocation, sessionsToInsert, areSessionsOver }: Record, look: Look): string[] {
  const why = reason(look, sessionsKey(relocation.id));
  return [
    ...(sessionsToInsert.length > 0
      ? [`missing: ${sessionsToInsert.length} sessions not handed over${why}`]
      : []),
    ...(areSessionsOver ? [`too much: sessions of ${relocation.guest.oldAddress} not ended${why}`] : []),
  ];
}

export const sessionsKey = (id: string): string => `sessions ${id}`;

function reason({ errors }: Look, key: string): string {
  const error = errors.get(key);
  return error === undefined ? '' : ` (${error})`;
}

/**
 * Differences that touch this relocation: those that name its addresses, or a device it shares with others, or nobody's
 * in particular.
 */
function about(configuration: GatewayConfiguration, relocation: Relocation, all: Difference): Difference {
  const others = (object: KernelObject) => {
    const named = textOf(object).match(/\b\d+\.\d+\.\d+\.\d+\b/g) ?? [];
    const { oldAddress, newAddress } = relocation.guest;
    const shared = new Set([
      configuration.wan.address,
      ...configuration.peers.map(({ address }) => address),
      oldAddress,
      newAddress,
    ]);
    return (
      object.kind !== 'table' &&
      named.length > 0 &&
      !named.some((address) => shared.has(address) || address.startsWith('169.254.'))
    );
  };
  return {
    missing: all.missing.filter((object) => !others(object)),
    surplus: all.surplus.filter((object) => !others(object)),
  };
}

/** Where packets for the old address go now, read from what the kernel holds. */
function carries(
  configuration: GatewayConfiguration,
  relocation: Relocation,
  observed: KernelState,
): RelocationStatus['carries'] {
  const { oldAddress } = relocation.guest;
  const vni = configuration.peers.find(({ site }) => site === relocation.peer.site)?.vni ?? 0;
  const route = (table: number) => observed.get(`route ${oldAddress} ${table}`);
  if (relocation.role === 'source') {
    if (route(localTable) !== undefined) return 'nothing';
    const main = route(mainTable);
    return main?.kind === 'route' && main.device === tunnelDeviceName(vni) ? 'tunnel' : 'local';
  }
  const network = configuration.networks.find(({ name }) => name === relocation.network);
  const device = guestDeviceName(relocation.oldSubnet.defaultGatewayMac, network?.device ?? '');
  if (observed.has(`neighbour ${oldAddress} ${device}`)) return 'local';
  const main = route(mainTable);
  if (main?.kind === 'route' && main.device === tunnelDeviceName(vni)) return 'tunnel';
  return route(deliveryTableOf(vni)) === undefined ? 'nothing' : 'parked';
}

/**
 * Source: all the guest's sessions, as long as it is here; then the target counts, through which all of them pass: one
 * that ends beside this gateway would stay in its table for days. Target: those whose other side still knows the guest
 * by its old address, and has not come after it. On the way back the same with the roles, and the addresses, changed.
 */
function oldSessions(record: Record, { flows, arrived }: Look): readonly Session[] {
  const { guest, role, phase } = record.relocation;
  const { guestHere } = placementOf(record);
  if (role === 'source' && (!guestHere || isReturn(phase))) return [];
  const isCounted = (flow: Flow): boolean => {
    if (role === 'source' || (phase === 'returning' && guestHere)) return true;
    return isReturn(phase) ? isTranslated(flow, guest.newAddress) : isKnownBy(flow, guest.oldAddress);
  };
  return flows
    .filter(isCounted)
    .flatMap((flow) => sessionOf(flow, guest.oldAddress) ?? [])
    .filter(
      ({ sourceAddress, targetAddress }) => !(arrived.has(sourceAddress) && arrived.has(targetAddress)),
    );
}
