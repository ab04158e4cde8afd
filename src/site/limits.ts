/**
 * Limits of the site agent and its client. None is dictated by a standard; each says what it was chosen for.
 */

/** Longest a `watch` is held open: well under the idle timeout of common proxies (60 s), so that none cuts it. */
export const watchSecondsMax = 25;

/** Longest a call may ask for; a shutdown in good order of a large database is the slowest of them. */
export const callSecondsMax = 900;
/** For a call that brings no deadline of its own. */
export const callSecondsDefault = 60;
/** On top of the deadline that the agent keeps: the answer's way back. */
export const answerSlackSeconds = 5;

/** A definition of a guest with hundreds of devices is some hundred KiB; 10 000 handed-over sessions are 2 MiB. */
export const bodyBytesMax = 8 * 2 ** 20;

/** Calls in flight from one worker to one site: every workload of a busy wave holds one `watch` and makes one call. */
export const connectionsMax = 256;

/** Intervals of one measurement; QEMU takes 1 s to 60 s each (qapi/migration.json: calc-time). */
export const dirtyIntervalsMax = 16;
export const dirtyIntervalSecondsMax = 60;

/**
 * A transfer that moves no byte for so long has lost its path. libvirt's keepalive gives up after 8 s by default
 * settings of 2 s × (3+1); TCP repairs a lost segment within 3 s even at RTT 300 ms. Shorter: a hiccup of the WAN ends
 * the move; longer: the guest may stand still for so long when the cut comes inside stop-and-copy.
 */
export const stallSecondsDefault = 8;
/** Setting up: name resolution, TCP and TLS handshakes, preparing the dirty log of a large guest. */
export const setupStallSecondsDefault = 30;
/** How often the moved bytes are looked at. */
export const stallLookSeconds = 0.5;

/** Workloads whose claims one agent keeps; bounds what is read at start. */
export const claimsMax = 100_000;

/** Finding every guest again and converging the kernel after a reboot of a host with hundreds of guests. */
export const startSecondsMax = 600;

/** Guests of one site that are measured at a time: each costs its host a fraction of a core while pages are hashed. */
export const probesAtOnce = 4;
