import type { Goal } from '../../../topology/resolve/runbook.ts';
import type { Site, Workload } from '../../../topology/resolve/topology.ts';
import type { Choosing } from '../../choose/choosing.ts';
import { hostOf, siteOf, workloadOf } from '../../choose/fleet.ts';
import { Hosts } from '../../choose/hosts.ts';
import { Room } from '../../choose/room.ts';
import { newRules } from '../../choose/rules/site.ts';
import { refusals } from '../../choose/rules/rule.ts';
import type { Placement, PlaceOption } from '../../plan/plan.ts';
import { reason, type Reason } from '../../plan/reasons.ts';
import { nothing, type Requested } from './requested.ts';

type Place = Extract<Goal, { kind: 'place' }>;

/** Hours over which the running cost of a new copy is counted against the traffic that its site causes. */
const hoursCounted = 24;
const gibibyte = 2 ** 30;

/** New copies of each workload, each started where it runs cheapest and nearest to whom it talks to: nothing moves. */
export function place(choosing: Choosing, { workloads, count, sites }: Place): Requested {
  return {
    ...nothing,
    placements: placementsOf(choosing, { workloads, sites, count: () => count, suffix: 'new' }),
  };
}

export interface PlacementsWanted {
  readonly workloads: readonly string[];
  readonly sites: readonly string[];
  readonly count: (workload: Workload) => number;
  /** 'web-1-new-1'. */
  readonly suffix: string;
}

export function placementsOf(
  choosing: Choosing,
  { workloads, sites, count, suffix }: PlacementsWanted,
): readonly Placement[] {
  const { fleet } = choosing;
  const room = new Room(fleet.topology);
  const hosts = new Hosts(new Set());
  return workloads.flatMap((name) => {
    const workload = workloadOf(fleet, name);
    return Array.from({ length: count(workload) }, (_, index): Placement => {
      const copy = `${name}-${suffix}-${index + 1}`;
      const options = sites.map((site) =>
        optionAt({ ...choosing, room, hosts }, workload, siteOf(fleet, site)),
      );
      const [best, ...rest] = options.toSorted(
        (a, b) =>
          (a.option.cost ?? Infinity) - (b.option.cost ?? Infinity) ||
          (a.option.site < b.option.site ? -1 : 1),
      );
      const rejected = rest.map(({ option, because }) => ({
        option,
        because: because.length > 0 ? because : [reason('place-costs-more', { cost: option.cost ?? 0 })],
      }));
      if (best === undefined || best.option.host === null)
        return {
          name: copy,
          workload: name,
          addresses: [],
          takeBackRatio: null,
          decision: {
            chosen: null,
            because: [reason('no-option')],
            rejected: options.map(({ option, because }) => ({ option, because })),
          },
        };
      room.place(workload, { site: best.option.site, host: best.option.host }, copy);
      return {
        name: copy,
        workload: name,
        takeBackRatio: null,
        addresses: addressesAt(choosing, workload, best.option.site),
        decision: {
          chosen: best.option,
          because: [reason('place-cheapest', { cost: best.option.cost ?? 0, site: best.option.site })],
          rejected,
        },
      };
    });
  });
}

/** What a new copy would cost there for a day, or what stands against it. */
function optionAt(
  choosing: Choosing,
  workload: Workload,
  site: Site,
): { readonly option: PlaceOption; readonly because: readonly Reason[] } {
  const { fleet, leaving } = choosing;
  const source = siteOf(fleet, workload.site);
  const attempt = {
    fleet,
    workload,
    source,
    target: site,
    leaving,
    hosts: null,
    method: 'redirect' as const,
  };
  const atSite = refusals(newRules, attempt);
  const found = choosing.hosts.find(choosing, {
    workload,
    target: site,
    method: 'redirect',
    hosts: null,
    isCopy: true,
  });
  const because = [...atSite, ...found.because];
  if (because.length > 0 || found.host === null)
    return { option: { site: site.name, host: null, cost: null }, because };
  const share = workload.memoryBytes / hostOf(fleet, { site: site.name, host: found.host }).memoryBytes;
  const running = site.costPerHostHour * hoursCounted * share;
  const traffic =
    choosing.weights.tromboneGibibytePerDay * (bytesToPeers(choosing, workload, site.name) / gibibyte);
  return { option: { site: site.name, host: found.host, cost: running + traffic }, because };
}

function bytesToPeers({ fleet }: Choosing, { peers }: Workload, site: string): number {
  return peers.reduce(
    (sum, peer) =>
      workloadOf(fleet, peer.workload).site === site ? sum : sum + peer.bytesPerSecond * 86_400,
    0,
  );
}

function addressesAt({ fleet }: Choosing, workload: Workload, site: string): Placement['addresses'] {
  return workload.addresses.flatMap(({ network }) => {
    const address = fleet.addresses.take(site, network);
    return address === null ? [] : [{ network, address }];
  });
}
