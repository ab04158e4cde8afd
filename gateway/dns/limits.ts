/** RFC 1035 §2.3.4: "labels 63 octets or less", "names 255 octets or less". */
export const labelBytesMax = 63;
export const nameBytesMax = 255;

/** RFC 1035 §4.2.2: a message over TCP "is prefixed with a two byte length field". */
export const messageBytesMax = 65_535;

/** RFC 8945 §10: "RECOMMENDED value" of fudge is 300 seconds. */
export const fudgeSeconds = 300;

/** One question or update to one server: a few WAN round trips (connect, ask) and a slow disk. Ours. */
export const exchangeSecondsMax = 10;
