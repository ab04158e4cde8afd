import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGatewayAgent } from '../../gateway/agent/agent.ts';
import type { GatewayAgent } from '../../gateway/agent/gateway-agent.ts';
import { realClock } from '../../src/world/real.ts';
import {
  gatewayLab,
  gatewayLabNeeds,
  relocationOf,
  type GatewayLab,
  type SiteKey,
} from '../support/gateway-lab.ts';
import { silentLog } from '../support/log.ts';
import { requires } from '../support/requires.ts';

requires('gateway: a move', gatewayLabNeeds(), () => {
  const signal = AbortSignal.timeout(300_000);
  let lab: GatewayLab;
  let agents: Record<SiteKey, GatewayAgent>;

  beforeAll(async () => {
    lab = await gatewayLab();
    const agent = async (site: SiteKey) => {
      const created = createGatewayAgent({
        configuration: lab.configuration(site),
        kernel: lab.kernel(site),
        directory: `${lab.directory}/${site}`,
        clock: realClock,
        log: silentLog,
      });
      await created.start(signal);
      return created;
    };
    agents = { a: await agent('a'), b: await agent('b') };
  });
  afterAll(async () => {
    await agents.a.close();
    await agents.b.close();
    await lab.down();
  });

  test('a guest moves from paris to lyon; the sessions of four kinds of client live on without a byte lost', async () => {
    const sessions = {
      outside: await lab.open('c1', '10.1.0.50', 5),
      idle: await lab.open('c1', '10.1.0.50', 0),
      neighbour: await lab.open('c2', '10.1.0.50', 5),
      atTarget: await lab.open('c3', '10.1.0.50', 5),
      outbound: await lab.open('g1', '192.0.2.10', 5),
    };
    expect(await agents.b.put(relocationOf('g1', 'target', { phase: 'prepared' }), signal)).toMatchObject({
      converged: true,
      differences: [],
      carries: 'parked',
    });
    const prepared = await agents.a.put(relocationOf('g1', 'source', { phase: 'prepared' }), signal);
    expect(prepared).toMatchObject({ converged: true, carries: 'local' });
    await agents.b.put(
      relocationOf('g1', 'target', { phase: 'following', sessions: prepared.sessions }),
      signal,
    );
    await agents.a.put(relocationOf('g1', 'source', { phase: 'following' }), signal);

    await lab.plug('g1', null);
    await agents.a.follow('g1', 'stopped');
    await realClock.sleep(0.1);
    await lab.plug('g1', 'b');
    await agents.b.follow('g1', 'runs');

    const switched = { converged: true, differences: [] };
    expect(await agents.a.put(relocationOf('g1', 'source', { phase: 'switched' }), signal)).toMatchObject({
      ...switched,
      carries: 'tunnel',
    });
    expect(await agents.b.put(relocationOf('g1', 'target', { phase: 'switched' }), signal)).toMatchObject({
      ...switched,
      carries: 'local',
    });
    await realClock.sleep(1.5);
    for (const [name, session] of Object.entries(sessions))
      expect([name, await session.end()]).toMatchObject([name, { bytesLost: 0, error: null }]);
  });
});
