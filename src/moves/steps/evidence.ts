import { LonghaulError } from '../../../topology/errors.ts';
import type { Move } from '../move.ts';
import { isHomecoming } from '../phases.ts';
import type { Step } from '../step.ts';

/**
 * The source is released only on evidence: the guest's own counter advances at the target, both gateways carry the old
 * address there, and the workload answers on the ways its clients take.
 */
export const gatherEvidence: Step = {
  name: 'gather evidence',
  weight: 2,
  deadlineSeconds: ({ limits, workload }) =>
    2 * limits.evidenceSeconds + workload.bootSeconds + 2 * limits.callSeconds,
  apply: async (move, signal) => {
    const { clock, limits, workload, facts } = move;
    const lookSeconds = limits.evidenceLookSeconds;
    // A guest that has just been resumed answers its clients first: looks take processor time from it.
    const restSeconds = Math.min(
      lookSeconds,
      (facts.resumedAtSeconds ?? 0) + lookSeconds - clock.nowSeconds(),
    );
    if (restSeconds > 0) await clock.sleep(restSeconds, signal);
    const untilSeconds = clock.monotonicSeconds() + limits.evidenceSeconds + workload.bootSeconds;
    for (;;) {
      const lacking = await lackingEvidence(move, signal);
      if (lacking.length === 0) return undefined;
      if (clock.monotonicSeconds() >= untilSeconds)
        throw new LonghaulError(
          'LH_EVIDENCE_MISSING',
          [workload.name, move.target.name, lacking.join('; ')],
          {
            settle: `longhaul run ${move.run}, once that is repaired`,
          },
        );
      move.report({ ratio: 0, convergence: null, text: lacking.join('; ') });
      await clock.sleep(lookSeconds, signal);
    }
  },
};

/** One sentence for each thing that is not yet seen; empty: all is well. */
export async function lackingEvidence(move: Move, signal: AbortSignal): Promise<readonly string[]> {
  return [
    ...(await lackingLife(move, signal)),
    ...(await lackingRoutes(move, signal)),
    ...(await lackingAnswers(move, signal)),
  ];
}

async function lackingLife(
  { target, workload, clock, limits }: Move,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { guests } = target;
  const { state } = await guests.inspect(workload.name, signal);
  if (state !== 'running') return [`it is '${state}' at '${target.name}'`];
  const before = await guests.heartbeat(workload.name, signal);
  if (before === null) return [];
  await clock.sleep(limits.evidenceLookSeconds, signal);
  const after = await guests.heartbeat(workload.name, signal);
  if (after !== null && after.count > before.count) return [];
  return [`its counter stands still at ${before.count}`];
}

async function lackingRoutes(
  { source, target, facts }: Move,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const lacking: string[] = [];
  for (const { source: half } of facts.relocations ?? []) {
    const [atSource, atTarget] = await Promise.all([
      source.agent.relocations.get(half.id, signal),
      target.agent.relocations.get(half.id, signal),
    ]);
    const { oldAddress } = half.guest;
    if (atSource?.carries !== 'tunnel')
      lacking.push(
        `'${source.model.name}' sends ${oldAddress} ${atSource?.carries ?? 'nowhere'}, not into the tunnel`,
      );
    if (atTarget?.carries !== 'local')
      lacking.push(
        `'${target.model.name}' does not deliver ${oldAddress}: ${atTarget?.carries ?? 'nothing'}`,
      );
  }
  return lacking;
}

/** A gateway that cannot tell whether an address answers takes nothing away from the rest of the evidence. */
async function lackingAnswers(move: Move, signal: AbortSignal): Promise<readonly string[]> {
  const { source, target, facts, workload } = move;
  const ports = workload.ports.length === 0 ? [null] : workload.ports;
  const lacking: string[] = [];
  for (const pair of facts.relocations ?? []) {
    const { oldAddress, newAddress } = pair.source.guest;
    const [left, found] = isHomecoming(pair) ? [newAddress, oldAddress] : [oldAddress, newAddress];
    const ways = [
      { at: source, address: left },
      { at: target, address: found },
    ];
    for (const { at, address } of ways)
      for (const port of ports)
        if ((await at.agent.relocations.answers(address, port, signal)) === false)
          lacking.push(
            `${address}${port === null ? '' : `:${port}`} does not answer a client at '${at.model.name}'`,
          );
  }
  return lacking;
}
