import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRemoteService } from '../../src/api/client.ts';
import { createApi } from '../../src/api/server.ts';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config/config.ts';
import type { RunService, RunUpdate } from '../../src/runs/service.ts';
import { createMemoryStore } from '../../src/runs/store/open.ts';
import { realClock } from '../../src/world/real.ts';
import { silentLog } from '../support/log.ts';
import { moveOf, planFor, planOf, twoSites, webServer } from '../support/simulation.ts';

/** The same service in process, and over the socket of the process that has it. */
interface Served {
  readonly service: RunService;
  close(): Promise<void>;
}

const kinds: readonly { readonly name: string; serve(app: App): Promise<Served> }[] = [
  {
    name: 'in process',
    serve: async (app) => ({ service: app.service, close: async () => undefined }),
  },
  {
    name: 'over a socket',
    serve: async (app) => {
      const directory = await fs.mkdtemp(path.join(os.tmpdir(), 'longhaul-api-'));
      const socket = path.join(directory, 'socket');
      const server = createApi({
        service: app.service,
        clock: realClock,
        log: silentLog,
        callers: 'socket',
        tls: null,
      });
      await server.listen({ path: socket });
      const service = createRemoteService(socket);
      return {
        service,
        close: async () => {
          await service.close();
          await server.close();
          await fs.rm(directory, { recursive: true });
        },
      };
    },
  },
];

function createMemoryApp(): App {
  return createApp({
    store: createMemoryStore(realClock, silentLog),
    config: readConfig({ speed: '2000' }, {}),
    simulation: 'forgotten',
    clock: realClock,
    log: silentLog,
  });
}

const nobody = { yes: false, approvedBy: [] };
const never = new AbortController().signal;

async function updatesOf(service: RunService, id: string): Promise<readonly RunUpdate[]> {
  const updates: RunUpdate[] = [];
  for await (const update of service.watch(id, never)) updates.push(update);
  return updates;
}

