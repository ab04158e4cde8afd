import { z } from 'zod';
import { tableName } from '../desired/marks.ts';
import type { Element, KernelObject, Table, TableFamily } from '../desired/objects.ts';
import { newFlowsTimeoutDays } from '../desired/ruleset.ts';
import { succeeded } from './ip.ts';
import type { KernelPort, RunOptions } from './port.ts';

/** nft tables and their elements: how nft lists ours, and the transactions that change them. */
export type NftObject = Table | Element;

export type NftChange =
  /** Put in place whole; of what was there only the memory of new flows is kept. */
  | { readonly change: 'add'; readonly object: Table; readonly elements: readonly Element[] }
  /** `previous`: the value it has now. */
  | { readonly change: 'add'; readonly object: Element; readonly previous: Element | null }
  | { readonly change: 'remove'; readonly object: NftObject };

/** The tables of these names, as far as they exist. */
export async function observeNft(
  kernel: KernelPort,
  tables: readonly Pick<Table, 'family' | 'name'>[],
  options: RunOptions = {},
): Promise<readonly NftObject[]> {
  const listed = await Promise.all(
    tables.map(async ({ family, name }) => {
      const argv = ['nft', '-s', 'list', 'table', family, name];
      const result = await kernel.run(argv, options);
      if (result.exitCode !== 0 && result.stderr.includes('No such file or directory')) return [];
      return parseTable({ family, name }, succeeded(argv, result));
    }),
  );
  return listed.flat();
}

/** Takes apart what `nft list table` prints: the elements of each set, and the rest as the table's structure. */
export function parseTable(
  { family, name }: { readonly family: TableFamily; readonly name: string },
  listing: string,
): readonly NftObject[] {
  const elements: Element[] = [];
  const structure = listing
    .replace(
      /\t(set|map) (\S+) \{\n([^}]*?)(?:\t\telements = \{([^}]*)\}\n)?\t\}\n/g,
      (...match: string[]) => {
        const [, kind = '', set = '', head = '', body] = match;
        if (body !== undefined && !head.includes('dynamic'))
          elements.push(
            ...body.split(',').map((one) => parseElement({ family, table: name, set }, one.trim())),
          );
        return `\t${kind} ${set} {\n${head}\t}\n`;
      },
    )
    .split('\n')
    .slice(1)
    .join('\n')
    .replace(/\n\}\n*$/, '');
  return [{ kind: 'table', family, name, structure }, ...elements];
}

function parseElement(at: Pick<Element, 'family' | 'table' | 'set'>, text: string): Element {
  const [element = '', data = null] = text.split(' : ');
  return { kind: 'element', ...at, element, data };
}

/**
 * Each change's error. All in one transaction; if nft refuses it, the halves, so that one bad element does not keep
 * the others out.
 */
export async function applyNft(
  kernel: KernelPort,
  changes: readonly NftChange[],
): Promise<readonly (string | null)[]> {
  if (changes.length === 0) return [];
  const error = await transact(kernel, changes);
  if (error === null) return changes.map(() => null);
  if (changes.length === 1) return [error];
  const middle = Math.ceil(changes.length / 2);
  return [
    ...(await applyNft(kernel, changes.slice(0, middle))),
    ...(await applyNft(kernel, changes.slice(middle))),
  ];
}

async function transact(kernel: KernelPort, changes: readonly NftChange[]): Promise<string | null> {
  const tables: string[] = [];
  const removedTables: string[] = [];
  const added: Element[] = [];
  const removed: Element[] = [];
  for (const one of changes) {
    const { object } = one;
    if (one.change === 'remove') {
      if (object.kind === 'table') removedTables.push(`delete table ${object.family} ${object.name}`);
      else removed.push(object);
    } else if ('elements' in one) {
      tables.push(replaceText(one.object), ...(await keptFlows(kernel, one.object)));
      added.push(...one.elements);
    } else {
      added.push(one.object);
      if (one.previous !== null) removed.push(one.previous);
    }
  }
  const lines = [
    ...tables,
    ...elementLines('delete', removed),
    ...elementLines('add', added),
    ...removedTables,
  ];
  const { exitCode, stderr } = await kernel.run(['nft', '-f', '-'], { stdin: `${lines.join('\n')}\n` });
  return exitCode === 0 ? null : (stderr.split('\n')[0] ?? 'unknown error');
}

/** Adding it first makes the removal succeed whether or not it was there. */
function replaceText({ family, name, structure }: Table): string {
  return `table ${family} ${name}\ndelete table ${family} ${name}\ntable ${family} ${name} {\n${structure}\n}`;
}

function elementLines(verb: 'add' | 'delete', elements: readonly Element[]): readonly string[] {
  const bySet = new Map<string, string[]>();
  for (const { family, table, set, element, data } of elements) {
    const name = `${family} ${table} ${set}`;
    const members = bySet.get(name) ?? [];
    bySet.set(name, members);
    members.push(verb === 'delete' || data === null ? element : `${element} : ${data}`);
  }
  return [...bySet].map(([set, members]) => `${verb} element ${set} { ${members.join(', ')} }`);
}

const flowListing = z.object({
  nftables: z.array(
    z.object({
      set: z
        .object({
          elem: z.array(z.object({ elem: z.object({ val: z.string(), expires: z.number() }) })).optional(),
        })
        .optional(),
    }),
  ),
});

/** Seconds since the last new flow to each old address. */
export async function newFlowAges(kernel: KernelPort): Promise<ReadonlyMap<string, number>> {
  const { exitCode, stdout } = await kernel.run(['nft', '-j', 'list', 'set', 'inet', tableName, 'new_flows']);
  if (exitCode !== 0) return new Map();
  const timeoutSeconds = newFlowsTimeoutDays * 86_400;
  const elements = flowListing.parse(JSON.parse(stdout)).nftables.flatMap(({ set }) => set?.elem ?? []);
  return new Map(elements.map(({ elem }) => [elem.val, timeoutSeconds - elem.expires]));
}

async function keptFlows(kernel: KernelPort, { family, name }: Table): Promise<readonly string[]> {
  if (family !== 'inet' || name !== tableName) return [];
  const timeoutSeconds = newFlowsTimeoutDays * 86_400;
  const kept = [...(await newFlowAges(kernel))].map(
    ([address, age]) => `${address} timeout ${timeoutSeconds}s expires ${Math.max(1, timeoutSeconds - age)}s`,
  );
  return kept.length === 0 ? [] : [`add element inet ${tableName} new_flows { ${kept.join(', ')} }`];
}

export function isNft(object: KernelObject): object is NftObject {
  return object.kind === 'table' || object.kind === 'element';
}
