/** Limits of the API; each says what it was chosen for. */

/** A plan of 10 000 workloads with all that was rejected is some 100 MiB of JSON. */
export const bodyBytesMax = 256 * 2 ** 20;

/** Between two lines of a silent event stream: under the idle timeout of common proxies (60 s). */
export const streamBeatSeconds = 15;

/** An answer that is no stream; a large plan is checked against every site first. */
export const answerSeconds = 120;
