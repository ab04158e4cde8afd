/** Limits of the QEMU driver. First what QEMU and the kernel dictate, then what we chose. */

/** unix(7): sun_path is 108 bytes with its final zero. */
export const socketPathBytesMax = 107;
/** if.h IFNAMSIZ: 16 bytes with the final zero. */
export const deviceNameLengthMax = 15;
/** qapi/migration.json 7.2, calc-dirty-rate: calc-time 1…60 s, sample-pages 128…4096 per GiB. */
export const samplePagesPerGibibyte = 4096;
/** qapi/migration.json 7.2: downtime-limit 1…2 000 000 ms. */
export const downtimeLimitMillisecondsMax = 2_000_000;

/**
 * QEMU 7.2 without KVM: the fast path of its dirty bitmap, taken for blocks aligned to 64 pages, forgets to protect the
 * pages again, and what the guest writes afterwards is lost.
 */
export const lostPagesBlockBytes = 256 * 1024;

/** A monitor command answers in milliseconds; a host that swaps or a main loop that drains a disk takes seconds. */
export const commandSecondsMax = 15;
/** For a look at figures: rather old ones than none for long. */
export const briefSecondsMax = 1;
/** Starting a process: memory is mapped, not touched; a memory backend with preallocation takes a second per 10 GiB. */
export const startSecondsMax = 60;
/** From `migrate_cancel` to the guest running again; then the connections are cut (`yank`), which was seen to take 1 s. */
export const cancelSecondsMax = 2;
/** From the cut to the guest running again, or a new run state after `cont`. */
export const runSecondsMax = 10;
/** After `quit`; then the process is killed. */
export const quitSecondsMax = 5;
export const killSecondsMax = 5;
/** A busy wait for what has no event: the process's end, the result of calc-dirty-rate. */
export const pollSeconds = 0.05;

/** One line from a monitor; `query-named-block-nodes` of a guest with a hundred disks is some hundred KiB. */
export const answerBytesMax = 16 * 2 ** 20;
/** Translated code of a guest without KVM whose memory is locked: that of a Linux kernel and its programs, several times. */
export const lockedCodeMebibytes = 64;
/** As much of the end of a serial log is searched for the heartbeat. */
export const serialTailBytes = 64 * 1024;
/** How long a measured resident size is told again; reading it walks the page tables of the whole guest. */
export const residentSecondsMax = 10;
/** A guest that has just arrived answers its sessions first: nothing that costs it time is looked at for so long. */
export const settleSeconds = 2;

/** The target tells its segment where the guest is: five announcements within 1.1 s (QEMU's own defaults). */
export const announcement = { initial: 50, max: 550, rounds: 5, step: 100 };
