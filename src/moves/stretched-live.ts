import type { Step } from './step.ts';
import { checkWorld } from './steps/check-world.ts';
import { gatherEvidence } from './steps/evidence.ts';
import { releaseSource } from './steps/release.ts';
import { pullPages, resumeTarget } from './steps/resume.ts';
import { prepareTarget } from './steps/target.ts';
import { transferMemory } from './steps/transfer.ts';

/** Both sites share the segment: the guest keeps its address and announces itself where it wakes. */
export const stretchedLive: readonly Step[] = [
  checkWorld,
  prepareTarget,
  transferMemory,
  resumeTarget, // ── point of no return ──
  pullPages,
  gatherEvidence,
  releaseSource,
];
