import path from 'node:path';
import { endProcesses } from '../../world/processes.ts';
import { compiled } from '../compile.ts';
import { echoPort } from '../guests.ts';
import { inNamespace, runLines } from '../kernel.ts';
import { guestAddress, type Layout, macOf, type SiteName } from '../layout.ts';
import { environmentMark, sessionEndSeconds, settleSeconds } from '../limits.ts';
import { readSessionReport, type SessionReport } from '../sessions.ts';
import type { LabWorld } from '../world.ts';
import type { BareOutcome } from './bare-move.ts';
import type { Lab } from './standing-guest.ts';

/**
 * Site b's gateway stands in for the guest's old default gateway: its address and its MAC, on another segment than the
 * first, and the way to the guest.
 */
export async function adoptGateway({ run }: LabWorld, layout: Layout, index: number): Promise<void> {
  const { a, b } = layout.sites;
  const address = guestAddress('a', index);
  const virtualMac = '00:00:5e:00:01:01';
  for (const namespace of [a.gateway, b.gateway])
    await runLines(run, { namespace, lines: [`link set lan0 address ${virtualMac}`] });
  await runLines(run, {
    namespace: b.gateway,
    lines: [
      `addr replace ${a.defaultGateway}/32 dev lan0`,
      `route replace ${address}/32 dev lan0`,
      `neigh replace ${address} lladdr ${macOf(address)} dev lan0 nud permanent`,
    ],
  });
  await runLines(run, { namespace: b.edge, lines: [`route replace ${address}/32 via ${b.wanAddress}`] });
}

export async function routeToSite(
  { run }: LabWorld,
  { outside, circuits }: Layout,
  { site, index }: { readonly site: SiteName; readonly index: number },
): Promise<void> {
  const device = circuits.find(({ name }) => name === `outside-${site}`)?.ends[0].device ?? '';
  const via = outsideGateways[site];
  await runLines(run, {
    namespace: outside.namespace,
    lines: [`route replace ${guestAddress('a', index)}/32 via ${via} dev ${device} src ${outside.address}`],
  });
}

const outsideGateways = { a: '192.0.2.5', b: '192.0.2.9' } as const;

export interface RunningSession {
  readonly process: Awaited<ReturnType<LabWorld['start']>>;
  readonly logFile: string;
}

export async function startSession(
  world: LabWorld,
  { layout, state }: Lab,
  index: number,
): Promise<RunningSession> {
  const program = await compiled(world, 'probes', 'session.c');
  const logFile = path.join(
    world.directories.runtime,
    `bare-session-${index}-${Math.round(world.clock.nowSeconds() * 1000)}.jsonl`,
  );
  const argv = inNamespace(layout.outside.namespace, [
    program,
    'connect',
    guestAddress('a', index),
    String(echoPort),
  ]);
  const process = await world.start(argv, { logFile, environment: { [environmentMark]: state.id } });
  return { process, logFile };
}

export async function endSession(
  world: LabWorld,
  { process, logFile }: RunningSession,
): Promise<SessionReport> {
  await endProcesses([process], { clock: world.clock, graceSeconds: sessionEndSeconds });
  return { role: 'outside', ...(await readSessionReport(logFile)) };
}

/** The longest gap that reaches into the time from stop to a while after the resume. */
export function stallOf(
  { gaps, error }: SessionReport,
  { stoppedAtSeconds, resumedAtSeconds }: Pick<BareOutcome, 'stoppedAtSeconds' | 'resumedAtSeconds'>,
): number | null {
  if (stoppedAtSeconds === null || resumedAtSeconds === null || error !== null) return null;
  const touching = gaps.filter(
    ({ atSeconds, seconds }) =>
      atSeconds + seconds > stoppedAtSeconds && atSeconds < resumedAtSeconds + settleSeconds,
  );
  return touching.length === 0 ? null : Math.max(...touching.map(({ seconds }) => seconds));
}
