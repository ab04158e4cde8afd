import {
  keyOf,
  kinds,
  stateOf,
  textOf,
  type Device,
  type Element,
  type KernelObject,
  type KernelState,
  type Setting,
  type Table,
} from '../desired/objects.ts';
import { baseTable } from '../desired/ruleset.ts';
import { tableName } from '../desired/marks.ts';
import { addLine, isDone, observeIp, removeLine, runLines, type IpObject } from './ip.ts';
import { applyNft, isNft, observeNft, type NftChange, type NftObject } from './nft.ts';
import type { KernelPort } from './port.ts';
import { applySettings, observeSettings } from './settings.ts';

/** What was done, and what could not be. */
export interface ApplyReport {
  readonly added: readonly KernelObject[];
  readonly removed: readonly KernelObject[];
  readonly failed: readonly Failure[];
}

export interface Failure {
  readonly object: KernelObject;
  readonly change: 'add' | 'remove';
  readonly error: string;
}

export interface Difference {
  /** Desired and not there, or there with another value. */
  readonly missing: readonly KernelObject[];
  /** There and ours, and not desired. */
  readonly surplus: readonly KernelObject[];
}

export interface ReconcileOptions {
  /** Asked again before every change: the fast path may have moved on meanwhile. */
  readonly desired: () => KernelState;
  readonly kernel: KernelPort;
  /** Kept by the caller from one look to the next. */
  readonly spelling: TableSpelling;
  readonly signal?: AbortSignal;
}

/**
 * How this machine's nft lists a table's structure, where it differs from ours: another version spells some rules in
 * another way. Learnt from what it lists just after the table was put in place; what differs from that later has been
 * changed by somebody.
 */
export type TableSpelling = Map<string, string>;

/** Observe, change, observe: a second look shows what the first changes did, a third what a re-made device took along. */
const roundsMax = 3;
/** Lines between two looks at what is desired; they hold up the fast path for about a millisecond. */
const chunkLines = 32;

/**
 * Makes the kernel hold the desired objects of ours and no others. Adds before it removes, tries every item, removes
 * nothing while an add is failing. The report tells what was done; what is still different is told by the difference.
 */
export async function reconcile(options: ReconcileOptions): Promise<{
  readonly report: ApplyReport;
  readonly observed: KernelState;
  readonly difference: Difference;
}> {
  const report = { added: [] as KernelObject[], removed: [] as KernelObject[], failed: [] as Failure[] };
  let tablesPut: readonly Table[] = [];
  for (let round = 0; ; round++) {
    options.signal?.throwIfAborted();
    const observed = await observe(options, tablesPut);
    const difference = differenceOf(observed, options.desired());
    // The fast path may have come first: what is as desired now has not failed.
    report.failed = report.failed.filter(({ object, change }) =>
      change === 'add' ? isMissing(difference, object) : observed.has(keyOf(object)),
    );
    const isEmpty = difference.missing.length + difference.surplus.length === 0;
    if (isEmpty || round === roundsMax || report.failed.length > 0) return { report, observed, difference };
    const done = await applyDifference(options, { observed, difference });
    report.added.push(...done.added);
    report.removed.push(...done.removed);
    report.failed = [...done.failed];
    tablesPut = done.added.filter((object) => object.kind === 'table');
  }
}

/** Everything of ours in the kernel, and the present values of the desired settings. */
export async function observe(
  { kernel, desired, spelling, signal }: ReconcileOptions,
  tablesPut: readonly Table[] = [],
): Promise<KernelState> {
  const wanted = desired();
  const settings = [...wanted.values()].filter((object) => object.kind === 'setting');
  const options = signal === undefined ? {} : { signal };
  const tables = [
    { family: 'inet', name: baseTable.name },
    { family: 'inet', name: tableName },
    { family: 'ip', name: tableName },
    { family: 'arp', name: tableName },
  ] as const;
  const [ip, nft, values] = await Promise.all([
    observeIp(kernel, signal),
    observeNft(kernel, tables, options),
    observeSettings(kernel, settings, options),
  ]);
  const listed = stateOf([...nft, ...ip, ...values]);
  for (const table of tablesPut) {
    const present = listed.get(keyOf(table));
    if (present?.kind === 'table') spelling.set(table.structure, present.structure);
  }
  return new Map([...listed].map(([key, object]) => [key, asDesired(object, wanted.get(key), spelling)]));
}

function asDesired(
  listed: KernelObject,
  wanted: KernelObject | undefined,
  spelling: TableSpelling,
): KernelObject {
  if (listed.kind !== 'table' || wanted?.kind !== 'table') return listed;
  return spelling.get(wanted.structure) === listed.structure ? wanted : listed;
}

export function differenceOf(observed: KernelState, desired: KernelState): Difference {
  return {
    missing: [...desired.values()].filter((object) => !holds(observed, object)),
    surplus: [...observed.values()].filter((object) => !desired.has(keyOf(object))),
  };
}

function isMissing({ missing }: Difference, object: KernelObject): boolean {
  return missing.some((one) => keyOf(one) === keyOf(object));
}

function holds(state: KernelState, object: KernelObject): boolean {
  const present = state.get(keyOf(object));
  return present !== undefined && textOf(present) === textOf(object);
}

interface Work {
  readonly observed: KernelState;
  readonly difference: Difference;
}

/** In this order added, in the reverse removed; tables and elements share their transactions. */
const stages = ['nft', ...kinds.filter((kind) => kind !== 'table' && kind !== 'element')] as const;
type Stage = (typeof stages)[number];
const stageOf = (object: KernelObject): Stage => (isNft(object) ? 'nft' : object.kind);

