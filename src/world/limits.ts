/** Output kept of one command: more than `conntrack -L` of 100 000 flows at about 150 bytes a line. */
export const commandOutputBytesMax = 32 * 2 ** 20;
