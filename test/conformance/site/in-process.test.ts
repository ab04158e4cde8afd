import { createMemoryClaims } from '../../../src/site/claims.ts';
import { realClock } from '../../../src/world/real.ts';
import { scaledClock } from '../../../src/world/scaled.ts';
import { createGatewayRecorder } from '../../support/gateway-recorder.ts';
import { createTwoSiteWorld, startAgent } from '../../support/simulated-sites.ts';
import { siteSuite } from '../../support/site-suite.ts';

siteSuite(async (use) => {
  const world = createTwoSiteWorld(scaledClock(realClock, 20));
  const gateway = createGatewayRecorder();
  const claims = { paris: createMemoryClaims(), lyon: createMemoryClaims() };
  const start = async () => ({
    paris: await startAgent(world, 'paris', { claims: claims.paris, gateway }),
    lyon: await startAgent(world, 'lyon', { claims: claims.lyon }),
  });
  let agents = await start();
  await use({
    ...agents,
    gatewayCalls: gateway.calls,
    restart: async function () {
      agents = await start();
      Object.assign(this, agents);
    },
  });
  await agents.paris.close();
  await agents.lyon.close();
});
