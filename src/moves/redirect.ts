import type { Step } from './step.ts';
import { probeAddresses } from './steps/addresses.ts';
import { checkWorld } from './steps/check-world.ts';
import { lowerTtl, restoreTtl, turnNames, waitForOldTtl } from './steps/names.ts';
import {
  checkClone,
  cloneAtTarget,
  drainSource,
  forgetSource,
  landClone,
  redirectSessions,
  retireSource,
} from './steps/redirect.ts';
import { releaseSource } from './steps/release.ts';

/** A clone at the target takes over behind its balancer or name; everything can be taken back until the source goes. */
export const redirect: readonly Step[] = [
  checkWorld,
  lowerTtl,
  waitForOldTtl,
  probeAddresses,
  cloneAtTarget,
  checkClone,
  redirectSessions,
  turnNames,
  landClone,
  drainSource,
  retireSource, // ── point of no return ──
  releaseSource,
  forgetSource,
  restoreTtl,
];
