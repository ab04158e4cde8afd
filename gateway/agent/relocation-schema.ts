import { z } from 'zod';
import { isAddress, isSubnet } from '../../topology/addresses.ts';
import { sessionsMax, sessionTimeoutSecondsMax } from '../limits.ts';
import type { Relocation, Session } from '../relocation.ts';

/** A relocation as it comes from outside or from disk. Names become file names and kernel objects: nothing loose here. */
const address = z.string().refine(isAddress, 'must be an IPv4 address');
const mac = z.string().regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/, 'must be a MAC address in lower case');
const port = z.int().min(0).max(65_535);

export const sessionSchema: z.ZodType<Session> = z.strictObject({
  protocol: z.enum(['tcp', 'udp']),
  sourceAddress: address,
  targetAddress: address,
  sourcePort: port,
  targetPort: port,
  state: z.enum(['SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK']).nullable(),
  timeoutSeconds: z.int().min(1).max(sessionTimeoutSecondsMax),
});

export const relocationSchema: z.ZodType<Relocation> = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, 'must be 1 to 128 letters, digits, ".", "_" or "-"'),
  role: z.enum(['source', 'target']),
  phase: z.enum(['absent', 'prepared', 'following', 'switched', 'settled', 'returning', 'returned']),
  workload: z.string().min(1),
  guest: z.strictObject({
    mac,
    oldAddress: address,
    newAddress: address,
    origin: z.enum(['static', 'dhcp']),
  }),
  oldSubnet: z.strictObject({
    subnet: z.string().refine(isSubnet, 'must be an IPv4 subnet'),
    defaultGateway: address,
    defaultGatewayMac: mac,
  }),
  network: z.string(),
  peer: z.strictObject({ site: z.string(), address }),
  sessions: z.array(sessionSchema).max(sessionsMax),
  quarantineUntilSeconds: z.number().nullable(),
});

/** All that is wrong with it, in one line. */
export function schemaProblems(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => `${path.map(String).join('.') || 'it'}: ${message}`)
    .join('; ');
}
