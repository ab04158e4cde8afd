import type { Path } from '../load/problems.ts';
import type { RawSelector } from '../schema/elements.ts';
import type { Inventory } from './inventory.ts';
import { refer } from './inventory.ts';
import { compareText, sortedByName, sortedWords } from './order.ts';
import { select } from './selectors.ts';
import type { Policies } from './topology.ts';

/** Rules with their selectors applied; those that no fleet could keep are complained about. */
export function resolvePolicies(inventory: Inventory): Policies {
  const { policies: raw } = inventory.raw;
  const at = (kind: keyof typeof raw, index: number): Path => ['policies', kind, index];
  const members = (selector: RawSelector, path: Path) => select(selector, [...path, 'workloads'], inventory);
  return {
    antiAffinity: sortedByName(
      raw.antiAffinity.map(({ name, workloads, scope }, index) => ({
        name,
        workloads: atLeast(2, members(workloads, at('antiAffinity', index)), {
          path: at('antiAffinity', index),
          inventory,
        }),
        scope,
      })),
    ),
    quorums: sortedByName(
      raw.quorums.map(({ name, workloads }, index) => ({
        name,
        workloads: atLeast(3, members(workloads, at('quorums', index)), {
          path: at('quorums', index),
          inventory,
        }),
      })),
    ),
    residency: sortedByName(
      raw.residency.map(({ name, workloads, allowed }, index) => ({
        name,
        workloads: members(workloads, at('residency', index)),
        allowed: known(
          allowed,
          { path: [...at('residency', index), 'allowed'], key: 'residency' },
          inventory,
        ),
      })),
    ),
    zones: sortedByName(
      raw.zones.map(({ name, zone, workloads, neverBeside, scope }, index) => ({
        name,
        zone: known([zone], { path: [...at('zones', index), 'zone'], key: 'zones' }, inventory)[0] ?? zone,
        workloads: members(workloads, at('zones', index)),
        neverBeside:
          neverBeside === undefined
            ? []
            : select(neverBeside, [...at('zones', index), 'neverBeside'], inventory),
        scope,
      })),
    ),
    licences: sortedByName(
      raw.licences.map(({ name, workloads, sites, hostsMax }, index) => ({
        name,
        workloads: members(workloads, at('licences', index)),
        sites: existing(sites, [...at('licences', index), 'sites'], inventory),
        hostsMax: hostsMax ?? null,
      })),
    ),
    hypervisors: raw.hypervisors
      .map(({ hypervisor, rttMax, jitterMax, lossMax, rateMin }) => ({
        hypervisor,
        rttSecondsMax: rttMax ?? null,
        jitterSecondsMax: jitterMax ?? null,
        lossMax: lossMax ?? null,
        rateBitsPerSecondMin: rateMin ?? null,
      }))
      .sort((a, b) => compareText(a.hypervisor, b.hypervisor)),
  };
}

function atLeast(
  least: number,
  workloads: readonly string[],
  { path, inventory }: { readonly path: Path; readonly inventory: Inventory },
): readonly string[] {
  if (workloads.length > 0 && workloads.length < least && inventory.isWhole)
    inventory.report(
      [...path, 'workloads'],
      least === 2
        ? 'holds one workload: there is nothing to keep it apart from'
        : `holds ${workloads.length} workloads: none of so few could ever be moved and leave a majority`,
      `name ${least} or more`,
    );
  return workloads;
}

/** Words that sites use under `key`; one that no site uses would forbid every site. */
function known(
  words: readonly string[],
  { path, key }: { readonly path: Path; readonly key: 'residency' | 'zones' },
  { raw, isWhole, report }: Inventory,
): readonly string[] {
  const used = raw.sites.flatMap((site) => site[key] ?? []);
  for (const [index, word] of words.entries())
    if (isWhole && !used.includes(word))
      report(
        words.length === 1 && key === 'zones' ? path : [...path, index],
        `no site has '${word}' under ${key}`,
        used.length === 0 ? `add ${key} to the sites` : `sites have ${sortedWords(used).join(', ')}`,
      );
  return sortedWords(words);
}

function existing(sites: readonly string[], path: Path, inventory: Inventory): readonly string[] {
  for (const [index, name] of sites.entries())
    refer(inventory, inventory.sites, { name, path: [...path, index], kind: 'site' });
  return sortedWords(sites);
}
