import type { Policies, Site, Workload } from '../../../topology/resolve/topology.ts';
import type { Choosing } from '../../choose/choosing.ts';
import { tromboneCost } from '../../choose/cost.ts';
import { hostOf, indexPolicies, siteOf, workloadOf, type Fleet } from '../../choose/fleet.ts';
import { Hosts } from '../../choose/hosts.ts';
import { liveModes } from '../../choose/modes.ts';
import { settingsOf } from '../../choose/price.ts';
import { Room } from '../../choose/room.ts';
import { cloneable } from '../../choose/rules/method.ts';
import { refusals, type MethodAttempt } from '../../choose/rules/rule.ts';
import { newRules } from '../../choose/rules/site.ts';
import type { PlaceEffects, Placement, PlaceOption } from '../../plan/plan.ts';
import { reason, type Reason } from '../../plan/reasons.ts';

/**
 * New copies of workloads, each started where a day of it costs least: its share of a host, and reaching its peers.
 * A copy keeps to the policies of what it is a copy of, as one more member of each group: it is never put beside
 * another member where those have to be apart.
 */
export interface CopiesWanted {
  readonly workloads: readonly string[];
  readonly sites: readonly string[];
  readonly count: (workload: Workload) => number;
  /** 'web-1-new-1'. */
  readonly suffix: string;
  /** They take over sessions of the originals, behind a balancer or a name. */
  readonly areToShare: boolean;
}

const secondsPerDay = 86_400;
const hoursPerDay = 24;

export function copiesOf(choosing: Choosing, wanted: CopiesWanted): readonly Placement[] {
  const copies = wanted.workloads.flatMap((name) => namedCopies(workloadOf(choosing.fleet, name), wanted));
  const { topology, runbook } = choosing.fleet;
  const narrowed: Choosing = {
    ...choosing,
    fleet: fleetWith(choosing.fleet, copies),
    room: new Room(choosing.fleet),
    hosts: new Hosts(new Set()),
  };
  let spent = 0;
  const placements = copies.map(({ name, original, copy }): Placement => {
    const options = wanted.sites
      .map((site) => optionAt(narrowed, copy, { site: siteOf(narrowed.fleet, site), ...wanted }))
      .map((option) =>
        withinLimit(option, { spent, limit: runbook.limits.costMax, currency: topology.currency }),
      )
      .sort(byCost);
    const [best, ...rest] = options;
    const chosen = best?.option.host == null ? null : best.option;
    if (chosen !== null) {
      settleAt(narrowed, { name, original, copy }, chosen);
      spent += chosen.effects?.moneyPerDay ?? 0;
    }
    return {
      name,
      workload: original.name,
      takeBackRatio: null,
      readySeconds: null,
      addresses: chosen === null ? [] : addressesAt(narrowed.fleet, copy, chosen.site),
      decision: {
        chosen,
        because: [chosen === null ? reason('no-option') : reason('place-cheapest', placeValues(chosen))],
        rejected: (chosen === null ? options : rest).map(({ option, because }) => ({
          option,
          because: because.length > 0 ? because : [reason('place-costs-more', placeValues(option))],
        })),
      },
    };
  });
  return placements.map((placement) => ({
    ...placement,
    readySeconds: readyOf(choosing, placement, placements),
  }));
}

interface Copy {
  readonly name: string;
  readonly original: Workload;
  /** Like its original, which says where its image and its kind of host are. */
  readonly copy: Workload;
}

function namedCopies(original: Workload, { count, suffix }: CopiesWanted): readonly Copy[] {
  return Array.from({ length: count(original) }, (_, index) => {
    const name = `${original.name}-${suffix}-${index + 1}`;
    return { name, original, copy: { ...original, name } };
  });
}

/** With the copies as members of every policy of their originals; they are nowhere until they are placed. */
function fleetWith(fleet: Fleet, copies: readonly Copy[]): Fleet {
  const named = new Map<string, string[]>();
  for (const { name, original } of copies)
    named.set(original.name, [...(named.get(original.name) ?? []), name]);
  const joined = (members: readonly string[]): readonly string[] =>
    members.flatMap((member) => [member, ...(named.get(member) ?? [])]);
  const { policies } = fleet.topology;
  const extended: Policies = {
    ...policies,
    antiAffinity: policies.antiAffinity.map((each) => ({ ...each, workloads: joined(each.workloads) })),
    residency: policies.residency.map((each) => ({ ...each, workloads: joined(each.workloads) })),
    licences: policies.licences.map((each) => ({ ...each, workloads: joined(each.workloads) })),
    zones: policies.zones.map((each) => ({
      ...each,
      workloads: joined(each.workloads),
      neverBeside: joined(each.neverBeside),
    })),
  };
  const nowhere = copies.map(({ name, copy }): [string, Workload] => [name, { ...copy, site: '', host: '' }]);
  return {
    ...fleet,
    policies: indexPolicies(extended),
    workloads: new Map([...fleet.workloads, ...nowhere]),
  };
}

interface Offered {
  readonly option: PlaceOption;
  readonly because: readonly Reason[];
}

