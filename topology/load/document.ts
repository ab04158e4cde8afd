import assert from 'node:assert/strict';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Alias, Document, Node, YAMLError } from 'yaml';
import { aliasedValuesMax, depthMax, fileBytesMax } from './limits.ts';
import type { Path, Problem } from './problems.ts';

/** A file with its text; `file` is how the operator named it. */
export interface SourceFile {
  readonly file: string;
  readonly text: string;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Text that was YAML or JSON: its plain value, and where in the text each part of it stands. */
export interface SourceDocument {
  readonly file: string;
  readonly value: unknown;
  /** Where the value at `path` begins; where it is missing, the nearest thing around it. */
  positionOf(path: Path): Position;
  /** Where the last key of `path` itself stands. */
  positionOfKey(path: Path): Position;
}

export interface Parsed {
  /** Null where the text could not be read at all. */
  readonly document: SourceDocument | null;
  readonly problems: readonly Problem[];
}

/** Reads YAML 1.2 or JSON. Syntax errors, duplicate keys, tags and alias bombs are problems. */
export function parseSource(source: SourceFile): Parsed {
  if (source.text.length > fileBytesMax) {
    const wrong = `has ${source.text.length} characters, ${fileBytesMax} are read`;
    return failed([{ ...atStart(source.file), wrong, right: 'split the fleet into several topologies' }]);
  }
  return parseJson(source) ?? parseYaml(source);
}

/**
 * The fast way for what programs write: JSON.parse is forty times as fast. Text that is not JSON, or that has a key
 * twice (JSON.parse keeps the last in silence), goes the other way, which knows positions. Those are found when asked.
 */
function parseJson(source: SourceFile): Parsed | null {
  if (!/^\s*\{/.test(source.text)) return null;
  let value: unknown;
  try {
    value = JSON.parse(source.text);
  } catch {
    return null;
  }
  const keysWritten = source.text.match(/"(?:[^"\\]|\\.)*"(\s*:)?/g)?.filter((token) => token.endsWith(':'));
  if (keysWritten?.length !== countKeys(value)) return null;
  let tree: SourceDocument | null = null;
  const located = (): SourceDocument => {
    tree ??= parseYaml(source).document;
    assert(tree !== null, 'text that is JSON is also YAML');
    return tree;
  };
  const document = {
    file: source.file,
    value,
    positionOf: (path: Path) => located().positionOf(path),
    positionOfKey: (path: Path) => located().positionOfKey(path),
  };
  return { document, problems: [] };
}

function countKeys(value: unknown): number {
  if (value === null || typeof value !== 'object') return 0;
  const inner: unknown[] = Object.values(value);
  return inner.reduce<number>((sum, item) => sum + countKeys(item), Array.isArray(value) ? 0 : inner.length);
}

function parseYaml({ file, text }: SourceFile): Parsed {
  const lines = new LineCounter();
  const tree = parseDocument(text, {
    lineCounter: lines,
    version: '1.2',
    schema: 'core',
    stringKeys: true,
    prettyErrors: false,
    logLevel: 'error', // 'silent' would also pass over a second document
  });
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const problems = syntaxProblems(tree, { file, at });
  const isReadable = [...tree.errors].every(({ code }) => softErrors.has(code));
  if (!isReadable || tree.contents === null || problems.some(({ wrong }) => wrong === tooDeep))
    return failed(problems.length > 0 ? problems : [emptyFile(file)]);
  const place = { file, at, anchorOf: anchorFinder(tree) };
  const plain = toPlain(tree, place);
  if (!('value' in plain)) return failed([...problems, plain.problem]);
  return { document: locatedDocument(tree, place, plain.value), problems };
}

interface Place {
  readonly file: string;
  readonly at: (offset: number) => Position;
  /** The node an alias stands for; null where no anchor of that name stands before it. */
  readonly anchorOf: (alias: Alias) => Node | null;
}

/** One walk through the document, when the first alias asks. */
function anchorFinder(tree: Document.Parsed): Place['anchorOf'] {
  let found: Map<Alias, Node | null> | null = null;
  return (alias) => {
    found ??= aliasTargets(tree);
    return found.get(alias) ?? null;
  };
}

function aliasTargets(tree: Document.Parsed): Map<Alias, Node | null> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node | null>();
  visit(tree, {
    Alias: (_, node) => void targets.set(node, anchors.get(node.source) ?? null),
    Value: (_, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

/** Errors that leave the rest of the text readable, so that its other problems can be told too. */
const softErrors = new Set<YAMLError['code']>(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED']);

function syntaxProblems(tree: Document.Parsed, { file, at }: Pick<Place, 'file' | 'at'>): readonly Problem[] {
  const depth = tree.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
  // After the first structural error the parser stumbles on: what it says then is about itself, not about the file.
  const broken = depth ?? tree.errors.find(({ code }) => !softErrors.has(code));
  const soft = [...tree.errors, ...tree.warnings].filter(({ code }) => softErrors.has(code));
  return [...(broken === undefined ? [] : [broken]), ...soft].map((error) => ({
    file,
    ...at(error.pos[0]),
    path: '',
    ...explained(error),
  }));
}

const tooDeep = `is nested more than ${depthMax} deep`;

function explained({ code, message }: YAMLError): { readonly wrong: string; readonly right: string } {
  switch (code) {
    case 'DUPLICATE_KEY':
      return { wrong: 'this key stands here a second time', right: 'keep one of the two' };
    case 'TAB_AS_INDENT':
      return { wrong: 'a tab indents this line', right: 'indent with spaces' };
    case 'MULTIPLE_DOCS':
      return { wrong: 'a second document begins here', right: 'keep one document in a file' };
    case 'NON_STRING_KEY':
      return { wrong: 'this key is not text', right: 'write a plain word before the colon' };
    case 'TAG_RESOLVE_FAILED':
      return { wrong: 'a tag (!) is not read here', right: 'write the plain value' };
    case 'RESOURCE_EXHAUSTION':
      return { wrong: tooDeep, right: 'close the brackets' };
    default:
      return { wrong: `not YAML or JSON: ${message}`, right: 'mend the syntax here' };
  }
}

function failed(problems: readonly Problem[]): Parsed {
  return { document: null, problems };
}

const atStart = (file: string) => ({ file, line: 1, column: 1, path: '' });
const emptyFile = (file: string): Problem => ({
  ...atStart(file),
  wrong: 'the file is empty',
  right: "begin with 'format: longhaul-topology/1' or 'format: longhaul-runbook/1'",
});

/** The plain value of the tree, aliases followed, within the limits. */
function toPlain(
  tree: Document.Parsed,
  place: Place,
): { readonly value: unknown } | { readonly problem: Problem } {
  const conversion = new Conversion(place);
  const value = conversion.plain(tree.contents, 0);
  return conversion.problem === null ? { value } : { problem: conversion.problem };
}

/** One pass through a tree; it ends at the first thing that breaks a limit. */
class Conversion {
  problem: Problem | null = null;
  readonly #place: Place;
  #aliasedValues = 0;
  /** The alias in the text itself whose value, and that of aliases in it, is being written out. */
  #outermostAlias: Alias | null = null;

  constructor(place: Place) {
    this.#place = place;
  }

  plain(node: Node | null, depth: number): unknown {
    if (node === null || this.problem !== null) return null;
    if (this.#outermostAlias !== null && ++this.#aliasedValues > aliasedValuesMax)
      return this.#stop(node, `aliases stand for more than ${aliasedValuesMax} values`, 'use fewer aliases');
    if (depth > depthMax) return this.#stop(node, tooDeep, 'close the brackets');
    if (isAlias(node)) return this.#follow(node, depth);
    if (isSeq<Node | null>(node)) return node.items.map((item) => this.plain(item, depth + 1));
    if (isMap<Node, Node | null>(node))
      return Object.fromEntries(
        node.items.map(({ key, value }) => [keyText(key), this.plain(value, depth + 1)]),
      );
    return isScalar(node) ? node.value : null;
  }

  #follow(alias: Alias, depth: number): unknown {
    const anchored = this.#place.anchorOf(alias);
    const name = alias.source;
    if (anchored === null)
      return this.#stop(alias, `alias '*${name}' has no anchor before it`, `write '&${name}' at its value`);
    const isOutermost = this.#outermostAlias === null;
    if (isOutermost) this.#outermostAlias = alias;
    const value = this.plain(anchored, depth + 1);
    if (isOutermost) this.#outermostAlias = null;
    return value;
  }

  #stop(node: Node, wrong: string, right: string): null {
    const { file, at } = this.#place;
    const start = (this.#outermostAlias ?? node).range?.[0] ?? 0;
    this.problem ??= { file, ...at(start), path: '', wrong, right };
    return null;
  }
}

const keyText = (key: unknown): string => (isScalar(key) ? String(key.value) : String(key));

function locatedDocument(tree: Document.Parsed, place: Place, value: unknown): SourceDocument {
  const { file, at } = place;
  const ends = (path: Path): Step => lastAlong(tree.contents, { path, anchorOf: place.anchorOf });
  return {
    file,
    value,
    positionOf: (path) => at(ends(path).value?.range?.[0] ?? 0),
    positionOfKey: (path) => at(ends(path).key?.range?.[0] ?? 0),
  };
}

interface Step {
  readonly key: Node | null;
  readonly value: Node | null;
}

/** The last node on `path` that exists; a key without a value is its own. */
function lastAlong(
  root: Node | null,
  { path, anchorOf }: { readonly path: Path; readonly anchorOf: Place['anchorOf'] },
): Step {
  let last: Step = { key: root, value: root };
  for (const step of path) {
    const node = isAlias(last.value) ? anchorOf(last.value) : last.value;
    const next = isMap<Node, Node | null>(node)
      ? node.items.find(({ key }) => keyText(key) === step)
      : isSeq<Node>(node) && typeof step === 'number' && node.items[step] !== undefined
        ? { key: node.items[step], value: node.items[step] }
        : undefined;
    if (next === undefined) break;
    last = { key: next.key, value: next.value ?? next.key };
  }
  return last;
}
