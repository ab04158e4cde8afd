import type { Method, Workload } from '../../topology/resolve/topology.ts';
import type { Estimate } from '../estimate/estimate.ts';
import type { Model } from '../estimate/model.ts';
import type { EstimateInput } from '../estimate/observation.ts';
import { estimate } from '../estimate/predict.ts';
import type { TransferSettings } from '../plan/plan.ts';
import type { Path } from './paths.ts';

/** One move as it would be asked of the estimator. */
export interface Question {
  readonly workload: Workload;
  readonly target: string;
  readonly method: Method;
  readonly path: Path;
  /** What the move may send, before transport overhead. */
  readonly settings: TransferSettings;
}

/**
 * Asks for estimates, once for each class: workloads that look alike to the estimator, on one path, with the same
 * settings, share the answer (and the object).
 */
export class Predictor {
  readonly #model: Model;
  readonly #known = new Map<string, Estimate>();

  constructor(model: Model) {
    this.#model = model;
  }

  estimate(question: Question): Estimate {
    const input = inputOf(question);
    const key = JSON.stringify(input);
    const known = this.#known.get(key) ?? estimate(input, this.#model);
    this.#known.set(key, known);
    return known;
  }
}

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
    dirty: workload.dirty.map(({ seconds, bytesPerSecond }) => ({
      seconds,
      mebibytesPerSecond: bytesPerSecond / mebibyte,
    })),
    link: linkOf(path),
    settings: { ...rest, postcopyAfterPasses, timeoutSeconds },
    disks: method === 'redirect' ? cloneImage(workload) : disksOf(workload, target),
    gatedStart: true,
    shutdownSeconds: workload.shutdownSeconds,
    bootSeconds: workload.bootSeconds,
    ...(workload.clone === null ? {} : { cloneSeconds: workload.clone.seconds }),
    convergence: convergenceOf(workload, method),
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

function linkOf(path: Path): EstimateInput['link'] {
  const [first] = path.links;
  return {
    bitsPerSecond: path.rateBitsPerSecond,
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

/** How clients find the workload again; a name's TTL counts where sessions start anew at another address. */
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
