import type { Method, Workload } from '../../topology/resolve/topology.ts';
import { conditionsOf } from '../estimate/conditions.ts';
import type { Estimate } from '../estimate/estimate.ts';
import { goodputOf } from '../estimate/goodput.ts';
import type { Model } from '../estimate/model.ts';
import type { EstimateInput } from '../estimate/observation.ts';
import { estimate, plainEstimate } from '../estimate/predict.ts';
import { quickEstimate } from '../estimate/quick.ts';
import type { TransferSettings } from '../plan/plan.ts';
import { wireRatio, type Path } from './paths.ts';
import { isLive } from './rules/rule.ts';

/** One move as it would be asked of the estimator. */
export interface Question {
  readonly workload: Workload;
  readonly target: string;
  readonly method: Method;
  readonly path: Path;
  readonly settings: TransferSettings;
}

/**
 * Asks for estimates, once for each class: workloads that look alike to the estimator, on one path, with the same
 * settings, share the answer (and the object).
 */
export class Predictor {
  readonly #model: Model;
  readonly #classes = new Map<string, Class>();
  readonly #classOf = new Map<Workload, Class>();
  readonly #paths = new Map<string, number>();
  readonly #pathOf = new Map<Path, number>();
  readonly #settings = new Numbering();
  readonly #quick = new Answers();
  readonly #full = new Answers();
  readonly #goodputs = new Map<string, Map<number, number>>();

  constructor(model: Model) {
    this.#model = model;
  }

  /** Verdict and ranges only: what comparing ways needs. */
  quick(question: Question): Estimate {
    return this.#known(this.#quick, question, () =>
      plainEstimate(quickEstimate(this.#input(question), this.#model)),
    );
  }

  /** With reasons, and what would help where it does not complete: what a plan shows. */
  full(question: Question): Estimate {
    return this.#known(this.#full, question, () => estimate(this.#input(question), this.#model));
  }

  #input(question: Question): EstimateInput {
    return inputOf(question, this.#class(question.workload));
  }

  #known(answers: Answers, question: Question, ask: () => Estimate): Estimate {
    const { workload, target, method, path } = question;
    const { number, isSeeded } = this.#class(workload);
    const subject = `${number} ${isSeeded ? target : ''} ${method} ${this.#pathNumber(path)}`;
    const ofSubject = answers.get(subject) ?? new Map<number, Estimate>();
    if (ofSubject.size === 0) answers.set(subject, ofSubject);
    const settings = this.#settings.of(question.settings);
    const known = ofSubject.get(settings);
    if (known !== undefined) return known;
    const answer = ask();
    ofSubject.set(settings, answer);
    return answer;
  }

  /** Paths that are alike to the estimator have the same. */
  #pathNumber(path: Path): number {
    const known = this.#pathOf.get(path);
    if (known !== undefined) return known;
    const key = JSON.stringify([linkOf(path, null), wireRatio(path)]);
    const number = this.#paths.get(key) ?? this.#paths.size;
    this.#paths.set(key, number);
    this.#pathOf.set(path, number);
    return number;
  }

  /** Payload bytes a second that one move gets out of the path when nothing else is on it. */
  goodputBytesPerSecond(question: Question): number {
    const { path, settings } = question;
    const ofPath = this.#goodputs.get(path.id) ?? new Map<number, number>();
    if (ofPath.size === 0) this.#goodputs.set(path.id, ofPath);
    const known = ofPath.get(settings.multifdChannels);
    if (known !== undefined) return known;
    const conditions = conditionsOf(this.#input(question), this.#model);
    const { bytesPerSecond } = goodputOf(
      conditions.path,
      conditions.transfer.streams,
      this.#model.parameters,
    );
    ofPath.set(settings.multifdChannels, bytesPerSecond);
    return bytesPerSecond;
  }

  /** Whether one move leaves nothing of the path that another could use. */
  fillsPath(question: Question): boolean {
    const usable = question.path.rateBitsPerSecond / 8;
    return this.goodputBytesPerSecond(question) * wireRatio(question.path) >= usable * fillingRatio;
  }

  /** The hypervisor's own cap with which a move sends so much: several streams overrun theirs. */
  capFor(payloadBytesPerSecond: number, { multifdChannels }: TransferSettings): number {
    const overrun = multifdChannels > 0 ? this.#model.parameters.multifdCapFactor : 1;
    return Math.floor(payloadBytesPerSecond / Math.max(1, overrun));
  }

  /** The class of all workloads that are the same in everything an estimate looks at. */
  #class(workload: Workload): Class {
    const known = this.#classOf.get(workload);
    if (known !== undefined) return known;
    const key = JSON.stringify([
      workload.memoryBytes,
      workload.residentBytes,
      workload.vcpus,
      workload.dirty,
      workload.disks.map((disk) => ({ ...disk, name: '' })),
      workload.clone,
      workload.shutdownSeconds,
      workload.bootSeconds,
      workload.addresses.map(({ origin }) => origin),
      workload.names.length,
    ]);
    const found = this.#classes.get(key) ?? classOf(workload, this.#classes.size);
    this.#classes.set(key, found);
    this.#classOf.set(workload, found);
    return found;
  }
}

interface Class {
  readonly number: number;
  /** The first seen: whoever is like it is asked about as if it were this one. */
  readonly example: Workload;
  readonly isSeeded: boolean;
  /** The same objects each time: the curves through a list of samples are looked for once. */
  readonly guest: EstimateInput['guest'];
  readonly dirty: NonNullable<EstimateInput['dirty']>;
  /** Where nothing is seeded: the same for every target. */
  readonly disks: NonNullable<EstimateInput['disks']>;
}

