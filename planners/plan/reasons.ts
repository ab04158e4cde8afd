import assert from 'node:assert/strict';
import {
  formatBitsPerSecond,
  formatBytes,
  formatBytesPerSecond,
  formatFigure,
  formatInstant,
  formatSeconds,
} from '../../topology/units.ts';

/**
 * Every sentence a planner says, once: CLI, API and page print the same. A reason is its code and the values in the
 * sentence; names end in their unit and are printed with it; `{clones|clone}` is '1 clone' or '2 clones'. A sentence that rejects says what would be right.
 */
const sentences = {
  // why this one
  'sessions-kept': 'open sessions survive the move',
  'sessions-drain': 'open sessions end where they are, new ones go to the clone',
  'cold-is-enough': 'sessions may break and {downtimeSeconds} of downtime fit the budget of {budgetSeconds}',
  'cheapest-option': 'lowest cost of {options|option}: {cost}, the next best {nextCost}',
  'only-option': 'the only option that meets every constraint',
  'no-option': 'no method, mode or host meets every constraint',
  'stays-where-it-is': 'it is already where the goal wants it',
  cooldown:
    '{site} is next for {staySeconds} only, and a move within the cooldown of {cooldownSeconds} would go back and forth',
  'worth-it': '{staySeconds} at {site} are worth {gain}, the move costs {cost}',
  'reverse-delta':
    'its disks stay at {site} as a seed: a return after {staySeconds} sends about {deltaBytes} of them',
  'nobody-due': 'everybody is where the schedule wants them until the next round',
  'load-below-max': 'the load of {loadRatio} is not above {limitRatio}',
  'burst-clones':
    '{clones|clone} at {site} beside {members} here bring the load from {loadRatio} down to {afterRatio}; the limit is {limitRatio}',
  'burst-short':
    '{clones} of the {needed} clones that {limitRatio} would take: clonesMax, room or cost allow no more',
  'burst-return':
    'they go back one at a time, the last first, each when the load has fallen below {limitRatio}; that of the rest is then {afterRatio} at most',
  'copies-cost': 'the {copies} new ones cost {money} {currency} a day, with the traffic to their peers',
  'copy-costs-too-much':
    'a day of it and of the copies before it costs {money} {currency}, which exceeds the limit of {limit}',
  'no-free-address': 'no network of {site} has a free address for it in place of {network}',
  'place-cheapest':
    'a day at {site} costs least: {money} to run and to reach its peers, {bytesPerDayBytes} to them over {rttSeconds}',
  'place-costs-more':
    'a day there costs {cost}: {money} to run and to reach its peers, {bytesPerDayBytes} to them over {rttSeconds}',
  'load-levelled':
    'the fullest host goes from {beforeRatio} down to {afterRatio}, the emptiest from {leastRatio} up to {leastAfterRatio}',
  'load-is-level': 'no two hosts are further than {limitRatio} apart: nothing has to move',
  'load-stays-uneven':
    'no guest that may go from the fullest host ({mostRatio}) to an emptier one would level the load; the emptiest has {leastRatio}',
  'hosts-freed': '{hosts} can be switched off: {watts} W less while idle, {money} {currency} an hour',
  'no-host-freed':
    'no host can be emptied: what runs on each does not fit on the others, or may not leave it',
  'time-made-dearer':
    'time counts {times} times its weight here: by the weights alone the deadline would be missed',
  'not-worth-it': 'the move costs {cost} and gains {gain}',

  // method
  'same-site': 'source and target are both {site}: nothing has to be routed',
  'method-not-allowed': 'the topology allows only {methods}',
  'sessions-would-break': '{method} breaks open sessions, the session policy is {policy}',
  'no-clone': 'it has no clone template, so nothing can take its place',
  'no-way-to-redirect': 'neither a balancer at {site} holds its pool nor has it a name to point elsewhere',
  'segment-not-stretched':
    'network {network} is not stretched from {source} to {target} and no link there may',
  'stretch-round-trip': 'round trip {rttSeconds} exceeds the {limitSeconds} of a stretched segment',
  'stretch-rate': '{rateBitsPerSecond} is below the {limitBitsPerSecond} of a stretched segment',
  'stretch-distance': '{distanceKilometres} km exceed the {limitKilometres} km of a stretched segment',
  'stretch-mtu':
    'frames of {mtuBytes} and {overheadBytes} of tunnel do not fit the path MTU of {pathMtuBytes}',
  'stretched-mtu':
    'frames of {mtuBytes} on network {network} do not fit the MTU of {pathMtuBytes} over {path}; lower that of the network or raise that of the link',
  'stretched-mtu-far':
    'frames of {mtuBytes} on network {network} do not fit the {farMtuBytes} of network {far} at {site}; make them alike',
  'gateway-not-inline': 'our gateway is not the default gateway of network {network} at {site}',
  'no-address-at-target': '{workload} has no address of its own at {site} for {address}',
  'no-address': 'it has no address that could be followed',
  'address-without-mac': 'the MAC address of {address} is not known',
  'address-by-dhcp':
    '{address} was given by DHCP; the gateway does not yet follow renewals. Make it static or use another method',
  'address-shared-by-vrrp': 'it shares a virtual address on its segment (VRRP), which {method} leaves behind',
  'needs-multicast': 'it finds neighbours by multicast, which {method} does not carry',
  'address-in-payload': 'its address is inside what it sends, and {method} changes the address outside',
  'partner-allow-list':
    '{partner} lets only its old address in, and {method} leaves from a new one; set egressIdentity: old or tell {partner}',
  'port-security':
    'network {network} at {site} lets only registered MAC addresses speak; register {mac} there',
  'mac-collision': 'MAC {mac} is already used by {other} at {site}',

  // path
  'no-path': 'no link leads from {source} to {target}',
  'link-share-zero':
    'limits.linkShareMax of the runbook is 0 %, so moves may use nothing of link {link}; raise it',
  'link-all-reserved':
    'link {link} is wholly reserved for production, so moves may use nothing of it; lower its reserved share',
  'round-trip-too-long': 'round trip {rttSeconds} exceeds the {limitSeconds} of {hypervisor}',
  'jitter-too-high': 'jitter {jitterSeconds} exceeds the {limitSeconds} of {hypervisor}',
  'loss-too-high': 'loss {lossRatio} exceeds the {limitRatio} of {hypervisor}',
  'alone-too-slow':
    'alone on its path it sends {rateBitsPerSecond}, below the {limitBitsPerSecond} that {hypervisor} needs for each move: socket buffers, round trip or loss hold it back',
  'rate-too-low':
    '{rateBitsPerSecond} is below the {limitBitsPerSecond} that {hypervisor} needs for each move',

  // guest
  'hypervisors-differ': 'a live move needs one kind of hypervisor at both ends, not {source} and {target}',
  'device-passed-through': 'device {device} is passed through, so it cannot move while it runs',
  'has-snapshots': '{snapshots|snapshot} would be lost; remove or consolidate first',
  'local-media': '{media} lies on the source host; eject it',

  // site
  residency: 'policy {policy} keeps it in {allowed}; {site} is in {residency}',
  'licence-site': 'licence {licence} is valid only at {sites}',
  'zone-not-held': 'policy {policy}: {site} may not hold zone {zone}',
  'zone-neighbour-at-site': 'policy {policy}: {other} runs at {site}',
  'anti-affinity-site': 'policy {policy}: {other} runs at {site}',
  'quorum-too-small':
    'policy {policy}: a quorum of {members} tolerates no member being moved; add members or take it out of the policy',
  'peer-too-far': 'round trip {rttSeconds} to its peer {peer} exceeds {limitSeconds}',
  'peer-ends-too-far':
    'round trip {rttSeconds} to {site}, the nearest place at which its peer {peer} can end, exceeds {limitSeconds}',
  'credential-expires':
    'credential of {site} ends {afterSeconds} after the start, before the move does at P90 ({endSeconds})',

  // host
  'no-host-fits': 'no host of {site} fits: {counts}',
  'host-architecture': 'its architecture is {architecture}, needed {needed}',
  'host-cpu-model': 'it cannot present CPU model {model}',
  'host-machine-type': 'it has no machine type {machineType}',
  'host-device': 'it has no device {device}',
  'host-vtpm': 'it cannot hold a virtual TPM',
  'host-cores': '{cores|core}, needed {needed}',
  'host-memory': '{freeBytes} of memory free, needed {neededBytes}',
  'host-storage': '{freeBytes} of storage free, needed {neededBytes}',
  'storage-too-far':
    'disk traffic to {storages} over {rttSeconds} would make it wait {waitRatio} of its time; move its disks to storage at the target first',
  'storage-left-behind': 'storage {storage} is not mounted there',
  'host-takes-no-moves': 'it takes no moves',
  'anti-affinity-host': 'policy {policy}: {other} runs there',
  'zone-neighbour-at-host': 'policy {policy}: {other} runs there',
  'licence-hosts': 'licence {licence} is used up at {hostsMax|host}',
  'host-being-drained': 'it is the host to be emptied',

  // mode and estimate
  'does-not-converge': 'memory is dirtied faster than {rateBitsPerSecond} carry: {why}',
  'not-in-time': 'it would not complete within {timeoutSeconds}: {why}',
  'completion-unsure': 'completes with a probability of {probabilityRatio} only, needed {neededRatio}',
  'downtime-over-budget': 'downtime {downtimeSeconds} (P90) exceeds the budget of {budgetSeconds}',
  'post-copy-risk':
    'an outage while pages are pulled would lose it: probability {riskRatio}, accepted {limitRatio}',
  'post-copy-unsupported': '{hypervisor} cannot do post-copy',
  'mode-not-needed': 'plainer settings meet every limit, so these would only add cost or risk: {modes}',
  'streams-not-needed': 'one stream already fills the path',
  dominated: 'no better in anything than {other}, and worse in {worse}',
  'costs-more':
    'costs {cost} to {site}, {than} is the least: downtime {downtime}, sessions {sessions}, time {time}, queue {queue}, traffic {traffic}, money {money}, trombone {trombone}, risk {risk}',
  'costs-too-much':
    'its traffic costs {money} {currency}; with {spent} already planned that exceeds the limit of {limit}',

  // schedule
  'change-ticket-missing': '{workload} is change controlled and the runbook names no change ticket',
  'ttl-lead-too-short':
    'clients may keep its old address for {ttlSeconds} and the move takes {neededSeconds}; {leftSeconds} are left',
  'window-too-short': 'needs {neededSeconds}, the longest window is {windowSeconds}',
  frozen:
    'needs {neededSeconds}, and {freezes} leaves {windowSeconds} at most; move it before or after, or take it out',
  'no-room-in-time':
    'it takes {neededSeconds}, and links, hosts and policies leave no room for it before the deadline, {deadlineSeconds} after the start',
  'deadline-passed': 'the deadline, {deadlineUnixSeconds}, had passed {passedSeconds} before the start',
  'never-fits': 'links, hosts or policies leave no {neededSeconds} for it at any time',
  tuned:
    'tuned: a downtime limit of {downtimeLimitSeconds}, not {untunedLimitSeconds}, brings the pause from {untunedPauseSeconds} to {pauseSeconds}',
  'tuned-with-cap':
    'tuned: a downtime limit of {downtimeLimitSeconds} and a cap of {capBytesPerSecond}, not {untunedLimitSeconds} and {untunedCapBytesPerSecond}, bring the pause from {untunedPauseSeconds} to {pauseSeconds}',
  'rate-shared': 'it takes {rateBitsPerSecond} of the {pathBitsPerSecond}, beside other moves',
  'dependency-stays': '{other} stays, which it depends on',
  'goes-round': '{moves|move} planned over {path}, not the direct link: route them that way',
  'not-encrypted': 'migration streams cross {link} unencrypted: {moves} of them carry memory or disks',
  'trombone-stays':
    '{workload} leaves with its old address: {bytesPerDayBytes} a day go through {site} until that changes',
  'peer-left-behind':
    '{workload} moves to {site} and its peer {peer} stays at {stays}: their round trip of {rttSeconds} then exceeds {limitSeconds}; give the plan more time, or let both stay',
  'peers-apart-meanwhile':
    '{workload} moves before its peer {peer}: for {apartSeconds} (P50) their round trip of {rttSeconds} exceeds {limitSeconds}',
  'starts-together': 'policy {policy} is already broken at the start: {workloads} run together on {place}',
  'starts-zone-not-held':
    'policy {policy} is already broken at the start: {workloads} at {site}, which may not hold zone {zone}',
  'starts-zone-neighbour':
    'policy {policy} is already broken at the start: {workloads} beside {others} on {place}',
  'starts-quorum-on-host':
    'policy {policy} is already at risk at the start: {workloads} run on {place}; of {members} members {tolerated} may fail at once',
  'starts-quorum-disturbed':
    'policy {policy} is already broken at the start: other runs move {workloads}; of {members} members {tolerated} may be moved at once, so no other moves before those runs end',

  // ladder
  'tuned-too-tight':
    'remaining memory has stopped shrinking; untuned, the downtime limit is {downtimeLimitSeconds} and the cap {capBytesPerSecond}',
  'falls-behind': 'remaining memory has stopped shrinking',
  'still-falls-behind':
    'it still does not shrink with the guest throttled; an outage would lose it with probability {riskRatio}',
  'budget-allows-pause': 'the rest can be sent in a pause within the budget of {budgetSeconds}',
  'budget-allows-cold': 'sessions may break and the budget is {budgetSeconds}',
  'nothing-left': 'nothing else meets the constraints: it runs on where it is',

  // other runs
  'under-way': 'run {run} moves it to {target} already, until {endUnixSeconds} (P90)',
  'under-way-ended': 'run {run} has it at {target}, and ends later than this plan starts',
  'under-way-stopped':
    'run {run} stopped while it moved it to {target}; a person has to settle that: longhaul show {run}',
  'under-way-elsewhere': 'that is not where this goal wants it: plan again when that run has ended',
  'under-way-open': 'when it will be there cannot be told before that is settled',
  'under-way-late': 'that is after the deadline, {deadlineUnixSeconds}',
  'after-under-way':
    'it waits for {other}, which it depends on and run {run} moves until {endUnixSeconds} (P90)',
  'never-after-under-way':
    'it depends on {other}, and run {run} stopped while it moved that; settle it (longhaul show {run}), then plan again',

  // latest safe start
  'safe-start-of-part': 'of the {moves} of {all} that this plan moves in time',
  'no-safe-start-needed': 'nothing has to move, so any start will do',
  'no-safe-start-possible': 'nothing can move; what stays says why',
  'no-safe-start-open': 'links, hosts, policies, windows and freezes let nothing move before the deadline',
  'no-safe-start-left':
    'all of it needs {neededSeconds}, {leftSeconds} are left until the deadline, and no part of it can be done in that time',

  // what would help
  'workload-change': '{workload}: {change}',
  'lower-confidence': 'with a confidence of {confidenceRatio} everything is done in time',
  'use-reserved':
    'with the links wholly for the moves, limits.linkShareMax 100 % (now {shareRatio}) and nothing kept for production, everything is done in time',
  'more-at-once': 'with {moves|move} at once everything is done in time',
  'later-deadline':
    'with {laterSeconds} more, by a later deadline or an earlier start, everything is done in time',
  'more-link': 'with {rateBitsPerSecond} on link {link} everything is done in time',
  'let-sessions-break': 'if the sessions of {workloads|workload} may break, everything is done in time',

  // sensitivity
  'rate-would-change': 'with {rateBitsPerSecond} for this move it would be {method}',
  'budget-would-change': 'with a downtime budget of {budgetSeconds} it would be {method}',
  'constraint-would-change': 'without this it would be {method}: {constraint}',
  'pause-would-change': 'with a downtime limit of {pauseSeconds} it would be {method}',
  'rate-floor': 'below {rateBitsPerSecond} for this move it would no longer be {method}',
  'budget-floor': 'with a downtime budget below {budgetSeconds} it would no longer be {method}',
  'cost-would-change': 'with {cost} less for {method} it would be that',
} as const satisfies Record<string, string>;

