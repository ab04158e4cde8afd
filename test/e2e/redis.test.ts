import path from 'node:path';
import { expect } from 'vitest';
import type { RunStatus } from '../../src/runs/status.ts';
import { test } from '../support/cli.ts';
import { startRedis } from '../support/redis.ts';
import { program, requires } from '../support/requires.ts';
import { serveSites } from '../support/served-sites.ts';
import { moveOf, planOf, twoSites, webServer } from '../support/simulation.ts';

requires('runs with their state in Redis', [program('redis-server')], () => {
  test('Redis goes in the middle of a run: that is told, and the run carried on; a restart of Redis is not noticed', async ({
    place,
  }) => {
    const redis = await startRedis();
    const tokenFile = path.join(place.directory, 'token');
    const traffic = { openSessions: 0, sessionSeconds: null, bytesPerSecond: 0 };
    const web = webServer('web', 50, { names: [], traffic, residentBytes: 2 ** 26 });
    const served = await serveSites(twoSites([web]), { token: 'token-of-this-test', tokenFile });
    try {
      await place.write('token', 'token-of-this-test');
      await place.write('plan.json', planOf(served.topology, [moveOf(web, 'routed-live')]));
      const options = ['--yes', '--state', redis.url, '--limits', 'lab', '--json'];
      const running = place.start('run', 'plan.json', ...options);
      await running.says(/web: .* check world/);
      await redis.kill();
      const { code, stderr } = await running.ended();
      expect(JSON.parse(stderr.trim().split('\n').at(-1) ?? '')).toEqual({
        error: {
          code: 'LH_STATE_FAILED',
          kind: 'world',
          message: expect.stringMatching(`^State at '${redis.url}' failed: `) as string,
          settle: null,
        },
      });
      expect(code).toBe(1);

      await redis.restart();
      const again = place.start('run', 'plan.json', ...options);
      await again.says(/web: .* drain/);
      await redis.crash();
      const last = await again.ended();
      expect(last).toMatchObject({ code: 0 });
      expect((JSON.parse(last.stdout) as RunStatus).moves).toMatchObject([{ state: 'moved' }]);
      const copies = served.sites.world.copiesOf('web').map(({ site, state }) => `${site} ${state}`);
      expect([...copies, ...served.sites.world.violations]).toEqual(['lyon running']);
    } finally {
      await served.close();
      await redis.stop();
    }
  });
});