function classOf(example: Workload, number: number): Class {
  const { memoryBytes, residentBytes, vcpus } = example;
  return {
    number,
    example,
    isSeeded: example.disks.some(({ seeded }) => Object.keys(seeded).length > 0),
    guest: { memoryBytes, residentBytes, vcpus },
    dirty: example.dirty.map(({ seconds, bytesPerSecond }) => ({
      seconds,
      mebibytesPerSecond: bytesPerSecond / mebibyte,
    })),
    disks: disksOf(example, ''),
  };
}

/** Estimates by what is asked about, then by the number of its settings. */
type Answers = Map<string, Map<number, Estimate>>;
const Answers = Map<string, Map<number, Estimate>>;

/** Gives equal settings the same number; their text would be longer to make than most answers are to find. */
class Numbering {
  readonly #root: Level = new Map();
  #count = 0;

  of(settings: TransferSettings): number {
    const { maxBandwidthBytesPerSecond, downtimeLimitSeconds, timeoutSeconds, xbzrleCacheBytes } = settings;
    const { mode, autoConverge, compress, multifdChannels } = settings;
    const flags =
      { 'pre-copy': 0, hybrid: 4, 'post-copy': 8 }[mode] + (autoConverge ? 2 : 0) + (compress ? 1 : 0);
    let level = below(this.#root, flags);
    level = below(level, multifdChannels);
    level = below(level, xbzrleCacheBytes);
    level = below(level, timeoutSeconds);
    level = below(level, downtimeLimitSeconds);
    const cap = maxBandwidthBytesPerSecond ?? unlimited;
    const known = level.get(cap);
    if (typeof known === 'number') return known;
    level.set(cap, this.#count);
    return this.#count++;
  }
}

type Level = Map<number, Level | number>;
const unlimited = -1;

function below(level: Level, key: number): Level {
  const known = level.get(key);
  if (known instanceof Map) return known;
  const next: Level = new Map();
  level.set(key, next);
  return next;
}

/** Nearly all counts as all: nobody could use the rest. */
const fillingRatio = 0.95;
const mebibyte = 2 ** 20;

/** Its fields one by one: spreading the settings took longer than the estimate's own arithmetic. */
function inputOf(
  { target, method, path, settings }: Question,
  { example, isSeeded, guest, dirty, disks }: Class,
): EstimateInput {
  return {
    id: '',
    method,
    guest,
    dirty,
    link: linkOf(path, isLive(method) ? null : settings.maxBandwidthBytesPerSecond),
    settings: {
      maxBandwidthBytesPerSecond: settings.maxBandwidthBytesPerSecond,
      downtimeLimitSeconds: settings.downtimeLimitSeconds,
      autoConverge: settings.autoConverge,
      xbzrleCacheBytes: settings.xbzrleCacheBytes,
      multifdChannels: settings.multifdChannels,
      compress: settings.compress,
      postcopyAfterPasses: { 'pre-copy': null, hybrid: 1, 'post-copy': 0 }[settings.mode],
      timeoutSeconds: settings.timeoutSeconds,
    },
    disks: method === 'redirect' ? cloneImage(example) : isSeeded ? disksOf(example, target) : disks,
    gatedStart: true,
    shutdownSeconds: example.shutdownSeconds,
    bootSeconds: example.bootSeconds,
    ...(example.clone === null ? {} : { cloneSeconds: example.clone.seconds }),
    convergence: convergenceOf(example, method),
  };
}

function disksOf({ disks }: Workload, target: string): NonNullable<EstimateInput['disks']> {
  return disks.map((disk) => ({
    sizeBytes: disk.sizeBytes,
    usedBytes: disk.usedBytes,
    shared: disk.storage !== null,
    writeBytesPerSecond: disk.writeBytesPerSecond,
    seededBytes: disk.seeded[target] ?? 0,
  }));
}

/** A clone brings its template's image, and nothing of the source's disks. */
function cloneImage({ clone }: Workload): NonNullable<EstimateInput['disks']> {
  return clone === null || clone.bytes === 0 ? [] : [{ sizeBytes: clone.bytes }];
}

/** A cap of the hypervisor's, or, where none sends (`cold`, `redirect`), of the path itself. */
function linkOf(path: Path, capBytesPerSecond: number | null): EstimateInput['link'] {
  const [first] = path.links;
  const cap = capBytesPerSecond === null ? Number.POSITIVE_INFINITY : capBytesPerSecond * wireRatio(path) * 8;
  return {
    bitsPerSecond: Math.min(path.rateBitsPerSecond, cap),
    rttSeconds: path.rttSeconds,
    jitterSeconds: path.jitterSeconds,
    loss: path.loss,
    bufferSeconds: path.bufferSeconds,
    mtuBytes: path.mtuBytes,
    ...(first === undefined
      ? {}
      : { congestionControl: first.congestionControl, sendBufferBytes: first.sendBufferBytes }),
  };
}

/** How clients find the workload again. */
function convergenceOf(workload: Workload, method: Method): NonNullable<EstimateInput['convergence']> {
  switch (method) {
    case 'routed-live':
      return { kind: 'tunnel' };
    case 'stretched-live':
      return { kind: 'announcement' };
    case 'redirect':
      return workload.clone?.pool == null ? { kind: 'dns' } : { kind: 'balancer' };
    case 'cold':
      return workload.addresses.some(({ origin }) => origin === 'dhcp') ? { kind: 'dhcp' } : { kind: 'dns' };
  }
}
