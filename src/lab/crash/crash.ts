import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { agentName, guestFilesAt } from '../agents.ts';
import { compiled } from '../compile.ts';
import { readJsonIfThere } from '../files.ts';
import { pathPort } from '../guests.ts';
import { inNamespace } from '../kernel.ts';
import { type SiteName, siteNames } from '../layout.ts';
import { answerSeconds, crashMomentSecondsMax, newcomerMilliseconds, outageSeconds } from '../limits.ts';
import { zone } from '../names.ts';
import { connectRelay } from '../relay.ts';
import type { LabGuest } from '../state.ts';
import { awaitResult } from '../world.ts';
import { type CrashCase, cutTraffic } from './cases.ts';
import { CopyWatch, runningAt } from './copies.ts';
import { type CrashLab, GuestRun, killedExitCode, type RunEnd } from './guest-run.ts';
import { type Strike, struckSchema } from './strike.ts';
import { commandsIn, faultOf, type Found } from './verdict.ts';

/**
 * One crash in a standing lab: a guest is being moved by a worker process, something breaks at its moment, it is put
 * right, and the run goes on. Then exactly one copy runs and answers, and the journal says which. A run that asks a
 * person is settled by the command it names, and judged once more.
 */
export interface CrashResult {
  readonly name: string;
  readonly guest: string;
  /** Where in the run it really struck. */
  readonly where: string;
  readonly exitCode: number;
  readonly state: string;
  readonly outcome: string;
  readonly runsAt: readonly SiteName[];
  readonly answers: boolean;
  /** Looks at both copies; none saw both run. */
  readonly looks: number;
  /** The commands it was settled with, and what came of it. */
  readonly settled: readonly string[];
  readonly seconds: number;
  /** Null: as it must be. */
  readonly fault: string | null;
}

