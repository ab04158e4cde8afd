/** Bounds of what is read from files, chosen far above honest use. */

/** Text of one file. 10 000 workloads with all their keys are about 6 MB. */
export const fileBytesMax = 64 * 2 ** 20;

/** Values that aliases may stand for: 10 000 workloads with an alias to 50 values each. An alias bomb grows beyond. */
export const aliasedValuesMax = 500_000;

/** Keys within keys; the deepest honest one is 8 deep. */
export const depthMax = 32;
