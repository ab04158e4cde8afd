import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createGatewayAgent } from '../../gateway/agent/agent.ts';
import type { GatewayAgent } from '../../gateway/agent/gateway-agent.ts';
import { createHaproxyDriver } from '../../gateway/balancer/haproxy.ts';
import type { BalancerDriver } from '../../gateway/balancer/driver.ts';
import type { DnsDriver } from '../../gateway/dns/driver.ts';
import { exchangeOverTcp } from '../../gateway/dns/exchange.ts';
import { createRfc2136Driver } from '../../gateway/dns/rfc2136.ts';
import { createLinuxKernel } from '../../gateway/kernel/linux.ts';
import { LonghaulError } from '../../topology/errors.ts';
import type { Clock, Log, Random, RunCommand, StartCoprocess } from '../../topology/world.ts';
import { resolveSecret } from '../config/secret.ts';
import { QemuHypervisor } from '../hypervisors/qemu/driver.ts';
import { takeLock } from '../runs/store/lock.ts';
import { SiteAgent } from './agent.ts';
import { ClaimBook, createClaimDirectory } from './claims.ts';
import type { AgentConfiguration } from './configuration.ts';
import { startSecondsMax } from './limits.ts';
import { createSiteServer, listen, type ServerTls } from './server.ts';

/**
 * One agent from its file: the only place that constructs a site's drivers.
 *
 *   state/lock ─▶ claims ─▶ hypervisors (guests found again) ─▶ gateway (kernel converged) ─▶ agent ─▶ HTTP
 */
export interface AgentWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly run: RunCommand;
  readonly startCoprocess: StartCoprocess;
}

export interface RunningAgent {
  readonly url: string;
  close(): Promise<void>;
}

/** On an error all that was opened is closed again; guests and kernel objects stay as they are. */
export async function runAgent(configuration: AgentConfiguration, world: AgentWorld): Promise<RunningAgent> {
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const url = await open(configuration, world, (step) => void closing.push(step));
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(
  configuration: AgentConfiguration,
  world: AgentWorld,
  onClose: (step: () => Promise<void>) => void,
): Promise<string> {
  const { site, state } = configuration;
  const signal = AbortSignal.timeout(startSecondsMax * 1000);
  const token = configuration.token === undefined ? null : resolveSecret(configuration.token).reveal();
  const tls = await readTls(configuration);
  await mkdir(state, { recursive: true, mode: 0o700 });
  const lock = takeLock(state);
  onClose(async () => lock.release());
  const claims = await ClaimBook.open(site, createClaimDirectory(path.join(state, 'claims')));
  const gateway = await openGateway(configuration, world, { onClose, signal });
  const hypervisors: QemuHypervisor[] = [];
  for (const host of configuration.hosts) hypervisors.push(await QemuHypervisor.open(host, world, signal));
  const agent = new SiteAgent({
    name: site,
    hypervisors,
    gateway,
    dns: openDns(configuration, world),
    balancers: configuration.balancers.map(openBalancer),
    claims,
    clock: world.clock,
    log: world.log,
    stall: { stallSeconds: configuration.stall, setupStallSeconds: configuration.setupStall },
  });
  onClose(async () => await agent.close());
  await agent.start(signal);
  const server = createSiteServer({ site: agent, log: world.log, token, tls });
  onClose(async () => await server.close());
  return await listen(server, configuration.listen, { token, tls });
}

async function openGateway(
  { gateway: section, state }: AgentConfiguration,
  { clock, log, run, startCoprocess }: AgentWorld,
  {
    onClose,
    signal,
  }: { readonly onClose: (step: () => Promise<void>) => void; readonly signal: AbortSignal },
): Promise<GatewayAgent | null> {
  if (section === null) return null;
  const { configuration, commandPrefix } = section;
  const kernel = createLinuxKernel({ prefix: commandPrefix, run, start: startCoprocess, clock });
  const gateway = createGatewayAgent({
    configuration,
    kernel,
    directory: path.join(state, 'gateway'),
    clock,
    log: log.child({ part: 'gateway' }),
  });
  onClose(async () => await gateway.close());
  await gateway.start(signal);
  return gateway;
}

function openDns({ dns }: AgentConfiguration, { clock, random }: AgentWorld): DnsDriver | null {
  if (dns.length === 0) return null;
  const servers = dns.map(({ name, address, port, zones, key }) => ({
    name,
    address,
    port,
    zones,
    key:
      key === undefined
        ? null
        : { name: key.name, secret: Buffer.from(resolveSecret(key.secret).reveal(), 'base64') },
  }));
  return createRfc2136Driver({ servers, exchange: exchangeOverTcp, clock, random });
}

function openBalancer({ name, url, pools }: AgentConfiguration['balancers'][number]): BalancerDriver {
  const { protocol, hostname, port, pathname } = new URL(url);
  if (protocol !== 'unix:' && (protocol !== 'tcp:' || port === ''))
    throw new LonghaulError('LH_INPUT_INVALID', [
      `balancer '${name}': HAProxy is reached by unix:/path or tcp://host:port, not '${url}'`,
    ]);
  const socket = protocol === 'unix:' ? { path: pathname } : { host: hostname, port: Number(port) };
  return createHaproxyDriver({ name, socket, pools });
}

async function readTls({ tls }: AgentConfiguration): Promise<ServerTls | null> {
  if (tls === undefined) return null;
  return {
    key: await readPem(tls.key),
    certificate: await readPem(tls.certificate),
    clientAuthority: tls.clientAuthority === undefined ? null : await readPem(tls.clientAuthority),
  };
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new LonghaulError('LH_INPUT_UNREADABLE', [file, (cause as Error).message], { cause });
  }
}