/** In a table's last column. */
const words: Partial<Record<keyof typeof sentences, string>> = {
  'sessions-kept': 'kept alive',
  'sessions-drain': 'stateless',
  'cold-is-enough': 'may stop',
  'no-option': 'nothing fits',
};

export type ReasonCode = keyof typeof sentences;

export interface Reason {
  readonly code: ReasonCode;
  readonly values: Readonly<Record<string, string | number>>;
}

export function reason(code: ReasonCode, values: Reason['values'] = {}): Reason {
  return { code, values };
}

/** The sentence of a reason, with its values and their units. */
export function sentenceOf({ code, values }: Reason): string {
  return sentences[code].replaceAll(/\{(\w+)(?:\|(\w+))?\}/g, (_, name: string, one?: string) => {
    const value = values[name];
    assert(value !== undefined, `reason ${code} lacks ${name}`);
    const shown = formatValue(name, value);
    return one === undefined ? shown : `${shown} ${one}${value === 1 ? '' : 's'}`;
  });
}

/** A reason in two or three words, where there is room for no more. */
export function wordsOf({ code }: Reason): string {
  return words[code] ?? code;
}

/** By the unit that ends the value's name. */
function formatValue(name: string, value: string | number): string {
  if (typeof value === 'string') return value;
  const ends = (unit: string): boolean => name.endsWith(unit) || name === unit.toLowerCase();
  if (ends('BitsPerSecond')) return formatBitsPerSecond(value);
  if (ends('BytesPerSecond')) return formatBytesPerSecond(value);
  if (ends('Bytes')) return formatBytes(value);
  if (ends('UnixSeconds')) return formatInstant(value);
  if (ends('Seconds')) return formatSeconds(value);
  if (ends('Ratio')) return `${Number((value * 100).toPrecision(3))} %`;
  return formatFigure(value);
}

