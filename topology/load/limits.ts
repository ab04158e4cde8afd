/** Bounds of what is read from files, chosen far above honest use. */

/** Text of one file. 10 000 workloads with all their keys are about 6 MB. */
export const fileBytesMax = 64 * 2 ** 20;

/** Values in one file after aliases are followed: five times what 10 000 workloads hold. An alias bomb grows beyond. */
export const valuesMax = 4_000_000;

/** Keys within keys; the deepest honest one is 8 deep. */
export const depthMax = 32;
