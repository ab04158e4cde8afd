import { z } from 'zod';
import { LonghaulError } from '../../../topology/errors.ts';
import { workloadName } from '../../site/schemas.ts';

/**
 * A guest as the QEMU driver defines it: one JSON file a guest in the agent's definition directory, and what `define`
 * hands to the target. It names files, networks and storages; each host knows its own folders and bridges for them, so
 * nothing in a definition that came from another site is a path.
 */
const fileName = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'must be the name of a file, without a folder');
/** QEMU's option lists are separated by commas; no value of ours may hold one. */
const plainWord = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}$/, 'must be a word of letters, digits, dot, plus and dash');

export const definitionSchema = z.strictObject({
  format: z.literal('longhaul-guest/1'),
  workload: workloadName,
  /** The guest's own identity; the target refuses a stream of another one. */
  uuid: z.uuid(),
  /** A multiple of 4 KiB. */
  memoryBytes: z.int().positive().multipleOf(4096, 'must be a multiple of 4096'),
  vcpus: z.int().min(1).max(255),
  cpuModel: plainWord,
  /** Versioned, so that both ends build the same machine: 'pc-q35-7.2', not 'q35'. */
  machineType: plainWord,
  /** Boots this kernel; null: from the first disk. */
  kernel: z
    .strictObject({ image: fileName, initramfs: fileName.nullable(), commandLine: z.string().max(4096) })
    .nullable(),
  disks: z
    .array(
      z.strictObject({
        name: plainWord,
        /** A storage that the host knows by this name; shared when the target's host knows it too. */
        storage: plainWord,
        file: fileName,
        format: z.enum(['qcow2', 'raw']),
      }),
    )
    .max(64),
  nics: z
    .array(
      z.strictObject({
        mac: z
          .string()
          .regex(
            /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/,
            'must be a MAC address; write for example "52:54:00:00:00:01"',
          ),
        network: z.string().min(1),
      }),
    )
    .max(16),
  /** Where the guest's own counter shows: the last line `PREFIX n` of its serial log. */
  heartbeat: z.strictObject({ kind: z.literal('serial'), prefix: plainWord }).nullable(),
  /** Started whenever its agent starts and finds it stopped, unless it is leaving or has left. */
  autostart: z.boolean(),
});

export type GuestDefinition = Readonly<z.infer<typeof definitionSchema>>;

/** Refused as a whole with every problem, named by where it came from. */
export function parseDefinition(value: unknown, origin: string): GuestDefinition {
  const parsed = definitionSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LonghaulError('LH_INPUT_INVALID', [`${origin}: ${z.prettifyError(parsed.error)}`]);
}
