import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClaimDirectory } from '../../../src/site/claims.ts';
import { createSiteClient, type SiteClient } from '../../../src/site/client.ts';
import { createSiteServer, listen } from '../../../src/site/server.ts';
import { realClock } from '../../../src/world/real.ts';
import { scaledClock } from '../../../src/world/scaled.ts';
import { createGatewayRecorder } from '../../support/gateway-recorder.ts';
import { silentLog } from '../../support/log.ts';
import { createTwoSiteWorld, startAgent } from '../../support/simulated-sites.ts';
import { siteSuite } from '../../support/site-suite.ts';

const token = 'c2l0ZS1zdWl0ZQ';

siteSuite(async (use) => {
  const directory = await mkdtemp(join(tmpdir(), 'longhaul-site-'));
  const world = createTwoSiteWorld(scaledClock(realClock, 20));
  const gateway = createGatewayRecorder();
  const closing: (() => Promise<void>)[] = [];

  const startSite = async (site: string): Promise<SiteClient> => {
    const claims = createClaimDirectory(join(directory, site));
    const agent = await startAgent(world, site, site === 'paris' ? { claims, gateway } : { claims });
    const server = createSiteServer({ site: agent, log: silentLog, token, tls: null });
    const url = await listen(server, { host: '127.0.0.1', port: 0 }, { token, tls: null });
    const client = createSiteClient({ site, url, token, tls: null, balancers: false, connectSeconds: 5 });
    closing.push(
      () => client.close(),
      () => server.close(),
      () => agent.close(),
    );
    return client;
  };
  const start = async () => ({ paris: await startSite('paris'), lyon: await startSite('lyon') });

  try {
    await use({
      ...(await start()),
      gatewayCalls: gateway.calls,
      restart: async function () {
        Object.assign(this, await start());
      },
    });
  } finally {
    for (const close of closing) await close();
    await rm(directory, { recursive: true });
  }
});