export async function crash(lab: CrashLab, guest: LabGuest, one: CrashCase): Promise<CrashResult> {
  const { world } = lab;
  const began = world.clock.monotonicSeconds();
  const folder = path.join(lab.folder, guest.name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const scene = new Scene(lab, guest, one, new GuestRun(lab, guest, folder));
  const result = await scene.play();
  return { ...result, seconds: world.clock.monotonicSeconds() - began };
}

class Scene {
  readonly #lab: CrashLab;
  readonly #guest: LabGuest;
  readonly #case: CrashCase;
  readonly #run: GuestRun;

  constructor(...[lab, guest, one, run]: SceneParts) {
    this.#lab = lab;
    this.#guest = guest;
    this.#case = one;
    this.#run = run;
  }

  async play(): Promise<Omit<CrashResult, 'seconds'>> {
    await this.#run.plan();
    const strike = this.#strike();
    const watch = new CopyWatch(this.#lab.world, this.#guest);
    try {
      const running = this.#run.begin(strike);
      const where = await this.#whereStruck(strike.told, running);
      await this.#repair();
      const end = await this.#endOf(await running);
      const first = await this.#found(end);
      const { last, settled } = await this.#settle(first);
      const { looks, twice } = await watch.end();
      await this.#run.close();
      return {
        name: this.#case.name,
        guest: this.#guest.name,
        where: where ?? 'nowhere',
        exitCode: first.end.exitCode,
        state: first.end.state,
        outcome: last.end.outcome,
        runsAt: last.runsAt,
        answers: last.answers,
        looks,
        settled,
        fault: where === null ? 'it was never struck' : faultOf(this.#case, first, { ...last, twice }),
      };
    } finally {
      await watch.end();
    }
  }

  #strike(): Strike {
    const { world, layout } = this.#lab;
    const { victim, step, moment, call, delaySeconds } = this.#case;
    const qemuOf = (site: SiteName): string => guestFilesAt(world.directories.runtime, site, this.#guest).pid;
    return {
      step,
      moment,
      call: {
        addresses: call.sites.map((site) => layout.sites[site].managementAddress),
        kind: call.kind,
        count: call.count,
      },
      delaySeconds,
      isSuicide: victim === 'worker',
      kill: siteNames.filter((site) => victim === `agent of ${site}`).map(agentName),
      killByPidFile: siteNames.filter((site) => victim === `QEMU at ${site}`).map(qemuOf),
      cut: cutTraffic(victim),
      runtime: world.directories.runtime,
      told: this.#run.file('struck.json'),
    };
  }

  /** Null when the run ended without it. */
  async #whereStruck(told: string, running: Promise<RunEnd>): Promise<string | null> {
    let hasEnded = false;
    const end = (): void => {
      hasEnded = true;
    };
    running.then(end, end);
    const what = { what: `'${this.#case.name}'`, seconds: crashMomentSecondsMax, hint: this.#run.folder };
    const look = async (): Promise<string | null> => {
      const struck = await readJsonIfThere(told, struckSchema);
      return struck?.where ?? (hasEnded ? '' : null);
    };
    const where = await awaitResult(this.#lab.world, what, look);
    return where === '' ? null : where;
  }

  async #repair(): Promise<void> {
    const { world, repair } = this.#lab;
    const { victim, isForGood } = this.#case;
    await world.clock.sleep(outageSeconds, world.signal);
    if (victim.startsWith('agent')) await repair();
    if (cutTraffic(victim) !== null && !isForGood) await this.#heal();
  }

  async #heal(): Promise<void> {
    await connectRelay(this.#lab.world.directories.runtime).heal('wan');
  }

  /** A run that nobody carries out any more is carried on; one whose worker died when all was done must say so. */
  async #endOf(end: RunEnd): Promise<RunEnd> {
    const isOver = end.state !== 'running' && end.state !== 'pending';
    return isOver && end.exitCode !== killedExitCode ? end : await this.#run.carryOn();
  }

  /** By the commands the run names, until it asks nobody any more; what was left at a site that was cut off is fetched. */
  async #settle(first: Found): Promise<{ readonly last: Found; readonly settled: readonly string[] }> {
    const settled: string[] = [];
    let last = first;
    const isTakenBack = this.#case.settling === 'take back';
    if (!isTakenBack && cutTraffic(this.#case.victim) !== null) await this.#heal();
    while (last.end.state === 'needs-person' && settled.length < settlingsMax) {
      const commands = commandsIn(last.end.settle);
      const command = commands.find(([verb]) => isTakenBack === (verb === 'rollback')) ?? commands[0];
      if (command === undefined) break;
      last = await this.#found(await this.#run.settle(command));
      settled.push(
        `${command.join(' ')}: ${last.end.state}, runs at ${last.runsAt.join(' and ') || 'no site'}`,
      );
    }
    await this.#heal();
    if (last.end.remains.length > 0) {
      last = await this.#found(await this.#run.carryOn());
      settled.push(`carried on: ${last.end.state}, ${last.end.remains.length} left`);
    }
    return { last, settled };
  }

  async #found(end: RunEnd): Promise<Found> {
    const [runsAt, answers] = await Promise.all([runningAt(this.#lab.world, this.#guest), this.#answers()]);
    return { end, runsAt, answers, twice: 0 };
  }

  /** Newcomers from outside for some seconds, who ask both name servers; the last of each must have got through. */
  async #answers(): Promise<boolean> {
    const { world, layout } = this.#lab;
    const newcomers = await compiled(world, 'probes', 'newcomers.c');
    const servers = siteNames.map((site) => layout.sites[site].servicesAddress);
    const client = [newcomers, `${this.#guest.name}.${zone}`, String(pathPort), String(newcomerMilliseconds)];
    const argv = inNamespace(layout.outside.namespace, [
      'timeout',
      String(answerSeconds),
      ...client,
      ...servers,
    ]);
    const { stdout } = await world.run(argv, {
      timeoutSeconds: 3 * answerSeconds + 10,
      signal: world.signal,
    });
    const lines = stdout.split('\n').filter((line) => line.endsWith('}'));
    const last = lines.slice(-servers.length);
    return last.length === servers.length && last.every((line) => line.includes('"error":null'));
  }
}

type SceneParts = readonly [lab: CrashLab, guest: LabGuest, one: CrashCase, run: GuestRun];

/** rollback, rollback with a person's word, and one more. */
const settlingsMax = 3;
