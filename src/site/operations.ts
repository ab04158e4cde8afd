import { z } from 'zod';
import { relocationSchema } from '../../gateway/agent/relocation-schema.ts';
import type { BalancerChange } from '../../gateway/balancer/change.ts';
import type { DnsChange } from '../../gateway/dns/change.ts';
import type { Relocation } from '../../gateway/relocation.ts';
import { LonghaulError } from '../../topology/errors.ts';
import { callSecondsDefault, callSecondsMax, dirtyIntervalsMax, watchSecondsMax } from './limits.ts';
import * as schemas from './schemas.ts';
import type { BalancerPort, Claim, CloneSpec, GuestPort, Site, TargetSpec, TransferOrder } from './site.ts';

/**
 * The agent's HTTP interface as a table: server and client are made from the same rows, so they cannot disagree.
 * `:name` in a path is a field of the arguments; the others travel as a JSON body, with GET in the query.
 */
export interface Operation<A, R> {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly schema: z.ZodType<A>;
  /** The server gives up after so long; the client waits a little longer. */
  readonly seconds: number;
  readonly call: (site: Site, args: A, signal: AbortSignal) => Promise<R>;
}

/** Both ends say it; an end that speaks another one is told so instead of misunderstood. */
export const protocolHeader = 'longhaul-protocol';
export const protocolVersion = '1';

/** The arguments' type comes from `call`, in the words of site.ts; the schema must answer it. */
const operation = <A, R>(
  row: Omit<Operation<A, R>, 'schema'> & { readonly schema: z.ZodType<NoInfer<A>> },
): Operation<A, R> => row;

const workload = { workload: schemas.workloadName };
/** Of that host alone; without it, of the whole site. */
const host = { host: z.exactOptional(schemas.name) };
/** Arguments of a call that changes something: the claim is on the workload in the path. */
const claimed = <T extends z.ZodRawShape>(fields: T) =>
  z
    .strictObject({ ...workload, claim: schemas.claim, ...fields })
    .refine((args) => (args as Claimed).claim.workload === (args as Claimed).workload, {
      path: ['claim', 'workload'],
      message: 'must be the workload of the path',
    });

interface Named {
  readonly workload: string;
  readonly host?: string;
}
interface Claimed extends Named {
  readonly claim: Claim;
}
type Seen = Parameters<GuestPort['watch']>[1];
const seconds = callSecondsDefault;

