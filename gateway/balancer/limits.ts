/** The runtime API answers from memory; what takes longer is not coming. Ours. */
export const exchangeSecondsMax = 5;

/** `show stat` of some thousand servers, about 500 bytes each. Ours. */
export const answerBytesMax = 8 * 2 ** 20;
