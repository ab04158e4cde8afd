/** Frames a TAP queues for the relay: at 1 Gbit/s and 1500 bytes it holds 120 ms, more than the relay is ever kept waiting. */
export const relayQueueFrames = 10_000;

/** One ip, sysctl or cc; cc on a busy machine of two cores takes 3 s. */
export const commandTimeoutSeconds = 60;

/** From QEMU's start to the guest's first tick: 4 s alone on the machine, under load several times that. */
export const guestBootSecondsMax = 120;

/** From the start of a server of the lab to its being ready; a second each when the machine is idle. */
export const serverStartSecondsMax = 60;

/** The same for an agent, which also starts its guests: some QEMU processes, half a second each. */
export const agentStartSecondsMax = 180;

/** What a process of the lab gets to end in good order before it is killed. */
export const processEndSeconds = 3;

/** Between two looks at something that is awaited. */
export const pollSeconds = 0.05;

/**
 * RAM beyond a round number of MiB. QEMU 7.2 under TCG loses dirty pages of RAM blocks that are multiples of 256 KiB
 * (facts in docs/design/lab.md): with a round size the guest dies at the target.
 */
export const oddMemoryBytes = 8 * 1024;

/** The relay looks at its control socket at least every 5 ms. */
export const relayAnswerSeconds = 5;

/** Every process of the lab has this in its environment, with the lab's id: `down` finds also those never recorded. */
export const environmentMark = 'LONGHAUL_LAB';

/** Where each site's agent listens, on its gateway's management address; the relay takes it for control traffic. */
export const agentPort = 7443;

/** RFC 7348 §5: any of 24 bits; both gateways have the same. */
export const tunnelVni = 7;

/** A lab does not live longer; nothing else trusts its authority. */
export const certificateDays = 30;

/** What each site's one host offers: enough for all guests of a lab, as far as the planner is concerned. */
export const hostCores = 8;
export const hostMemoryBytes = 16 * 2 ** 30;

/** How often somebody new looks a guest's name up and connects; each costs a guest that has just arrived some milliseconds. */
export const newcomerMilliseconds = 500;

/** A session gets so long to have its last bytes echoed; session.c gives up after 10 s. */
export const sessionEndSeconds = 25;

/** Where a bare migration is received. */
export const migrationPort = 4444;

/** Where a bare guest's disk is mirrored to. */
export const diskPort = 4544;

/** Passes shorter than this are missed; QEMU itself looks every 50 to 100 ms. */
export const migrationPollSeconds = 0.1;

/** After a move, until sessions and counters have settled: more than a TCP retransmission after a pause of 1 s. */
export const settleSeconds = 2;

/** So many scenarios in a row without an observation are a fault of the lab, not of the scenarios. */
export const lostInARowMax = 3;

/** `longhaul plan` and `show` of a few guests; most of it is the start of the process on a busy machine. */
export const planSecondsMax = 60;

/** `longhaul run` of the lab's guests: transfers of seconds, drains of their deadline at most. */
export const runSecondsMax = 900;

/** How often the demo looks at the wire, the tunnel and its clients: each look takes processor time from the guests. */
export const sampleSeconds = 2;

/** So long newcomers are watched after every name server says the new address. */
export const newcomersSeconds = 3;

/** What breaks stays broken so long: longer than the patience of a connection, shorter than that of a move. */
export const outageSeconds = 3;

/** From the start of a worker to the moment at which something is to break: late steps of three moves on a busy machine. */
export const crashMomentSecondsMax = 600;

/** So long newcomers try whether a guest answers: four of them. */
export const answerSeconds = 2;

/**
 * On real sites guests, gateways and workers do not share two cores with each other and with whatever else this machine
 * does: the lab goes before the rest by its nice value, which counts only inside a session (sched(7), autogroup), and
 * where milliseconds are measured by that of its sessions too.
 */
export const labPriority = -10;

/**
 * There agents and guests go before workers and clients as well, chrt(1): a guest that has stopped waits for its agents,
 * and a guest that has just arrived has more to do than ever. One priority for both: neither takes a core from the
 * other. Guests have none while they boot, as they then fill every core, nor where there are more of them than cores.
 */
export const realTimePriority = 1;
