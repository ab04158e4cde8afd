import { linkShape } from '../profiles.ts';
import type { LabOptions } from '../up.ts';

/** A lab for crashes: a guest for each, and a link slow enough that a transfer takes about ten seconds. */
export const crashLabOptions = (prefix: string, guests: number): LabOptions => ({
  prefix,
  profile: 'national',
  shape: linkShape({ profile: 'national', rate: '100 Mbit/s' }),
  seed: 1,
  congestionControl: null,
  guests: { count: guests, memoryMebibytes: 128, dirty: '32,50,4,random,random' },
});