/** What a new copy would cost there for a day, or what stands against it. */
function optionAt(
  choosing: Choosing,
  copy: Workload,
  { site, areToShare }: Pick<CopiesWanted, 'areToShare'> & { readonly site: Site },
): Offered {
  const { fleet, leaving, weights } = choosing;
  const attempt: MethodAttempt = {
    fleet,
    workload: copy,
    source: siteOf(fleet, copy.site),
    target: site,
    leaving,
    method: 'redirect',
  };
  const found = choosing.hosts.find(choosing, {
    workload: copy,
    target: site,
    method: 'redirect',
    hosts: null,
    isCopy: true,
  });
  const because = [
    ...refusals(newRules, attempt),
    ...(areToShare ? refusals([cloneable], attempt) : []),
    ...addressRefusals(fleet, copy, site),
    ...found.because,
  ];
  if (because.length > 0 || found.host === null)
    return { option: { site: site.name, host: null, cost: null, effects: null }, because };
  const effects = effectsAt(choosing, copy, { site, host: found.host });
  const cost = effects.moneyPerDay + tromboneCost(effects.peerBytesPerDay, effects.peerSeconds, weights);
  return { option: { site: site.name, host: found.host, cost, effects }, because };
}

function effectsAt(
  { fleet }: Choosing,
  { memoryBytes, vcpus, peers }: Workload,
  { site, host }: { readonly site: Site; readonly host: string },
): PlaceEffects {
  const machine = hostOf(fleet, { site: site.name, host });
  const share = Math.max(memoryBytes / machine.memoryBytes, vcpus / machine.cores);
  const away = peers
    .map((peer) => ({ ...peer, at: workloadOf(fleet, peer.workload).site }))
    .filter(({ at }) => at !== site.name)
    .map(({ at, bytesPerSecond }) => ({
      bytesPerDay: bytesPerSecond * secondsPerDay,
      path: fleet.paths.between(site.name, at)[0],
    }));
  const traffic = away.reduce(
    (sum, { bytesPerDay, path }) => sum + bytesPerDay * (path?.pricePerByte ?? 0),
    0,
  );
  return {
    moneyPerDay: site.costPerHostHour * hoursPerDay * share + traffic,
    peerBytesPerDay: away.reduce((sum, { bytesPerDay }) => sum + bytesPerDay, 0),
    peerSeconds: Math.max(0, ...away.map(({ path }) => path?.rttSeconds ?? 0)),
  };
}

function withinLimit(
  { option, because }: Offered,
  {
    spent,
    limit,
    currency,
  }: { readonly spent: number; readonly limit: number | null; readonly currency: string },
): Offered {
  const money = spent + (option.effects?.moneyPerDay ?? 0);
  if (option.host === null || limit === null || money <= limit) return { option, because };
  const refusal = reason('copy-costs-too-much', { money, limit, currency });
  return { option: { ...option, host: null, cost: null }, because: [...because, refusal] };
}

function byCost(a: Offered, b: Offered): number {
  const [costA, costB] = [a.option.cost ?? Infinity, b.option.cost ?? Infinity];
  return costA === costB ? (a.option.site < b.option.site ? -1 : 1) : costA - costB;
}

function settleAt({ fleet, room }: Choosing, { original, copy }: Copy, { site, host }: PlaceOption): void {
  if (host === null) return;
  room.place(original, { site, host }, copy.name);
  (fleet.workloads as Map<string, Workload>).set(copy.name, { ...copy, site, host });
}

const placeValues = ({ site, cost, effects }: PlaceOption): Reason['values'] => ({
  site,
  cost: cost ?? 0,
  money: effects?.moneyPerDay ?? 0,
  bytesPerDayBytes: effects?.peerBytesPerDay ?? 0,
  rttSeconds: effects?.peerSeconds ?? 0,
});

function addressRefusals({ addresses }: Fleet, copy: Workload, site: Site): readonly Reason[] {
  return copy.addresses.flatMap((address) => {
    const network = networkFor(address, site);
    const hasRoom = network !== null && addresses.free(site.name, network) !== null;
    return hasRoom ? [] : [reason('no-free-address', { site: site.name, network: address.network })];
  });
}

function addressesAt(fleet: Fleet, copy: Workload, siteName: string): Placement['addresses'] {
  const site = siteOf(fleet, siteName);
  return copy.addresses.flatMap((each) => {
    const network = networkFor(each, site);
    const address = network === null ? null : fleet.addresses.take(siteName, network);
    return address === null || network === null ? [] : [{ network, address }];
  });
}

/** Where an original would go, else the network of that name, else the only one there is. */
function networkFor(
  { network, newAddresses }: Workload['addresses'][number],
  { name, networks }: Site,
): string | null {
  const known = newAddresses[name]?.network ?? networks.find((each) => each.name === network)?.name;
  return known ?? (networks.length === 1 ? (networks[0]?.name ?? null) : null);
}

/** Its image crosses beside those of the other copies for that site, then it is made. */
function readyOf(
  { fleet, predictor }: Choosing,
  { workload: name, decision }: Placement,
  placements: readonly Placement[],
): Placement['readySeconds'] {
  const workload = workloadOf(fleet, name);
  const { chosen } = decision;
  if (workload.clone === null || chosen === null) return null;
  const [path] = fleet.paths.between(workload.site, chosen.site);
  const [plain] = liveModes(workload.downtimeBudgetSeconds);
  if (path === undefined || plain === undefined) return null;
  const beside = placements.filter((each) => each.decision.chosen?.site === chosen.site).length;
  const whole = settingsOf(plain, path);
  const settings = {
    ...whole,
    maxBandwidthBytesPerSecond: Math.floor((whole.maxBandwidthBytesPerSecond ?? 0) / beside),
  };
  return predictor.full({ workload, target: chosen.site, method: 'redirect', path, settings }).totalSeconds;
}
