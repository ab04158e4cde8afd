import type { Loaded } from '../load/load.ts';
import type { Path } from '../load/problems.ts';
import type { RawRunbook } from '../schema/runbook.ts';
import { runbookFormat } from '../schema/runbook.ts';
import type { RawSelector } from '../schema/elements.ts';
import type { Inventory } from './inventory.ts';
import { refer } from './inventory.ts';
import { compareText, sortedWords } from './order.ts';
import { amountOf } from './prices.ts';
import type { Freeze, Goal, Limits, Runbook, WeightsChoice } from './runbook.ts';
import { select } from './selectors.ts';

/** The runbook's own report, the topology's names. Without a readable topology nothing is looked up. */
interface Scope {
  readonly inventory: Inventory | null;
  readonly report: Inventory['report'];
  readonly isWhole: boolean;
}

export function resolveRunbook(
  raw: RawRunbook,
  { file, inventory }: { readonly file: Loaded<RawRunbook>; readonly inventory: Inventory | null },
): Runbook {
  const scope: Scope = {
    inventory,
    report: file.report,
    isWhole: file.isWhole && inventory?.isWhole === true,
  };
  checkTimes(raw, scope);
  return {
    format: runbookFormat,
    name: raw.name,
    goal: resolveGoal(raw, scope),
    startSeconds: raw.start ?? null,
    deadlineSeconds: raw.deadline ?? null,
    confidence: raw.confidence,
    limits: resolveLimits(raw.limits, scope),
    weights: resolveWeights(raw.weights),
    approvals: sortedWords(raw.approvals),
    changeTicket: raw.changeTicket ?? null,
    freezes: resolveFreezes(raw.freezes, scope),
  };
}

function checkTimes({ start, deadline, confidence }: RawRunbook, { report }: Scope): void {
  if (start !== undefined && deadline !== undefined && deadline <= start)
    report(['deadline'], 'is not after the start', 'write a later deadline, or an earlier start');
  if (confidence === 0 || confidence === 1)
    report(['confidence'], `no plan is ${confidence * 100} % sure`, 'write for example "90 %"');
}

function resolveGoal(raw: RawRunbook, scope: Scope): Goal {
  switch (raw.goal) {
    case 'evacuate':
      return evacuate(raw, scope);
    case 'drain-host':
      return drainHost(raw, scope);
    case 'move':
      return move(raw, scope);
    case 'follow-the-sun':
      return followTheSun(raw, scope);
    case 'burst':
      return burst(raw, scope);
    case 'rebalance':
      return { kind: 'rebalance', sites: sites(raw.sites, 'sites', scope), aim: raw.aim };
    case 'place':
      return {
        kind: 'place',
        workloads: workloads(raw.workloads, scope),
        count: raw.count,
        sites: sites(raw.sites, 'sites', scope),
      };
  }
}

function evacuate(raw: Extract<RawRunbook, { goal: 'evacuate' }>, scope: Scope): Goal {
  const from = site(raw.from, ['from'], scope);
  const at = raw.to?.indexOf(from) ?? -1;
  if (at >= 0) scope.report(['to', at], `'${from}' is the site to empty`, 'name other sites');
  return { kind: 'evacuate', from, to: sites(raw.to, 'to', scope).filter((name) => name !== from) };
}

function drainHost(raw: Extract<RawRunbook, { goal: 'drain-host' }>, scope: Scope): Goal {
  const { inventory } = scope;
  const name = site(raw.site, ['site'], scope);
  if (inventory?.sites.has(name) === true)
    refer({ report: scope.report, lostNames: inventory.lostNames }, inventory.hostsOf(name), {
      name: raw.host,
      path: ['host'],
      kind: 'host',
      of: name,
    });
  return { kind: 'drain-host', site: name, host: raw.host, to: sites(raw.to, 'to', scope) };
}

function move(raw: Extract<RawRunbook, { goal: 'move' }>, scope: Scope): Goal {
  const to = site(raw.to, ['to'], scope);
  const named = Array.isArray(raw.workloads) ? raw.workloads : [];
  for (const [index, name] of named.entries())
    if (scope.inventory?.workloads.get(name)?.raw.site === to)
      scope.report(['workloads', index], `'${name}' runs at ${to} already`, 'take it out of the list');
  return { kind: 'move', workloads: workloads(raw.workloads, scope), to };
}

