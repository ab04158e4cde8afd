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
  readonly #quick = new Map<string, Estimate>();
  readonly #full = new Map<string, Estimate>();
  readonly #goodputs = new Map<string, number>();

  constructor(model: Model) {
    this.#model = model;
  }

  /** Verdict and ranges only: what comparing ways needs. */
  quick(question: Question): Estimate {
    const key = this.#key(question);
    const known = this.#quick.get(key);
    if (known !== undefined) return known;
    const answer = plainEstimate(quickEstimate(this.#input(question), this.#model));
    this.#quick.set(key, answer);
    return answer;
  }

  /** With reasons, and what would help where it does not complete: what a plan shows. */
  full(question: Question): Estimate {
    const key = this.#key(question);
    const known = this.#full.get(key);
    if (known !== undefined) return known;
    const answer = estimate(this.#input(question), this.#model);
    this.#full.set(key, answer);
    return answer;
  }

  #input({ workload, ...question }: Question): EstimateInput {
    return inputOf({ ...question, workload: this.#class(workload).example });
  }

  #key({ workload, target, method, path, settings }: Question): string {
    const { mode, maxBandwidthBytesPerSecond, downtimeLimitSeconds, timeoutSeconds } = settings;
    const { autoConverge, xbzrleCacheBytes, multifdChannels, compress } = settings;
    const { number, isSeeded } = this.#class(workload);
    const at = isSeeded ? target : '';
    return `${number} ${at} ${method} ${this.#pathNumber(path)} ${mode} ${maxBandwidthBytesPerSecond} ${downtimeLimitSeconds} ${timeoutSeconds} ${autoConverge} ${xbzrleCacheBytes} ${multifdChannels} ${compress}`;
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
  goodputBytesPerSecond({ path, settings, ...question }: Question): number {
    const key = `${path.id} ${settings.multifdChannels}`;
    const known = this.#goodputs.get(key);
    if (known !== undefined) return known;
    const conditions = conditionsOf(this.#input({ path, settings, ...question }), this.#model);
    const { bytesPerSecond } = goodputOf(
      conditions.path,
      conditions.transfer.streams,
      this.#model.parameters,
    );
    this.#goodputs.set(key, bytesPerSecond);
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
    const found = this.#classes.get(key) ?? {
      number: this.#classes.size,
      example: workload,
      isSeeded: workload.disks.some(({ seeded }) => Object.keys(seeded).length > 0),
    };
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
}

/** Nearly all counts as all: nobody could use the rest. */
const fillingRatio = 0.95;
const mebibyte = 2 ** 20;

function inputOf({ workload, target, method, path, settings }: Question): EstimateInput {
  const { mode, timeoutSeconds, ...rest } = settings;
  const postcopyAfterPasses = { 'pre-copy': null, hybrid: 1, 'post-copy': 0 }[mode];
  return {
    id: '',
    method,
    guest: {
      memoryBytes: workload.memoryBytes,
      residentBytes: workload.residentBytes,
      vcpus: workload.vcpus,
    },
    dirty: samplesOf(workload),
    link: linkOf(path, isLive(method) ? null : rest.maxBandwidthBytesPerSecond),
    settings: { ...rest, postcopyAfterPasses, timeoutSeconds },
    disks: method === 'redirect' ? cloneImage(workload) : disksOf(workload, target),
    gatedStart: true,
    shutdownSeconds: workload.shutdownSeconds,
    bootSeconds: workload.bootSeconds,
    ...(workload.clone === null ? {} : { cloneSeconds: workload.clone.seconds }),
    convergence: convergenceOf(workload, method),
  };
}

/** The same list each time: the curves through it are looked for once. */
function samplesOf(workload: Workload): NonNullable<EstimateInput['dirty']> {
  const known = knownSamples.get(workload);
  if (known !== undefined) return known;
  const samples = workload.dirty.map(({ seconds, bytesPerSecond }) => ({
    seconds,
    mebibytesPerSecond: bytesPerSecond / mebibyte,
  }));
  knownSamples.set(workload, samples);
  return samples;
}

const knownSamples = new WeakMap<Workload, NonNullable<EstimateInput['dirty']>>();

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