async function applyDifference(options: ReconcileOptions, work: Work): Promise<ApplyReport> {
  const adding = await inStages(stages, (stage) => addStage(options, work, stage));
  if (adding.failed.length > 0) return { added: adding.done, removed: [], failed: adding.failed };
  const removing = await inStages(stages.toReversed(), (stage) => removeStage(options, work, stage));
  return { added: adding.done, removed: removing.done, failed: removing.failed };
}

interface Outcome {
  readonly done: readonly KernelObject[];
  readonly failed: readonly Failure[];
}

async function inStages(order: readonly Stage[], work: (stage: Stage) => Promise<Outcome>): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (const stage of order) outcomes.push(await work(stage));
  return joined(outcomes);
}

async function addStage(options: ReconcileOptions, work: Work, stage: Stage): Promise<Outcome> {
  const { kernel } = options;
  const missing = work.difference.missing.filter((object) => stageOf(object) === stage);
  if (missing.length === 0) return joined([]);
  if (stage === 'nft') {
    const changes = nftAdditions(work.observed, options.desired(), missing.filter(isNft));
    return outcomeOf(
      'add',
      changes.map(({ object }) => object),
      await applyNft(kernel, changes),
    );
  }
  if (stage === 'setting') {
    const settings = missing as Setting[];
    return outcomeOf('add', settings, await applySettings(kernel, settings));
  }
  const replaced = missing.filter(
    (object): object is Device => object.kind === 'device' && work.observed.has(keyOf(object)),
  );
  if (replaced.length > 0) await runLines(kernel, replaced.map(removeLine), options.signal);
  const outcome = await inChunks(missing as IpObject[], async (chunk) => {
    const objects = chunk.filter((object) => holds(options.desired(), object));
    const lines = objects.map((object) => addLine(object, work.observed.has(keyOf(object))));
    return outcomeOf('add', objects, await sendLines(options, stage, lines));
  });
  if (stage === 'device') kernel.devicesChanged();
  return outcome;
}

async function removeStage(options: ReconcileOptions, { difference }: Work, stage: Stage): Promise<Outcome> {
  const surplus = difference.surplus.filter((object) => stageOf(object) === stage);
  const tables = new Set(surplus.flatMap((object) => (object.kind === 'table' ? [tableOf(object)] : [])));
  const devices = new Set(
    difference.surplus.flatMap((object) => (object.kind === 'device' ? [object.name] : [])),
  );
  const byThemselves = surplus.filter(
    (object) =>
      object.kind !== 'setting' &&
      !(object.kind === 'element' && tables.has(tableOf(object))) &&
      !((object.kind === 'address' || object.kind === 'up') && devices.has(object.device)),
  );
  if (byThemselves.length === 0) return joined([]);
  if (stage === 'nft') {
    const changes = byThemselves.filter(isNft).map((object) => ({ change: 'remove', object }) as const);
    return outcomeOf('remove', byThemselves, await applyNft(options.kernel, changes));
  }
  const outcome = await inChunks(byThemselves as IpObject[], async (chunk) => {
    const objects = chunk.filter((object) => !options.desired().has(keyOf(object)));
    return outcomeOf('remove', objects, await sendLines(options, stage, objects.map(removeLine)));
  });
  if (stage === 'device') options.kernel.devicesChanged();
  return outcome;
}

/** A table that is put in place anew brings all its elements; of the others only what is missing. */
function nftAdditions(
  observed: KernelState,
  desired: KernelState,
  missing: readonly NftObject[],
): readonly NftChange[] {
  const replaced = new Set(missing.flatMap((object) => (object.kind === 'table' ? [tableOf(object)] : [])));
  const elements = [...desired.values()].filter((object): object is Element => object.kind === 'element');
  return missing.flatMap((object): NftChange[] => {
    const table = tableOf(object);
    if (object.kind === 'table')
      return [{ change: 'add', object, elements: elements.filter((element) => tableOf(element) === table) }];
    if (replaced.has(table)) return [];
    const previous = observed.get(keyOf(object));
    return [{ change: 'add', object, previous: previous?.kind === 'element' ? previous : null }];
  });
}

function tableOf(object: NftObject): string {
  return object.kind === 'table' ? `${object.family} ${object.name}` : `${object.family} ${object.table}`;
}

/** Routes and neighbours, which the fast path changes too, go the same way as its changes and so in one order. */
function sendLines(
  { kernel, signal }: ReconcileOptions,
  stage: Stage,
  lines: readonly string[],
): Promise<readonly (string | null)[]> {
  if (lines.length === 0) return Promise.resolve([]);
  return stage === 'route' || stage === 'neighbour' ? kernel.lines(lines) : runLines(kernel, lines, signal);
}

async function inChunks(
  objects: readonly IpObject[],
  work: (chunk: readonly IpObject[]) => Promise<Outcome>,
): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (let from = 0; from < objects.length; from += chunkLines)
    outcomes.push(await work(objects.slice(from, from + chunkLines)));
  return joined(outcomes);
}

function outcomeOf(
  change: Failure['change'],
  objects: readonly KernelObject[],
  errors: readonly (string | null)[],
): Outcome {
  const failed = objects.flatMap((object, index): Failure[] => {
    const error = errors[index] ?? null;
    return error === null || isDone(object, change, error) ? [] : [{ object, change, error }];
  });
  return { done: objects.filter((object) => !failed.some((failure) => failure.object === object)), failed };
}

function joined(outcomes: readonly Outcome[]): Outcome {
  return {
    done: outcomes.flatMap(({ done }) => done),
    failed: outcomes.flatMap(({ failed }) => failed),
  };
}
