/** What is assumed where an input is silent, and limits of the computation. */
export const assumed = {
  /** Guests that ran for a while have touched most of their memory. */
  residentRatio: 0.8,
  /** QEMU's own defaults (migration/options.c): 128 MiB/s and 300 ms. */
  capBytesPerSecond: 134_217_728,
  downtimeLimitSeconds: 0.3,
  /** KubeVirt's completion timeout is 150 s a GiB; without one a move has a day. */
  timeoutSeconds: 86_400,
  /** A carrier's port holds about 50 ms. */
  bufferSeconds: 0.05,
  mtuBytes: 1500,
  /** Linux: tcp_congestion_control and the third figure of tcp_wmem. */
  congestionControl: 'cubic',
  sendBufferBytes: 4_194_304,
  cores: 8,
  /** Distinct bytes a second that a guest dirties when nobody has measured it. */
  dirtyBytesPerSecond: 4 * 2 ** 20,
  dirtyFactors: [
    { factor: 0.05, weight: 0.2 },
    { factor: 0.3, weight: 0.2 },
    { factor: 1, weight: 0.2 },
    { factor: 3, weight: 0.2 },
    { factor: 20, weight: 0.2 },
  ],
  /** Relative standard deviation that each missing field adds. */
  doubt: {
    resident: 0.25,
    loss: 0.1,
    sendBuffer: 0.1,
    congestionControl: 0.1,
    mtu: 0.02,
    buffer: 0.03,
    concurrent: 0.15,
  },
} as const;

/** Pages of every architecture moved here; each sent page costs a header of 8 bytes, a zero page 9 (migration/ram.c). */
export const pageBytes = 4096;
export const pageHeaderBytes = 8;
export const zeroPageBytes = 9;

/**
 * Auto-converge (QEMU 7.2: cpu-throttle-initial, -increment, max-cpu-throttle, throttle-trigger-threshold; two
 * triggers, periods of a second: migration/ram.c).
 */
export const throttle = {
  initial: 0.2,
  increment: 0.1,
  max: 0.99,
  triggerRatio: 0.5,
  triggers: 2,
  periodSeconds: 1,
} as const;

/** What a sample of calc-dirty-rate is worth. */
export const sampling = {
  /** Cut to whole MiB/s: half of one is missing on average. */
  cutMebibytesPerSecond: 0.5,
  /** 4096 sampled pages a GiB: each stands for so much. */
  mebibytesPerPage: 0.25,
  /** Unrest of a guest from one sample to the next. */
  unrestRatio: 0.15,
  /** Curves less probable than this, beside the best, are left out. */
  weightMin: 0.02,
} as const;

/** Passes looked at before the recursion counts as having no end. */
export const passesMax = 400;

/** No quantity is larger than this: a century, an exabyte. Keeps every answer finite and printable. */
export const secondsMax = 3.2e9;
export const bytesMax = 1e18;
