import { expect, test } from 'vitest';
import { probeWorkloads, probingSeconds } from '../../../src/site/probe.ts';
import { VirtualClock } from '../../../src/world/virtual.ts';
import { createTwoSiteWorld, startAgent } from '../../support/simulated-sites.ts';
import { workloadOf } from '../../support/topology.ts';

test('running workloads are measured, the others say why not, in the order of the topology', async () => {
  const clock = new VirtualClock({ epochSeconds: 1_700_000_000 });
  const world = createTwoSiteWorld(clock);
  const told: string[] = [];
  const probes = await clock.run(async () => {
    const sites = new Map([['paris', await startAgent(world, 'paris')]]);
    const workloads = [workloadOf('gone'), workloadOf('app'), workloadOf('far', { site: 'rome' })];
    return await probeWorkloads(workloads, sites, {
      intervalsSeconds: [1, 3],
      probed: ({ workload }) => void told.push(workload),
      signal: new AbortController().signal,
    });
  });
  expect(probes.map(({ workload, state, error }) => [workload, state, error])).toEqual([
    ['gone', 'absent', 'is absent; only a running guest dirties memory'],
    ['app', 'running', null],
    ['far', 'unknown', "site 'rome' has no agent"],
  ]);
  expect(probes[1]?.dirty.map(({ seconds }) => seconds)).toEqual([1, 3]);
  expect(probes[1]?.residentBytes).toBeGreaterThan(0);
  expect(told.toSorted()).toEqual(['app', 'far', 'gone']);
});

test('four workloads of a site are measured at a time, and all sites at once', () => {
  const at = (site: string, count: number) =>
    Array.from({ length: count }, (_, index) => workloadOf(`${site}-${index}`, { site }));
  expect(probingSeconds(at('paris', 4), [1, 3, 10])).toBe(14);
  expect(probingSeconds([...at('paris', 5), ...at('rome', 3)], [1, 3, 10])).toBe(28);
  expect(probingSeconds([], [1])).toBe(0);
});
