import { ClaimBook, type ClaimStorage, createMemoryClaims } from '../../src/site/claims.ts';
import { SimulatedHypervisor } from '../../src/hypervisors/simulated/driver.ts';
import { SimulatedWorld } from '../../src/hypervisors/simulated/world.ts';
import { SiteAgent } from '../../src/site/agent.ts';
import type { SiteGateway } from '../../src/site/parts.ts';
import type { Clock } from '../../topology/world.ts';
import { silentLog } from './log.ts';
import { hostOf, linkOf, siteOf, topologyOf, workloadOf } from './topology.ts';

/** 'paris' with the running guest 'app' (64 MiB, dirtying 1 MiB/s), 'lyon' empty, 100 Mbit/s and 10 ms between them. */
export const createTwoSiteWorld = (clock: Clock): SimulatedWorld =>
  new SimulatedWorld(
    clock,
    topologyOf({
      sites: [siteOf('paris', { hosts: [hostOf('paris-1'), hostOf('paris-2')] }), siteOf('lyon')],
      links: [linkOf('wan', ['paris', 'lyon'], { rateBitsPerSecond: 1e8 })],
      workloads: [
        workloadOf('app', {
          memoryBytes: 64 * 2 ** 20,
          dirty: [{ seconds: 1, bytesPerSecond: 2 ** 20 }],
          shutdownSeconds: 2,
          bootSeconds: 2,
        }),
      ],
    }),
  );

export async function startAgent(
  world: SimulatedWorld,
  site: string,
  {
    claims = createMemoryClaims(),
    gateway = null,
  }: { claims?: ClaimStorage; gateway?: SiteGateway | null } = {},
): Promise<SiteAgent> {
  const agent = new SiteAgent({
    name: site,
    hypervisors: hostsOf(world, site).map((host) => new SimulatedHypervisor(world, { site, host })),
    gateway,
    dns: null,
    balancers: [],
    claims: await ClaimBook.open(site, claims),
    clock: world.clock,
    log: silentLog,
    stall: { stallSeconds: 8, setupStallSeconds: 30 },
  });
  await agent.start(AbortSignal.timeout(60_000));
  return agent;
}

const hostsOf = ({ topology }: SimulatedWorld, site: string): readonly string[] =>
  topology.sites.find(({ name }) => name === site)?.hosts.map(({ name }) => name) ?? [];