for (const kind of kinds) {
  describe(`RunService ${kind.name}`, () => {
    let app: App;
    let served: Served;
    let service: RunService;
    beforeEach(async () => {
      app = createMemoryApp();
      served = await kind.serve(app);
      service = served.service;
    });
    afterEach(async () => {
      await served.close();
      await app.close();
    });

    test('a plan is carried out to its end, watched, and shown with what was measured', async () => {
      await app.work();
      const plan = planFor('routed-live');
      const run = await service.start(plan, nobody);
      expect(run).toMatchObject({ id: `test-${plan.hash.slice(0, 6)}-1`, plan: plan.hash });
      const updates = await updatesOf(service, run.id);
      const ratios = updates.flatMap((update) =>
        update.kind === 'progress' ? [update.event.doneRatio] : [],
      );
      expect(ratios).toEqual(ratios.toSorted((a, b) => a - b));
      expect(ratios.at(-1)).toBe(1);
      expect(updates.at(-1)).toMatchObject({ kind: 'run', run: { state: 'done' } });

      const status = await service.show(run.id);
      expect(status).toMatchObject({
        run: { id: run.id, state: 'done' },
        plan: { name: 'test', hash: plan.hash, verdict: 'feasible' },
        moves: [
          {
            workload: 'web',
            method: 'routed-live',
            source: { site: 'paris', host: 'paris-1' },
            target: { site: 'lyon', host: 'lyon-1' },
            attempt: 1,
            state: 'moved',
            doneRatio: 1,
            convergence: null,
            settle: null,
            remains: [],
          },
        ],
      });
      expect(status.moves[0]?.measured.pauseSeconds).toBeGreaterThan(0);
      expect(await service.plan(run.id)).toEqual(plan);
      expect((await service.runs()).map(({ id, state }) => [id, state])).toEqual([[run.id, 'done']]);
      const journal = await service.journal(run.id);
      expect(await service.journal(run.id, journal.length - 1)).toEqual(journal.slice(-1));
      expect(await app.violations(plan)).toEqual([]);
    });

    test('the same plan again is refused once its workloads have moved, with each difference', async () => {
      await app.work();
      const plan = planFor('routed-live');
      await updatesOf(service, (await service.start(plan, nobody)).id);
      await expect(service.start(plan, nobody)).rejects.toMatchObject({
        code: 'LH_PLAN_STALE',
        message: expect.stringContaining("'web' is not at 'paris'") as string,
      });
      expect(await service.runs()).toHaveLength(1);
    });

    test('a run that is under way is carried on, not begun twice', async () => {
      const plan = planFor('cold');
      const first = await service.start(plan, nobody);
      expect((await service.start(plan, nobody)).id).toBe(first.id);
      expect((await service.resume(first.id)).id).toBe(first.id);
      expect(await service.runs()).toHaveLength(1);
    });

    test('a workload that an open run is to move is refused to another one, before it has begun it and after', async () => {
      const workloads = ['db', 'web'].map((name, index) => webServer(name, 50 + index));
      const moves = workloads.map((workload) => moveOf(workload, 'routed-live'));
      const [db, web] = moves;
      const both = planOf(twoSites(workloads), [db!, { ...web!, after: ['db'] }]);
      const { id } = await service.start(both, nobody);
      const other = planOf(twoSites(workloads), [web!]);
      const held = {
        code: 'LH_CLAIM_HELD',
        message: expect.stringContaining(`'web' belongs to run '${id}', which is`) as string,
        settle: `longhaul run ${id}, or longhaul cancel ${id}`,
      };
      await expect(service.start(other, nobody)).rejects.toMatchObject(held);
      await app.work();
      await updatesOf(service, id);
      await expect(service.start(other, nobody)).rejects.toMatchObject({ code: 'LH_PLAN_STALE' });
      expect(await app.violations(both)).toEqual([]);
    });

    test('a run that was cancelled before it began holds no workload', async () => {
      const workload = webServer('web', 50);
      const first = planOf(twoSites([workload]), [moveOf(workload, 'routed-live')]);
      const other = planOf(twoSites([workload]), [moveOf(workload, 'cold')]);
      const { id } = await service.start(first, nobody);
      await service.request(id, 'cancel');
      expect(await service.start(other, nobody)).toMatchObject({ plan: other.hash });
    });

    test('a cancelled run goes back to its source, and cancelling what has ended is refused', async () => {
      const plan = planFor('routed-live');
      const { id } = await service.start(plan, nobody);
      expect(await service.request(id, 'cancel')).toMatchObject({ id, request: 'cancel' });
      await app.work();
      const updates = await updatesOf(service, id);
      expect(updates.at(-1)).toMatchObject({ kind: 'run', run: { state: 'cancelled' } });
      await expect(service.request(id, 'rollback')).rejects.toMatchObject({
        code: 'LH_RUN_ENDED',
        message: expect.stringContaining('nothing is left to roll back') as string,
      });
    });

    test('a run that does not exist is named by every call', async () => {
      const unknown = {
        code: 'LH_RUN_UNKNOWN',
        message: "There is no run 'none'; 'longhaul runs' lists them",
      };
      await expect(service.show('none')).rejects.toMatchObject(unknown);
      await expect(service.plan('none')).rejects.toMatchObject(unknown);
      await expect(service.journal('none')).rejects.toMatchObject(unknown);
      await expect(service.resume('none')).rejects.toMatchObject(unknown);
      await expect(service.request('none', 'cancel')).rejects.toMatchObject(unknown);
      await expect(updatesOf(service, 'none')).rejects.toMatchObject(unknown);
      expect(await service.runs()).toEqual([]);
    });

    test('a plan with real hosts needs consent, and each approval its runbook asks for', async () => {
      const workload = webServer('web', 50);
      const topology = twoSites([workload]);
      const sites = topology.sites.map((site) => ({
        ...site,
        hosts: site.hosts.map((host) => ({ ...host, hypervisor: 'qemu' })),
      }));
      const real = planOf({ ...topology, sites }, [moveOf(workload, 'routed-live')]);
      await expect(service.start(real, nobody)).rejects.toMatchObject({
        code: 'LH_CONSENT_MISSING',
        settle: 'longhaul run PLAN --yes',
      });
      await expect(service.start(real, { yes: true, approvedBy: [] })).rejects.toMatchObject({
        code: 'LH_PLAN_STALE',
        message: expect.stringContaining('has no agent') as string,
      });
      expect(await service.runs()).toEqual([]);
    });

    test('who stops watching is let go, and the run goes on', async () => {
      const { id } = await service.start(planFor('routed-live'), nobody);
      const leaving = new AbortController();
      const reason = new RangeError('enough');
      const watching = (async () => {
        for await (const _ of service.watch(id, leaving.signal)) leaving.abort(reason);
      })();
      await expect(watching).rejects.toBe(reason);
      await app.work();
      expect((await updatesOf(service, id)).at(-1)).toMatchObject({ run: { state: 'done' } });
    });
  });
}

test('a plan that was changed on its way is refused before anything is looked at', async () => {
  const app = createMemoryApp();
  const over = await kinds[1]!.serve(app);
  const plan = { ...planFor('cold'), name: 'another' };
  await expect(over.service.start(plan, nobody)).rejects.toMatchObject({
    code: 'LH_API_CALL_INVALID',
    message: expect.stringContaining('was changed after it was made') as string,
  });
  await over.close();
  await app.close();
});
