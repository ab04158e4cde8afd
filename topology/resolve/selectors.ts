import type { Path } from '../load/problems.ts';
import type { RawSelector } from '../schema/elements.ts';
import type { Inventory } from './inventory.ts';
import { refer } from './inventory.ts';

/** The workloads that a selector means, by name, sorted. Names that do not exist are complained about. */
export function select(selector: RawSelector, path: Path, inventory: SelectorScope): readonly string[] {
  if (Array.isArray(selector)) {
    for (const [index, name] of selector.entries())
      refer(inventory, inventory.workloads, { name, path: [...path, index], kind: 'workload' });
    return [...new Set(selector)].sort();
  }
  const wanted = Object.entries(selector.labels);
  const found = [...inventory.workloads.values()].filter(({ raw }) =>
    wanted.every(([label, value]) => raw.labels[label] === value),
  );
  if (wanted.length === 0)
    inventory.report([...path, 'labels'], 'names no label', "write for example '{ app: shop }'");
  else if (found.length === 0 && inventory.isWhole) {
    const labels = wanted.map(([label, value]) => `${label}: ${value}`).join(', ');
    inventory.report(
      [...path, 'labels'],
      `no workload bears ${labels}`,
      'add the labels to the workloads meant',
    );
  }
  return found.map(({ raw }) => raw.name).sort();
}

export type SelectorScope = Pick<Inventory, 'report' | 'isWhole' | 'lostNames'> & {
  readonly workloads: ReadonlyMap<
    string,
    { readonly raw: { readonly name: string; readonly labels: Readonly<Record<string, string>> } }
  >;
};
