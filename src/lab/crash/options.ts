import { linkShape } from '../profiles.ts';
import type { LabOptions } from '../up.ts';

/** A lab for crashes: a guest for each, and a link slow enough that a transfer takes some seconds. */
export const crashLabOptions = (
  prefix: string,
  { guests, booted }: { readonly guests: number; readonly booted: number },
): LabOptions => ({
  prefix,
  profile: 'national',
  shape: linkShape({ profile: 'national', rate: '200 Mbit/s' }),
  seed: 1,
  congestionControl: null,
  guests: { count: guests, booted, memoryMebibytes: 128, dirty: '32,50,4,random,random' },
});
