import { type Operation, operations } from './operations.ts';
import type { Claim, GuestPort, Site } from './site.ts';

/** Carries out one row of the table with its arguments. */
export type Ask = <A, R>(operation: Operation<A, R>, args: A, signal: AbortSignal) => Promise<R>;

/** A Site whose every call is a row of operations.ts and its arguments: to be sent, or written down. */
export function siteOver(name: string, ask: Ask, has: { readonly balancers: boolean }): Site {
  const o = operations;
  return {
    name,
    describe: async (signal) => await ask(o.describe, {}, signal),
    acknowledge: async (claim, signal) => await ask(o.acknowledge, claimed(claim, {}), signal),
    guests: guestsOver(ask),
    guestsOn: (host) => guestsOver(ask, { host }),
    relocations: {
      put: async (claim, relocation, signal) =>
        await ask(o.putRelocation, { id: relocation.id, claim, relocation }, signal),
      get: async (id, signal) => await ask(o.getRelocation, { id }, signal),
      list: async (signal) => await ask(o.listRelocations, {}, signal),
      held: async (workload, signal) => await ask(o.heldRelocations, { workload }, signal),
      probe: async (network, address, signal) => await ask(o.probeAddress, { network, address }, signal),
      sessions: async (address, signal) => await ask(o.sessions, { address }, signal),
      answers: async (address, port, signal) => await ask(o.answers, { address, port }, signal),
    },
    dns: {
      apply: async (claim, change, signal) => await ask(o.applyNames, claimed(claim, { change }), signal),
      observe: async (change, signal) =>
        await ask(o.observeNames, { workload: change.workload, change }, signal),
    },
    balancers: has.balancers
      ? {
          apply: async (claim, change, signal) =>
            await ask(o.applyBalancers, claimed(claim, { change }), signal),
          observe: async (change, signal) =>
            await ask(o.observeBalancers, { workload: change.workload, change }, signal),
        }
      : null,
  };
}

/** `on`: of that host alone. */
function guestsOver(ask: Ask, on: { readonly host?: string } = {}): GuestPort {
  const o = operations;
  return {
    inspect: async (workload, signal) => await ask(o.inspect, { workload, ...on }, signal),
    define: async (workload, signal) => await ask(o.define, { workload, ...on }, signal),
    heartbeat: async (workload, signal) => await ask(o.heartbeat, { workload, ...on }, signal),
    watch: async (workload, seen, signal) => await ask(o.watch, { workload, ...on, ...seen }, signal),
    measureDirty: async (workload, intervalsSeconds, signal) =>
      await ask(o.measureDirty, { workload, ...on, intervalsSeconds: [...intervalsSeconds] }, signal),
    prepareTarget: async (claim, spec, signal) =>
      await ask(o.prepareTarget, claimed(claim, { ...on, spec }), signal),
    startTransfer: async (claim, order, signal) =>
      await ask(o.startTransfer, claimed(claim, { ...on, order }), signal),
    adjustTransfer: async (claim, change, signal) =>
      await ask(o.adjustTransfer, claimed(claim, { ...on, change }), signal),
    cancelTransfer: async (claim, signal) => await ask(o.cancelTransfer, claimed(claim, { ...on }), signal),
    resume: async (claim, signal) => await ask(o.resume, claimed(claim, { ...on }), signal),
    discard: async (claim, signal) => await ask(o.discard, claimed(claim, { ...on }), signal),
    shutdown: async (claim, signal) => await ask(o.shutdown, claimed(claim, { ...on }), signal),
    start: async (claim, spec, signal) => await ask(o.start, claimed(claim, { ...on, spec }), signal),
    clone: async (claim, spec, signal) => await ask(o.clone, claimed(claim, { ...on, spec }), signal),
  };
}

const claimed = <T extends object>(
  claim: Claim,
  fields: T,
): { readonly workload: string; readonly claim: Claim } & T => ({
  workload: claim.workload,
  claim,
  ...fields,
});
