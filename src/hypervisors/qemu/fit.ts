import { LonghaulError } from '../../../topology/errors.ts';
import type { TargetSpec, TransferContent, TransferOrder } from '../../site/site.ts';
import type { QemuHost } from './configuration.ts';
import { type GuestDefinition, parseDefinition } from './definition.ts';
import { lostPagesBlockBytes } from './limits.ts';

/** Whether a guest can run on this host, and be sent from it; refused with the reason before anything is started. */

/** The source's definition with this site's networks. */
export function fitDefinition(
  host: QemuHost,
  {
    workload,
    spec,
    memoryBytesFree,
  }: { readonly workload: string; readonly spec: TargetSpec; readonly memoryBytesFree: number },
): GuestDefinition {
  refuseDisksOnly(workload, spec.content);
  const source = parseDefinition(spec.definition, `definition of '${workload}'`);
  if (source.workload !== workload) throw unfit(workload, `the definition is of '${source.workload}'`);
  const networkOf = ({ mac, network }: GuestDefinition['nics'][number]): string =>
    spec.nics.find((nic) => nic.mac === mac)?.network ?? network;
  const nics = source.nics.map((nic) => ({ ...nic, network: networkOf(nic) }));
  for (const { network } of nics) bridgeOf(host, workload, network);
  if (memoryBytesFree < source.memoryBytes)
    throw unfit(
      workload,
      `host '${host.name}' has ${memoryBytesFree} bytes of memory left for guests; it needs ${source.memoryBytes}`,
    );
  return { ...source, nics };
}

export function bridgeOf(host: QemuHost, workload: string, network: string): string {
  const bridge = host.networks[network]?.bridge;
  if (bridge !== undefined) return bridge;
  const known = Object.keys(host.networks).join(', ') || 'none';
  throw unfit(workload, `host '${host.name}' has no network '${network}'; it has ${known}`);
}

export function refuseUnfitOrder(
  host: QemuHost,
  { workload, memoryBytes }: GuestDefinition,
  { uri, content }: TransferOrder,
): void {
  refuseDisksOnly(workload, content);
  // Never `exec:` or `fd:`: what comes from outside names no command.
  if (!/^tcp:\d{1,3}(\.\d{1,3}){3}:\d{1,5}$/.test(uri))
    throw unfit(workload, `'${uri}' is not of the form tcp:ADDRESS:PORT`);
  if (host.accelerator === 'tcg' && memoryBytes % lostPagesBlockBytes === 0)
    throw unfit(
      workload,
      `without KVM, QEMU loses written pages of a memory that is a multiple of 256 KiB; give it ${memoryBytes + 8192} bytes`,
    );
}

function refuseDisksOnly(workload: string, content: TransferContent): void {
  if (content === 'disks')
    throw unfit(workload, 'the QEMU driver does not copy the disks of a stopped guest');
}

const unfit = (workload: string, why: string): LonghaulError =>
  new LonghaulError('LH_GUEST_UNFIT', [workload, why]);
