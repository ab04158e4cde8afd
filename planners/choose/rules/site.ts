import { missingMax, policiesOf, siteToBe, workloadOf, type Fleet } from '../fleet.ts';
import type { Refuse, Rule, SiteAttempt } from './rule.ts';

/** What may run where: the target site against the policies, whatever the method. */
export const siteRules: readonly Rule<SiteAttempt>[] = [
  path,
  residency,
  licences,
  zones,
  zoneNeighbours,
  antiAffinity,
  quorums,
  peers,
  changeControl,
];

/** What holds for a new copy as well, which comes from nowhere and disturbs nobody. */
export const newRules: readonly Rule<SiteAttempt>[] = [
  residency,
  licences,
  zones,
  zoneNeighbours,
  antiAffinity,
  peers,
];

function path({ fleet, source, target }: SiteAttempt, refuse: Refuse): void {
  if (source.name !== target.name && fleet.paths.between(source.name, target.name).length === 0)
    refuse('no-path', { source: source.name, target: target.name });
}

function residency({ fleet, workload, target }: SiteAttempt, refuse: Refuse): void {
  for (const { name, allowed } of policiesOf(fleet, workload.name).residency) {
    if (target.residency === null || !allowed.includes(target.residency))
      refuse('residency', {
        policy: name,
        allowed: allowed.join(', '),
        site: target.name,
        residency: target.residency ?? 'no declared region',
      });
  }
}

function licences({ fleet, workload, target }: SiteAttempt, refuse: Refuse): void {
  for (const { name, sites } of policiesOf(fleet, workload.name).licences) {
    if (!sites.includes(target.name)) refuse('licence-site', { licence: name, sites: sites.join(', ') });
  }
}

function zones({ fleet, workload, target }: SiteAttempt, refuse: Refuse): void {
  for (const { name, zone } of policiesOf(fleet, workload.name).zones) {
    if (!target.zones.includes(zone)) refuse('zone-not-held', { policy: name, site: target.name, zone });
  }
}

function zoneNeighbours({ fleet, workload, target, leaving }: SiteAttempt, refuse: Refuse): void {
  const { zones: held, shunned } = policiesOf(fleet, workload.name);
  const stays = (name: string): boolean =>
    name !== workload.name && !leaving.has(name) && remainsAt(fleet, name, target.name);
  for (const { name, scope, neverBeside } of held) {
    const other = scope === 'site' ? neverBeside.find(stays) : undefined;
    if (other !== undefined) refuse('zone-neighbour-at-site', { policy: name, other, site: target.name });
  }
  for (const { name, scope, workloads } of shunned) {
    const other = scope === 'site' ? workloads.find(stays) : undefined;
    if (other !== undefined) refuse('zone-neighbour-at-site', { policy: name, other, site: target.name });
  }
}

function antiAffinity({ fleet, workload, target, leaving }: SiteAttempt, refuse: Refuse): void {
  for (const { name, scope, workloads } of policiesOf(fleet, workload.name).antiAffinity) {
    if (scope !== 'site') continue;
    const other = workloads.find(
      (member) => member !== workload.name && !leaving.has(member) && remainsAt(fleet, member, target.name),
    );
    if (other !== undefined) refuse('anti-affinity-site', { policy: name, other, site: target.name });
  }
}

/** One that another run moves is looked for at both its ends, with those that come (rules/host.ts). */
const remainsAt = (fleet: Fleet, name: string, site: string): boolean =>
  fleet.underWay.of(name) === null && workloadOf(fleet, name).site === site;

/** A quorum of one or two tolerates nobody missing, not for the length of a move either. */
function quorums({ fleet, workload }: SiteAttempt, refuse: Refuse): void {
  for (const { name, workloads } of policiesOf(fleet, workload.name).quorums) {
    if (missingMax(workloads) === 0) refuse('quorum-too-small', { policy: name, members: workloads.length });
  }
}

/** Peers that move too may end anywhere: peers.ts sees to them. */
function peers({ fleet, workload, target, leaving }: SiteAttempt, refuse: Refuse): void {
  for (const { workload: peer, rttMaxSeconds } of workload.peers) {
    if (rttMaxSeconds === null || leaving.has(peer)) continue;
    const site = siteToBe(fleet, peer)!;
    const rttSeconds = fleet.paths.roundTripSeconds(target.name, site);
    if (rttSeconds > rttMaxSeconds)
      refuse('peer-too-far', {
        rttSeconds: Number.isFinite(rttSeconds) ? rttSeconds : 'without a link',
        peer,
        limitSeconds: rttMaxSeconds,
      });
  }
}

function changeControl({ fleet, workload }: SiteAttempt, refuse: Refuse): void {
  if (workload.changeControlled && fleet.runbook.changeTicket === null)
    refuse('change-ticket-missing', { workload: workload.name });
}
