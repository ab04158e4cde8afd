import assert from 'node:assert/strict';

/** RFC 5227 §1.1: PROBE_NUM, PROBE_MAX (seconds between probes). */
export const probesMax = 3;
export const probeIntervalSeconds = 1;

/** Whether an address answers: TCP's first timeout (RFC 6298 §2.1: 1 s) twice, so that one lost packet is forgiven. */
export const answerSecondsMax = 3;

/** RFC 5227 §1.1: ANNOUNCE_NUM 2. The second overrides Linux's `locktime`, which ignores news for 1 s. */
export const announceAgainSeconds = 1.1;
/**
 * A guest that was told of its peers before it ran hears of everybody else so much later: it has its sessions to answer
 * first, and a few hundred frames take a slow one tens of milliseconds.
 */
export const announceRestSeconds = 0.3;
assert(announceRestSeconds < announceAgainSeconds, 'the rest comes before everything again');
/**
 * Of many announcements so many go out at once, this long apart: a slow guest takes a millisecond for each, and 253 in a row
 * silenced all its sessions for 0.3 to 0.5 s (lab demo, TCG). A /24 is told in 1.3 s, a /20 in 20 s.
 */
export const announcedAtOnceMax = 20;
export const announcePauseSeconds = 0.1;

/**
 * A parked packet waits for the guest: the kernel asks once a second so many times, then drops the queue. Longer than
 * any pause a plan allows, shorter than TCP's patience (RFC 9293 §3.8.3: R2 at least 100 s).
 */
export const neighbourSolicitsMax = 120;
/** Parked bytes of one guest: 500 Mbit/s of requests for 60 ms, or 2 700 full packets. Kernel default: 212 992. */
export const neighbourQueueBytesMax = 4 * 2 ** 20;

/**
 * Copies kept of what was last forwarded to a guest that may leave at any moment: some 18 small packets (Linux counts
 * about 900 bytes for each), at 600 a second those of 30 ms. From its stop to the switch of the route 10 to 60 ms pass;
 * each that the guest had already costs it one more acknowledgement.
 */
export const keptBytesMax = 16 * 2 ** 10;
/** Nobody answers for them: asked once a second, they are kept for eleven days. */
export const keptSolicitsMax = 1_000_000;

/** Peers a guest is told about: all of a /20. Beyond, those it already knows by ARP recover within a minute. */
export const announcedAddressesMax = 4096;

/**
 * Before a guest leaves its gateway asks who is in its segment: a /24, as the kernel's table holds 1 024 neighbours (arp(7),
 * gc_thresh3). Of a larger one those count that the gateway knows.
 */
export const askedAddressesMax = 254;
/** Hosts of a segment answer within milliseconds. */
export const neighbourAnswerSeconds = 0.1;

/** Peers it is told of before it runs: they wait in its tap's queue (Linux: 500 packets), which its sessions need too. */
export const announcedAheadMax = 64;

/** One command to the kernel: milliseconds; a machine that swaps may take seconds. */
export const commandSecondsMax = 10;
/** A dump of connection tracking: 1 000 000 flows take about 3 s. */
export const sessionCommandSecondsMax = 60;
/** The cut: a few route changes through a child that is already running. */
export const cutSecondsMax = 2;

/** Looked at this often even when nothing changed: someone may have flushed a table. */
export const reconcileSeconds = 30;
/** From a guest's stop to its sessions at the target having spoken again, most of the time; the timer's look waits for it. */
export const switchSeconds = 2;

/** Flows handed over for one guest; more than any guest's own file descriptor limit. */
export const sessionsMax = 100_000;
/** Linux's own timeout of an established TCP flow (nf_conntrack_tcp_timeout_established). */
export const sessionTimeoutSecondsMax = 432_000;

assert(announceAgainSeconds > 1, 'the second announcement must come after locktime');
assert(reconcileSeconds > commandSecondsMax, 'one look must end before the next begins');
