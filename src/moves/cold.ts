import type { Step } from './step.ts';
import {
  followGuest,
  prepareRelocations,
  probeAddresses,
  settleRelocations,
  switchRelocations,
} from './steps/addresses.ts';
import { checkWorld } from './steps/check-world.ts';
import { bootTarget, copyDisks, copyRest, shutDownSource } from './steps/cold.ts';
import { openDrain, drainSessions } from './steps/drain.ts';
import { gatherEvidence } from './steps/evidence.ts';
import { lowerTtl, restoreTtl, turnNames, waitForOldTtl } from './steps/names.ts';
import { releaseSource } from './steps/release.ts';
import { prepareTarget } from './steps/target.ts';

/** Shut down at the source, boot at the target. What resolvers still tell of its old address is sent after it. */
export const cold: readonly Step[] = [
  checkWorld,
  lowerTtl,
  waitForOldTtl,
  probeAddresses,
  prepareTarget,
  prepareRelocations,
  copyDisks,
  shutDownSource,
  copyRest,
  followGuest,
  bootTarget, // ── point of no return ──
  gatherEvidence,
  switchRelocations,
  turnNames,
  releaseSource,
  openDrain,
  drainSessions,
  settleRelocations,
  restoreTtl,
];