export const operations = {
  describe: operation({
    method: 'GET',
    path: '/site',
    seconds,
    schema: z.strictObject({}),
    call: async (site, _: object, signal) => await site.describe(signal),
  }),
  acknowledge: operation({
    method: 'PUT',
    path: '/claims/:workload',
    seconds,
    schema: claimed({}),
    call: async (site, { claim }: Claimed, signal) => await site.acknowledge(claim, signal),
  }),

  inspect: operation({
    method: 'GET',
    path: '/guests/:workload',
    seconds,
    schema: z.strictObject({ ...workload, ...host }),
    call: async (site, args: Named, signal) => await guestsOf(site, args.host).inspect(args.workload, signal),
  }),
  define: operation({
    method: 'GET',
    path: '/guests/:workload/definition',
    seconds,
    schema: z.strictObject({ ...workload, ...host }),
    call: async (site, args: Named, signal) => await guestsOf(site, args.host).define(args.workload, signal),
  }),
  heartbeat: operation({
    method: 'GET',
    path: '/guests/:workload/heartbeat',
    seconds,
    schema: z.strictObject({ ...workload, ...host }),
    call: async (site, args: Named, signal) =>
      await guestsOf(site, args.host).heartbeat(args.workload, signal),
  }),
  watch: operation({
    method: 'GET',
    path: '/guests/:workload/watch',
    seconds: watchSecondsMax + callSecondsDefault,
    schema: z.strictObject({ ...workload, ...host, ...schemas.seen }),
    call: async (site, { workload: name, host: on, ...seen }: Named & Seen, signal) =>
      await guestsOf(site, on).watch(name, seen, signal),
  }),
  measureDirty: operation({
    method: 'POST',
    path: '/guests/:workload/measure-dirty',
    seconds: dirtyIntervalsMax * callSecondsDefault + callSecondsDefault,
    schema: z.strictObject({ ...workload, ...host, intervalsSeconds: schemas.dirtyIntervals }),
    call: async (site, args: Named & { readonly intervalsSeconds: readonly number[] }, signal) =>
      await guestsOf(site, args.host).measureDirty(args.workload, args.intervalsSeconds, signal),
  }),
  prepareTarget: operation({
    method: 'POST',
    path: '/guests/:workload/prepare-target',
    seconds: 2 * callSecondsDefault,
    schema: claimed({ ...host, spec: schemas.targetSpec }),
    call: async (site, args: Claimed & { readonly spec: TargetSpec }, signal) =>
      await guestsOf(site, args.host).prepareTarget(args.claim, args.spec, signal),
  }),
  startTransfer: operation({
    method: 'POST',
    path: '/guests/:workload/start-transfer',
    seconds,
    schema: claimed({ ...host, order: schemas.transferOrder }),
    call: async (site, args: Claimed & { readonly order: TransferOrder }, signal) =>
      await guestsOf(site, args.host).startTransfer(args.claim, args.order, signal),
  }),
  adjustTransfer: operation({
    method: 'POST',
    path: '/guests/:workload/adjust-transfer',
    seconds,
    schema: claimed({ ...host, change: schemas.settingsChange }),
    call: async (
      site,
      args: Claimed & { readonly change: Parameters<GuestPort['adjustTransfer']>[1] },
      signal,
    ) => await guestsOf(site, args.host).adjustTransfer(args.claim, args.change, signal),
  }),
  cancelTransfer: operation({
    method: 'POST',
    path: '/guests/:workload/cancel-transfer',
    seconds,
    schema: claimed(host),
    call: async (site, args: Claimed, signal) =>
      await guestsOf(site, args.host).cancelTransfer(args.claim, signal),
  }),
  resume: operation({
    method: 'POST',
    path: '/guests/:workload/resume',
    seconds,
    schema: claimed(host),
    call: async (site, args: Claimed, signal) => await guestsOf(site, args.host).resume(args.claim, signal),
  }),
  discard: operation({
    method: 'POST',
    path: '/guests/:workload/discard',
    seconds,
    schema: claimed(host),
    call: async (site, args: Claimed, signal) => await guestsOf(site, args.host).discard(args.claim, signal),
  }),
  shutdown: operation({
    method: 'POST',
    path: '/guests/:workload/shutdown',
    seconds: callSecondsMax,
    schema: claimed(host),
    call: async (site, args: Claimed, signal) => await guestsOf(site, args.host).shutdown(args.claim, signal),
  }),
  start: operation({
    method: 'POST',
    path: '/guests/:workload/start',
    seconds: 2 * callSecondsDefault,
    schema: claimed({ ...host, spec: schemas.targetSpec }),
    call: async (site, args: Claimed & { readonly spec: TargetSpec }, signal) =>
      await guestsOf(site, args.host).start(args.claim, args.spec, signal),
  }),
  clone: operation({
    method: 'POST',
    path: '/guests/:workload/clone',
    seconds: callSecondsMax,
    schema: claimed({ ...host, spec: schemas.cloneSpec }),
    call: async (site, args: Claimed & { readonly spec: CloneSpec }, signal) =>
      await guestsOf(site, args.host).clone(args.claim, args.spec, signal),
  }),

  putRelocation: operation({
    method: 'PUT',
    path: '/relocations/:id',
    seconds,
    schema: z.strictObject({ id: z.string(), claim: schemas.claim, relocation: relocationSchema }),
    call: async (
      { relocations },
      { claim, relocation }: { readonly id: string; readonly claim: Claim; readonly relocation: Relocation },
      signal,
    ) => await relocations.put(claim, relocation, signal),
  }),
  getRelocation: operation({
    method: 'GET',
    path: '/relocations/:id',
    seconds,
    schema: z.strictObject({ id: z.string() }),
    call: async ({ relocations }, { id }: { readonly id: string }, signal) =>
      await relocations.get(id, signal),
  }),
  listRelocations: operation({
    method: 'GET',
    path: '/relocations',
    seconds,
    schema: z.strictObject({}),
    call: async ({ relocations }, _: object, signal) => await relocations.list(signal),
  }),
  heldRelocations: operation({
    method: 'GET',
    path: '/guests/:workload/relocations',
    seconds,
    schema: z.strictObject(workload),
    call: async ({ relocations }, args: Named, signal) => await relocations.held(args.workload, signal),
  }),
  probeAddress: operation({
    method: 'GET',
    path: '/networks/:network/probe/:address',
    seconds,
    schema: z.strictObject({ network: z.string(), address: schemas.address }),
    call: async (
      { relocations },
      { network, address }: { readonly network: string; readonly address: string },
      signal,
    ) => await relocations.probe(network, address, signal),
  }),
  sessions: operation({
    method: 'GET',
    path: '/sessions/:address',
    seconds,
    schema: z.strictObject({ address: schemas.address }),
    call: async ({ relocations }, { address }: { readonly address: string }, signal) =>
      await relocations.sessions(address, signal),
  }),

  answers: operation({
    method: 'POST',
    path: '/answers/:address',
    seconds,
    schema: z.strictObject({ address: schemas.address, port: schemas.port.nullable() }),
    call: async (
      { relocations },
      { address, port }: { readonly address: string; readonly port: number | null },
      signal,
    ) => await relocations.answers(address, port, signal),
  }),

  applyNames: operation({
    method: 'PUT',
    path: '/names/:workload',
    seconds: 2 * callSecondsDefault,
    schema: claimed({ change: schemas.dnsChange }),
    call: async ({ dns }, { claim, change }: Claimed & { readonly change: DnsChange }, signal) =>
      await dns.apply(claim, change, signal),
  }),
  observeNames: operation({
    method: 'POST',
    path: '/names/:workload/observe',
    seconds,
    schema: z.strictObject({ ...workload, change: schemas.dnsChange }),
    call: async ({ dns }, { change }: Named & { readonly change: DnsChange }, signal) =>
      await dns.observe(change, signal),
  }),

  applyBalancers: operation({
    method: 'PUT',
    path: '/balancers/:workload',
    seconds: 2 * callSecondsDefault,
    schema: claimed({ change: schemas.balancerChange }),
    call: async (site, { claim, change }: Claimed & { readonly change: BalancerChange }, signal) =>
      await balancersOf(site).apply(claim, change, signal),
  }),
  observeBalancers: operation({
    method: 'POST',
    path: '/balancers/:workload/observe',
    seconds,
    schema: z.strictObject({ ...workload, change: schemas.balancerChange }),
    call: async (site, { change }: Named & { readonly change: BalancerChange }, signal) =>
      await balancersOf(site).observe(change, signal),
  }),
} as const;

const guestsOf = (site: Site, name: string | undefined): GuestPort =>
  name === undefined ? site.guests : site.guestsOn(name);

function balancersOf(site: Site): BalancerPort {
  if (site.balancers === null) throw new LonghaulError('LH_SITE_WITHOUT', [site.name, 'load balancers']);
  return site.balancers;
}
