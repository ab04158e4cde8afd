/** What is assumed where an input is silent, and limits of the computation. */
export const assumed = {
  /** Guests that ran for a while have touched most of their memory. */
  residentRatio: 0.8,
  /** QEMU's own defaults (migration/options.c): 128 MiB/s and 300 ms. */
  capBytesPerSecond: 134_217_728,
  downtimeLimitSeconds: 0.3,
  /** Who names no timeout waits for a day. */
  timeoutSeconds: 86_400,
  /** A carrier's port holds about 50 ms. */
  bufferSeconds: 0.05,
  mtuBytes: 1500,
  /** Linux: tcp_congestion_control and the third figure of tcp_wmem. */
  congestionControl: 'cubic',
  sendBufferBytes: 4_194_304,
  cores: 8,
  /** A guest nobody measured: rates from nearly nothing to 80 MiB/s, equally probable steps. */
  dirtyBytesPerSecond: [0.2, 1, 4, 16, 80].map((mebibytes) => mebibytes * 2 ** 20),
  /** Ordered shut-down and boot of a Linux server, and a clone from a template, where nobody measured them. */
  shutdownSeconds: 20,
  bootSeconds: 40,
  cloneSeconds: 60,
} as const;

/**
 * How the path converges after a live switchover, beyond what a session needs anyway: `roundTrips` of the WAN and
 * `seconds`. Tunnel: the route is changed on the event. Announcement: QEMU announces at once, then after 50 ms
 * (announce-initial). BGP: one update interval of iBGP, 5 s (RFC 4271 §10). DNS: a TTL of 300 s, commonly the
 * default. DHCP: a client that probes for its lease again, 10 s (RFC 4436 §4.5, RFC 2131 §4.4.2). Balancer: a health
 * check of HAProxy's default, 2 s.
 */
export const pathConvergence = {
  tunnel: { roundTrips: 0, seconds: 0 },
  announcement: { roundTrips: 0.5, seconds: 0.05 },
  bgp: { roundTrips: 1, seconds: 5 },
  dns: { roundTrips: 0, seconds: 300 },
  dhcp: { roundTrips: 0, seconds: 10 },
  balancer: { roundTrips: 0, seconds: 2 },
} as const;

/**
 * Relative standard deviations (ln) that a missing field adds, chosen from how much the quantity varies over the values
 * met in practice; they state ignorance, and are not measured.
 */
export const missingFieldDoubt = {
  residentBytes: { seconds: 0.25, bytes: 0.25, pause: 0.05 },
  accelerator: { seconds: 0.03, bytes: 0.005, pause: 0.03 },
  dirty: { seconds: 0.1, bytes: 0.1, pause: 0.2 },
  loss: { seconds: 0.1, bytes: 0.01, pause: 0.1 },
  jitterSeconds: { seconds: 0.03, bytes: 0.005, pause: 0.05 },
  bufferSeconds: { seconds: 0.03, bytes: 0.01, pause: 0.25 },
  mtuBytes: { seconds: 0.02, bytes: 0.005, pause: 0.02 },
  congestionControl: { seconds: 0.1, bytes: 0.01, pause: 0.2 },
  sendBufferBytes: { seconds: 0.1, bytes: 0.01, pause: 0.25 },
  downtimeLimitSeconds: { seconds: 0.05, bytes: 0.05, pause: 0.5 },
  maxBandwidthBytesPerSecond: { seconds: 0.05, bytes: 0.01, pause: 0.1 },
  host: { seconds: 0.03, bytes: 0.005, pause: 0.05 },
  concurrent: { seconds: 0.15, bytes: 0.03, pause: 0.1 },
} as const;

/** Pages of every architecture moved here; each sent page costs a header of 8 bytes, a zero page 9 (migration/ram.c). */
export const pageBytes = 4096;
export const pageHeaderBytes = 8;
export const zeroPageBytes = 9;

/** Linux describes each page in 64 bytes (struct page) and puts that map at the top of memory, where the first pass ends. */
export const pageMapBytes = 64;

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
  /** QEMU samples over 50 ms to 60 s; rates above that of memory itself are typing errors. */
  seconds: [1e-3, 1e6],
  mebibytesPerSecondMax: 1e9,
} as const;

/** QEMU measures its rate, and rations the cap, over windows of 100 ms (migration/migration.c, BUFFER_DELAY). */
export const rateWindowSeconds = 0.1;

/**
 * Passes looked at: what has not ended by then circles, and ends by chance or not at all; measured moves that ended so
 * took about as many. Held back step by step, a guest may circle for longer.
 */
export const passesMax = 24;
export const throttledPassesMax = 400;

/** Inputs beyond these are taken for the bound: wider than any machine, narrow enough that nothing overflows. */
export const bounds = {
  bytes: [1, 1e18],
  bitsPerSecond: [1, 1e15],
  bytesPerSecond: [0.1, 1e15],
  rttSeconds: [0, 1e4],
  mtuBytes: [576, 65_535],
  socketBytes: [4096, 1e12],
  limitSeconds: [0, 1e7],
  streams: [1, 255],
  cores: [0.01, 1e5],
} as const;

/** No answer is larger: a century, ten exabytes. */
export const secondsMax = 3.2e9;
export const bytesMax = 1e19;
