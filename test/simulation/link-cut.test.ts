import { describe, expect, test } from 'vitest';
import { carryOnRun, requestRun } from '../../src/runs/start.ts';
import {
  momentText,
  runWithFault,
  settle,
  worthTrying,
  type Ended,
  type Moment,
  type Strike,
} from '../support/crash.ts';
import { planFor, type Simulation, waysBetween } from '../support/simulation.ts';

const cut = ({ sites }: Simulation): void => sites.world.links.forEach((link) => sites.world.cut(link));
const heal = ({ sites }: Simulation): void => sites.world.links.forEach((link) => sites.world.heal(link));

function cutAt(at: Moment, healAfterSeconds: number | null): Strike {
  return ({ index, point }, { simulation }) => {
    if (index !== at.index || point !== at.point) return;
    cut(simulation);
    if (healAfterSeconds !== null) void simulation.clock.sleep(healAfterSeconds).then(() => heal(simulation));
  };
}

const executing = ({ simulation }: Ended): readonly string[] =>
  simulation.sites.world
    .copiesOf('web')
    .filter(({ state }) => state === 'running')
    .map(({ identity, site }) => `${identity} at ${site}`);

describe.each(waysBetween)('%s', (method) => {
  test.each([2, 45])(
    'the WAN is silent for %s s from any moment on: the run ends as if nothing had been',
    async (seconds) => {
      const plan = planFor(method);
      const calm = await runWithFault(plan, { strike: () => undefined });
      const failures: string[] = [];
      for (const moment of worthTrying(method, calm.moments)) {
        const { record, world } = await runWithFault(plan, { strike: cutAt(moment, seconds) });
        if (record.state !== 'done' || world !== calm.world)
          failures.push(`${momentText(moment)}: ${record.state} ${record.settle ?? ''}\n${world}`);
      }
      expect(failures).toEqual([]);
    },
  );

  test('the WAN goes for good at any moment: one copy runs or a person is asked, and carrying on ends it', async () => {
    const plan = planFor(method);
    const calm = await runWithFault(plan, { strike: () => undefined });
    const failures: string[] = [];
    for (const moment of worthTrying(method, calm.moments)) {
      const ended = await runWithFault(plan, { strike: cutAt(moment, null) });
      const stopped = `${momentText(moment)}: ${ended.record.state} ${ended.record.settle ?? ''} [${executing(ended).join()}]`;
      const { violations } = ended.simulation.sites.world;
      const isSafe =
        ended.record.state === 'needs-person' ||
        executing(ended).includes('web at paris') ||
        ended.record.state === 'done';
      if (violations.length > 0 || !isSafe) failures.push(`${stopped} ${violations.join()}`);
      const settled = await settle(ended, async (parts) => {
        heal(ended.simulation);
        await carryOnRun(parts, 'run1');
      });
      if (settled.record.state !== 'done' || settled.world !== calm.world)
        failures.push(
          `${stopped}\n carried on: ${settled.record.state} ${settled.record.settle ?? ''}\n${settled.world}`,
        );
    }
    expect(failures).toEqual([]);
  });

  test('the WAN goes for good inside the switchover window: no way back without a word, one with it', async () => {
    const plan = planFor(method);
    const calm = await runWithFault(plan, { strike: () => undefined });
    const window = calm.moments
      .filter(({ index }) => index >= indexOf(calm, 'point-of-no-return'))
      .slice(0, 2);
    for (const moment of method === 'redirect' ? [] : window) {
      const ended = await runWithFault(plan, { strike: cutAt(moment, null) });
      expect(ended.record.state).toBe('needs-person');
      expect(ended.record.settle).toContain('longhaul rollback run1');
      expect(executing(ended)).toEqual([]);
      const refused = await settle(ended, (parts) => requestRun(parts, 'run1', 'rollback'));
      expect(refused.record).toMatchObject({
        state: 'needs-person',
        settle: 'longhaul rollback run1 --target-is-down',
      });
      expect(executing(ended)).toEqual([]);
      const vouched = await settle(ended, (parts) => requestRun(parts, 'run1', 'rollback-target-down'));
      expect(vouched.record).toMatchObject({ state: 'cancelled' });
      expect(executing(ended)).toEqual(['web at paris']);
      const on = await settle(ended, async (parts) => {
        heal(ended.simulation);
        await carryOnRun(parts, 'run1');
      });
      expect([on.record.state, on.world]).toEqual(['done', calm.world]);
    }
  });

  test('the WAN comes back after a stop inside the switchover window: rolling back takes the target away', async () => {
    const plan = planFor(method);
    const calm = await runWithFault(plan, { strike: () => undefined });
    const moment = calm.moments.find(({ index }) => index === indexOf(calm, 'point-of-no-return'));
    if (moment === undefined || method === 'redirect') return;
    const ended = await runWithFault(plan, { strike: cutAt(moment, null) });
    heal(ended.simulation);
    const back = await settle(ended, (parts) => requestRun(parts, 'run1', 'rollback'));
    expect(back.record.state).toBe('cancelled');
    expect(ended.simulation.sites.world.copiesAt('lyon')).toEqual([]);
    expect(executing(ended)).toEqual(['web at paris']);
  });
});

const indexOf = ({ moments }: Ended, text: string): number =>
  moments.find(({ name }) => name.includes(text))?.index ?? Number.POSITIVE_INFINITY;
