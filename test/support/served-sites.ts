import { SimulatedSites } from '../../src/hypervisors/simulated/sites.ts';
import { createSiteServer, listen } from '../../src/site/server.ts';
import { realClock } from '../../src/world/real.ts';
import type { Topology } from '../../topology/resolve/topology.ts';
import { silentLog } from './log.ts';

/** Simulated sites behind real agents' HTTP servers: to a `longhaul` process they are sites like any other. */
export interface ServedSites {
  /** With the address of each agent; their token is in `tokenFile`. */
  readonly topology: Topology;
  readonly sites: SimulatedSites;
  close(): Promise<void>;
}

export async function serveSites(
  topology: Topology,
  { token, tokenFile }: { readonly token: string; readonly tokenFile: string },
): Promise<ServedSites> {
  const sites = new SimulatedSites(topology, { clock: realClock, log: silentLog });
  await sites.start();
  const servers = new Map<string, { readonly url: string; close(): Promise<unknown> }>();
  for (const [name, site] of sites.agents) {
    const server = createSiteServer({ site, log: silentLog, token, tls: null });
    const url = await listen(server, { host: '127.0.0.1', port: 0 }, { token, tls: null });
    servers.set(name, { url, close: () => server.close() });
  }
  const endpoint = {
    token: `file:${tokenFile}`,
    certificateAuthority: null,
    client: null,
    expiresSeconds: null,
  };
  return {
    sites,
    topology: {
      ...topology,
      sites: topology.sites.map((site) => ({
        ...site,
        agent: { ...endpoint, url: servers.get(site.name)?.url ?? '' },
      })),
    },
    close: async () => {
      for (const server of servers.values()) await server.close();
    },
  };
}
