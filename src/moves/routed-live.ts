import type { Step } from './step.ts';
import {
  followGuest,
  prepareRelocations,
  probeAddresses,
  settleRelocations,
  switchRelocations,
} from './steps/addresses.ts';
import { checkWorld } from './steps/check-world.ts';
import { openDrain, drainSessions } from './steps/drain.ts';
import { gatherEvidence } from './steps/evidence.ts';
import { lowerTtl, restoreTtl, turnNames, waitForOldTtl } from './steps/names.ts';
import { releaseSource } from './steps/release.ts';
import { pullPages, resumeTarget } from './steps/resume.ts';
import { prepareTarget } from './steps/target.ts';
import { transferMemory } from './steps/transfer.ts';

/** Memory moves while the guest runs; its old sessions follow through a tunnel; new ones find its new address by DNS. */
export const routedLive: readonly Step[] = [
  checkWorld,
  lowerTtl,
  waitForOldTtl,
  probeAddresses,
  prepareTarget,
  prepareRelocations,
  followGuest,
  transferMemory,
  resumeTarget, // ── point of no return ──
  pullPages,
  gatherEvidence,
  switchRelocations,
  turnNames,
  releaseSource,
  openDrain,
  drainSessions,
  settleRelocations,
  restoreTtl,
];
