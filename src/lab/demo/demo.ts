import { LonghaulError } from '../../../topology/errors.ts';
import { consoleFile } from '../agents.ts';
import { takeDown } from '../down.ts';
import { readIfThere } from '../files.ts';
import { inNamespace } from '../kernel.ts';
import { createLayout, type Layout, siteNames } from '../layout.ts';
import { newcomersSeconds, sampleSeconds } from '../limits.ts';
import { zone } from '../names.ts';
import { readRemains } from '../remains.ts';
import { GuestClients } from '../sessions.ts';
import type { LabGuest, LabState } from '../state.ts';
import { bringUp, type LabOptions } from '../up.ts';
import type { LabWorld } from '../world.ts';
import { Product } from './product.ts';
import {
  type DemoReport,
  type DemoRun,
  type NameAnswer,
  reportDemo,
  reportGuest,
  reportRun,
  type Sighting,
} from './report.ts';
import { Watch } from './watch.ts';

/**
 * `longhaul lab demo`: up, plan, run, measure, report, down; as often as asked for. Everything it says comes from
 * clients, kernels, name servers and the relay; from the product only what it predicted and when the guest stopped and
 * ran (the hypervisors' stamps).
 */
export async function runDemo(world: LabWorld, options: LabOptions, repeats: number): Promise<DemoReport> {
  const runs: DemoRun[] = [];
  for (let turn = 0; turn < repeats; turn++) {
    world.say(`run ${turn + 1} of ${repeats}`);
    const state = await bringUp(world, options);
    try {
      runs.push(await moveAndMeasure(world, createLayout(options.prefix, options.shape), state));
    } finally {
      await takeDown(world, options.prefix);
    }
  }
  return reportDemo(options.profile, options.shape, runs);
}

export async function moveAndMeasure(world: LabWorld, layout: Layout, state: LabState): Promise<DemoRun> {
  const product = new Product(world, layout);
  world.say('planning');
  await product.plan();
  const clientsOf = async (guest: LabGuest): Promise<GuestClients> =>
    await GuestClients.start(world, layout, { guest, folder: world.directories.runtime, labId: state.id });
  let clients = await Promise.all(state.guests.slice(0, 1).map(clientsOf));
  const watch = new Watch(world, layout);
  world.say('running the plan');
  const over = new AbortController();
  const run = product.run().finally(() => over.abort());
  const seen: Pick<Sighting, 'sessions' | 'arrivals'>[] = [];
  for (const [index, guest] of state.guests.entries()) {
    for (const own of clients) await untilServedAtNewSite(world, { guest, clients: own, over: over.signal });
    // The next guest waits until this one's sessions have ended.
    const next = await Promise.all(state.guests.slice(index + 1, index + 2).map(clientsOf));
    for (const own of clients) seen.push(await finish(world, guest, own));
    clients = next;
  }
  const { status, text, commandSeconds, startedAtSeconds } = await run;
  const watched = await watch.end();
  if (status === null) throw new LonghaulError('LH_COMMAND_FAILED', ['longhaul run', -1, text]);
  const journal = await product.journal(status.run.id);
  const guests = await Promise.all(
    state.guests.map(async (guest, index) => {
      const sighting: Sighting = {
        guest,
        move: status.moves.find(({ workload }) => workload === guest.name) ?? null,
        journal: journal.filter(({ workload }) => workload === guest.name),
        ...(seen[index] ?? { sessions: [], arrivals: [] }),
        ...watched,
        startedAtSeconds,
        names: await askNameServers(world, layout, guest),
      };
      return reportGuest(state.shape, sighting);
    }),
  );
  const remains = {
    a: await readRemains(world.run, layout.sites.a.gateway),
    b: await readRemains(world.run, layout.sites.b.gateway),
  };
  return reportRun(guests, remains, commandSeconds);
}

/** Its sessions go on until it runs at b and newcomers find it there. */
async function untilServedAtNewSite(
  world: LabWorld,
  {
    guest,
    clients,
    over,
  }: { readonly guest: LabGuest; readonly clients: GuestClients; readonly over: AbortSignal },
): Promise<void> {
  const { runtime } = world.directories;
  const untilTrue = async (look: () => Promise<boolean>): Promise<void> => {
    while (!over.aborted && !(await look())) await world.clock.sleep(sampleSeconds);
  };
  await untilTrue(async () => ((await readIfThere(consoleFile(runtime, 'b', guest))) ?? '').includes('TICK'));
  await untilTrue(async () => await everyServerIsNew(guest, clients));
}

/** Ends its sessions, so that its drain can end. */
async function finish(
  world: LabWorld,
  { name }: LabGuest,
  clients: GuestClients,
): Promise<Pick<Sighting, 'sessions' | 'arrivals'>> {
  world.say(`${name} runs at b; its clients end their sessions`);
  await world.clock.sleep(newcomersSeconds);
  clients.useIdle();
  await world.clock.sleep(1);
  return await clients.finish();
}

async function everyServerIsNew(guest: LabGuest, clients: GuestClients): Promise<boolean> {
  const last = new Map((await clients.arrivals()).map(({ server, address }) => [server, address]));
  return (
    last.size === siteNames.length && [...last.values()].every((address) => address === guest.newAddress)
  );
}

async function askNameServers(
  world: LabWorld,
  layout: Layout,
  guest: LabGuest,
): Promise<readonly NameAnswer[]> {
  const ask = async (server: string, question: readonly string[]): Promise<string> => {
    const argv = ['dig', '+short', '+timeout=3', `@${server}`, ...question];
    const { stdout } = await world.run(inNamespace(layout.newSiteClient.namespace, argv), {
      timeoutSeconds: 15,
    });
    return stdout.trim();
  };
  return await Promise.all(
    siteNames.map(async (site) => {
      const server = layout.sites[site].servicesAddress;
      return {
        server: `ns-${site}`,
        address: await ask(server, [`${guest.name}.${zone}`]),
        newReverse: await ask(server, ['-x', guest.newAddress]),
        oldReverse: await ask(server, ['-x', guest.address]),
      };
    }),
  );
}