/** How many hosts were refused for what: '3 memory, 1 CPU model'. */
export function hostCounts(reasons: readonly Reason[]): string {
  const counts = new Map<string, number>();
  for (const { code, values } of reasons) {
    const named = code === 'storage-left-behind' ? ` ${String(values['storage'])}` : '';
    const word = `${hostWords[code] ?? code}${named}`;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts.size === 0
    ? 'it has none'
    : [...counts]
        .sort(([a, most], [b, fewer]) => fewer - most || (a < b ? -1 : 1))
        .map(([word, count]) => `${count} ${word}`)
        .join(', ');
}

const hostWords: Partial<Record<ReasonCode, string>> = {
  'host-architecture': 'architecture',
  'host-cpu-model': 'CPU model',
  'host-machine-type': 'machine type',
  'host-device': 'device',
  'host-vtpm': 'virtual TPM',
  'host-cores': 'cores',
  'host-memory': 'memory',
  'host-storage': 'storage',
  'storage-left-behind': 'shared storage',
  'host-takes-no-moves': 'takes no moves',
  'anti-affinity-host': 'anti-affinity',
  'zone-neighbour-at-host': 'compliance neighbour',
  'anti-affinity-site': 'anti-affinity at the site',
  'zone-neighbour-at-site': 'compliance neighbour at the site',
  'licence-hosts': 'licence',
  'host-being-drained': 'being emptied',
  'hypervisors-differ': 'hypervisor',
};
