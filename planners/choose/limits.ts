/**
 * Numbers the choice holds a path, a host or a mode against. First what vendors and standards dictate, then what we
 * chose, each with its source and, where it is ours, the trade-off.
 */

/** What a live move needs of its path; null: no limit known. A topology's `policies.hypervisors` replaces them. */
export interface LiveLimits {
  readonly rttSecondsMax: number | null;
  readonly jitterSecondsMax: number | null;
  readonly lossMax: number | null;
  readonly rateBitsPerSecondMin: number | null;
}

/** VMware vSphere long-distance vMotion: round trip at most 150 ms, 250 Mbit/s for each concurrent move. */
const longDistanceVmotion: LiveLimits = {
  rttSecondsMax: 0.15,
  jitterSecondsMax: null,
  lossMax: null,
  rateBitsPerSecondMin: 250e6,
};

/**
 * QEMU sets no limit of its own. Above 150 ms every control round trip shows in the pause; above 1 % loss even several
 * streams carry less than a useful rate; below 10 Mbit/s a GiB takes a quarter of an hour (OpenStack Nova gives up at
 * 800 s per GiB, 10.7 Mbit/s).
 */
const qemu: LiveLimits = {
  rttSecondsMax: 0.15,
  jitterSecondsMax: 0.05,
  lossMax: 0.01,
  rateBitsPerSecondMin: 10e6,
};

export const liveLimits: Readonly<Record<string, LiveLimits>> = {
  qemu,
  libvirt: qemu,
  simulated: qemu,
  vsphere: longDistanceVmotion,
};
export const otherLiveLimits: LiveLimits = qemu;

/** vMotion copies before the switch only: it slows a guest that outruns it (Stun During Page Send) instead. */
export const withoutPostCopy: ReadonlySet<string> = new Set(['vsphere']);

/** The classic metro limits of a stretched segment (metro vMotion 5.0 and stretched-cluster designs). */
export const stretchedLimits = {
  rttSecondsMax: 0.01,
  rateBitsPerSecondMin: 600e6,
  distanceKilometresMax: 200,
} as const;

/** VXLAN over IPv4 adds 50 bytes to each frame (RFC 7348 §5: outer Ethernet 14, IPv4 20, UDP 8, VXLAN 8). */
export const stretchOverheadBytes = 50;

/** QEMU's default `downtime-limit`. */
export const downtimeLimitSecondsDefault = 0.3;
/**
 * The hypervisor's downtime limit as part of the budget: the true pause is longer by the sender's backlog and half a
 * round trip (median 1.4 times in 155 measured moves of QEMU 7.2).
 */
export const downtimeLimitOfBudget = 0.6;
/** QEMU's own default. */
export const xbzrleCacheBytesDefault = 64 * 2 ** 20;
/** Streams where one connection's window does not fill the path. Two is QEMU's default; four fills 150 ms with 4 MiB buffers up to 600 Mbit/s. */
export const multifdChannelsDefault = 4;

/** Paths looked at between two sites, and links in one. More never won in a mesh of twenty sites; each costs estimates. */
export const pathsMax = 3;
export const linksInPathMax = 3;

/** A move is cancelled when it takes so many times its P90. */
export const timeoutOfP90 = 2;
export const timeoutSecondsMin = 60;
/** The longest that any move is asked about: a month, in which a GiB crosses at 3.5 kbit/s. */
export const timeoutSecondsMax = 30 * 86_400;

/** While a move is near, names are answered with this TTL: short enough that clients follow within a minute. */
export const loweredTtlSeconds = 30;

/** A mode that fails more often than this is no plan: one in five sends the fleet's tail into the fallback ladder. */
export const completesProbabilityMin = 0.8;

/**
 * Chance of completing that a move may lose by being tuned. A thousandth, because such a move is late by seconds and not
 * lost: `untune`, the first rung of its ladder, gives it the plain limit and cap back (docs/decisions/0003). Past that a
 * smaller pause is bought with moves that fail to converge where the link is slow (lab-34: 0.14 less sure, no end).
 */
export const tuningLossMax = 0.001;
/** Of its P90 that a tuned move may take longer where others wait for the links: measured in fleets 0.4 % at most. */
export const tuningLengtheningMax = 0.01;

/** Between hosts of one site, which a topology does not describe: the common 10 Gbit/s of a hypervisor host. */
export const lanRateBitsPerSecond = 10e9;

/**
 * Bytes of one read or write to a disk, to tell operations from bytes: database pages and file system clusters lie
 * between 4 and 64 KiB.
 */
export const operationBytes = 16 * 2 ** 10;
/**
 * Part of its time that a guest may wait for a storage left behind: operations a second × round trip. At one it could
 * do nothing else even with one operation at a time outstanding.
 */
export const storageWaitRatioMax = 1;
