import assert from 'node:assert/strict';
import type { CommandResult } from '../../topology/world.ts';

interface FakeTable {
  readonly structure: string;
  /** Elements of each set, with the data of a map. */
  readonly sets: Map<string, Map<string, string | null>>;
}

const missing = 'Error: No such file or directory';

/** `nft`: transactions of whole tables and elements, and listings. */
export class FakeNft {
  #tables = new Map<string, FakeTable>();

  run(argv: readonly string[], stdin: string): CommandResult {
    if (argv[1] === '-f') return this.#transaction(stdin);
    const table = this.#tables.get(argv.slice(argv.indexOf('list') + 2, argv.indexOf('list') + 4).join(' '));
    if (table === undefined) return { exitCode: 1, stdout: '', stderr: missing };
    return succeeded(argv.includes('-j') ? flowsJson(table) : listing(argv.slice(-2).join(' '), table));
  }

  toString(): string {
    return [...this.#tables]
      .flatMap(([name, { sets }]) => [
        `table ${name}`,
        ...[...sets].flatMap(([set, elements]) =>
          [...elements].map(
            ([element, data]) => `element ${name} ${set} ${element}${data === null ? '' : ` : ${data}`}`,
          ),
        ),
      ])
      .sort()
      .join('\n');
  }

  /** On a copy, which takes the place of the original if every command succeeds. */
  #transaction(text: string): CommandResult {
    const tables = new Map(
      [...this.#tables].map(([name, { structure, sets }]) => [
        name,
        { structure, sets: new Map([...sets].map(([set, elements]) => [set, new Map(elements)])) },
      ]),
    );
    for (const command of commandsOf(text)) {
      if (!carryOut(tables, command)) return { exitCode: 1, stdout: '', stderr: `${missing}: ${command}` };
    }
    this.#tables = tables;
    return succeeded('');
  }
}

/** A command a line; one that opens a brace without closing it goes on to the line with the closing one. */
function commandsOf(text: string): readonly string[] {
  return text.match(/^table [^{\n]+\{\n[^]*?^\}$|^.+$/gm) ?? [];
}

function carryOut(tables: Map<string, FakeTable>, command: string): boolean {
  const block = /^table (\w+ \w+) \{\n([^]*)\n\}$/.exec(command);
  if (block !== null) {
    const [, name = '', structure = ''] = block;
    const sets = [...structure.matchAll(/^\t(?:set|map) (\S+) \{$/gm)].map(([, set = '']) => set);
    tables.set(name, {
      structure,
      sets: new Map(sets.map((set) => [set, new Map<string, string | null>()])),
    });
    return true;
  }
  const [verb = '', what, ...rest] = command.split(' ');
  if (verb === 'table') {
    const name = `${what ?? ''} ${rest[0] ?? ''}`;
    if (!tables.has(name)) tables.set(name, { structure: '', sets: new Map() });
    return true;
  }
  if (what === 'table') return tables.delete(rest.join(' '));
  assert.equal(what, 'element', `the fake kernel does not know: nft ${command}`);
  const set = tables.get(rest.slice(0, 2).join(' '))?.sets.get(rest[2] ?? '');
  if (set === undefined) return false;
  const elements = command.slice(command.indexOf('{') + 1, -1).split(',');
  return elements.every((one) => changeElement(set, verb, one.trim()));
}

function changeElement(set: Map<string, string | null>, verb: string, text: string): boolean {
  const [element = '', data = null] = text.split(' : ');
  if (verb === 'delete') return set.delete(element);
  set.set(element, data);
  return true;
}

function listing(name: string, { structure, sets }: FakeTable): string {
  const withElements = structure.replace(
    /^(\t(?:set|map) (\S+) \{\n[^}]*?)\t\}$/gm,
    (_, head: string, set: string) => {
      const elements = [...(sets.get(set) ?? [])].map(([one, data]) =>
        data === null ? one : `${one} : ${data}`,
      );
      return elements.length === 0
        ? `${head}\t}`
        : `${head}\t\telements = { ${elements.join(',\n\t\t\t     ')} }\n\t}`;
    },
  );
  return `table ${name} {\n${withElements}\n}\n`;
}

/** `new_flows`, whose elements are kept as `ADDRESS timeout 1s expires 1s`. */
function flowsJson({ sets }: FakeTable): string {
  const elem = [...(sets.get('new_flows') ?? new Map<string, null>()).keys()].map((text) => {
    const [val, , , , expires = '0s'] = text.split(' ');
    return { elem: { val, expires: Number.parseInt(expires, 10) } };
  });
  return JSON.stringify({ nftables: [{ metainfo: {} }, { set: { elem } }] });
}

function succeeded(stdout: string): CommandResult {
  return { exitCode: 0, stdout, stderr: '' };
}