function followTheSun(raw: Extract<RawRunbook, { goal: 'follow-the-sun' }>, scope: Scope): Goal {
  const schedule = raw.schedule.map(({ site: name, from }, index) => ({
    site: site(name, ['schedule', index, 'site'], scope),
    fromSecondOfDay: ((from % secondsPerDay) + secondsPerDay) % secondsPerDay,
  }));
  for (const [index, { fromSecondOfDay }] of schedule.entries())
    if (schedule.findIndex((other) => other.fromSecondOfDay === fromSecondOfDay) < index)
      scope.report(
        ['schedule', index, 'from'],
        'another site has this instant',
        'give each site its own beginning',
      );
  return {
    kind: 'follow-the-sun',
    workloads: workloads(raw.workloads, scope),
    schedule: schedule.sort((a, b) => a.fromSecondOfDay - b.fromSecondOfDay || compareText(a.site, b.site)),
    benefitPerHour: amountOf(raw.benefitPerHour, { ...money(scope), path: ['benefitPerHour'] }),
    cooldownSeconds: raw.cooldown,
  };
}

const secondsPerDay = 86_400;

function burst(raw: Extract<RawRunbook, { goal: 'burst' }>, scope: Scope): Goal {
  if (raw.loadMin >= raw.loadMax)
    scope.report(['loadMin'], 'is not below loadMax', 'leave room between them, or clones come and go');
  const names = workloads(raw.workloads, scope);
  const single = names.filter((name) => scope.inventory?.workloads.get(name)?.raw.clone === undefined);
  for (const name of single)
    if (scope.inventory?.workloads.has(name) === true)
      scope.report(
        whereNamed(raw.workloads, name),
        `'${name}' cannot be cloned`,
        'name workloads that have a clone',
      );
  const { load, loadMax, loadMin, clonesMax } = raw;
  return {
    kind: 'burst',
    workloads: names,
    to: site(raw.to, ['to'], scope),
    load,
    loadMax,
    loadMin,
    clonesMax,
  };
}

function resolveLimits(raw: RawRunbook['limits'], scope: Scope): Limits {
  return {
    downtimeSecondsMax: raw.downtimeMax ?? null,
    movesMax: raw.movesMax,
    linkShareMax: raw.linkShareMax,
    costMax:
      raw.costMax === undefined
        ? null
        : amountOf(raw.costMax, { ...money(scope), path: ['limits', 'costMax'] }),
    postCopyRiskMax: raw.postCopyRiskMax,
    drainSecondsMax: raw.drainMax,
  };
}

function resolveWeights(raw: RawRunbook['weights']): WeightsChoice {
  if (typeof raw === 'string') return { preset: raw, changed: {} };
  const { preset, ...changed } = raw;
  const given = Object.entries(changed).filter(([, value]) => value !== undefined);
  return { preset, changed: Object.fromEntries(given.sort(([a], [b]) => compareText(a, b))) };
}

function resolveFreezes(raw: RawRunbook['freezes'], scope: Scope): readonly Freeze[] {
  return raw
    .map(({ name, from, to, workloads: only }, index): Freeze => {
      if (to <= from)
        scope.report(['freezes', index, 'to'], 'is not after its beginning', 'write the end of the freeze');
      return {
        name,
        fromSeconds: from,
        toSeconds: to,
        workloads: only === undefined ? [] : selected(only, ['freezes', index, 'workloads'], scope),
      };
    })
    .sort(
      (a, b) => a.fromSeconds - b.fromSeconds || a.toSeconds - b.toSeconds || compareText(a.name, b.name),
    );
}

function whereNamed(selector: RawSelector, name: string): Path {
  return Array.isArray(selector) ? ['workloads', selector.indexOf(name)] : ['workloads', 'labels'];
}

const money = ({ inventory, report }: Scope) => ({ currency: inventory?.raw.currency ?? null, report });

function workloads(selector: RawSelector, scope: Scope): readonly string[] {
  return selected(selector, ['workloads'], scope);
}

function selected(
  selector: RawSelector,
  path: Path,
  { inventory, report, isWhole }: Scope,
): readonly string[] {
  return inventory === null ? [] : select(selector, path, { ...inventory, report, isWhole });
}

function site(name: string, path: Path, { inventory, report }: Scope): string {
  if (inventory !== null)
    refer({ report, lostNames: inventory.lostNames }, inventory.sites, { name, path, kind: 'site' });
  return name;
}

/** The sites named under `key`; all where none is. */
function sites(names: readonly string[] | undefined, key: string, scope: Scope): readonly string[] {
  if (names === undefined) return sortedWords([...(scope.inventory?.sites.keys() ?? [])]);
  return sortedWords(names.map((name, index) => site(name, [key, index], scope)));
}
