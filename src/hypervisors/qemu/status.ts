import { z } from 'zod';
import type { GuestState, TransferProgress } from '../../site/site.ts';

/** QEMU's answers in our words (qapi/migration.json, qapi/run-state.json of 7.2). Pure. */

const counter = z.number().nonnegative();

/** Only what is read; QEMU's milliseconds and pages are turned into ours below. */
export const migrationInfoSchema = z.object({
  status: z.string().optional(),
  'total-time': counter.optional(),
  downtime: counter.optional(),
  'setup-time': counter.optional(),
  'error-desc': z.string().optional(),
  'cpu-throttle-percentage': counter.optional(),
  ram: z
    .object({
      transferred: counter,
      remaining: counter,
      total: counter,
      duplicate: counter,
      normal: counter,
      'dirty-pages-rate': counter,
      mbps: z.number(),
      'dirty-sync-count': counter,
      'postcopy-requests': counter,
      'page-size': counter,
    })
    .optional(),
  'socket-address': z
    .array(z.object({ type: z.string(), host: z.string().optional(), port: z.string().optional() }))
    .optional(),
});
export type MigrationInfo = z.infer<typeof migrationInfoSchema>;

export const runStateSchema = z.object({ running: z.boolean(), status: z.string() });

/** What the driver knows of one QEMU process without asking: from its record, its answers, and every event since. */
export interface GuestModel {
  /** `incoming` until its guest has run here for the first time. */
  readonly role: 'home' | 'incoming';
  readonly isAlive: boolean;
  readonly executes: boolean;
  /** QEMU's MigrationStatus of the last migration in which this process took part. */
  readonly migration: { readonly direction: 'in' | 'out'; readonly status: string } | null;
}

/**
 *   role       process   executes   migration               state
 *   any        dead      —          —                       home: stopped · incoming: failed (its stream was lost)
 *   any        alive     yes        any                     running
 *   incoming   alive     no         completed, post-copy    loaded
 *   incoming   alive     no         anything else           incoming
 *   home       alive     no         out, completed          sent
 *   home       alive     no         anything else           paused
 */
export function stateOf({ role, isAlive, executes, migration }: GuestModel): GuestState['state'] {
  if (!isAlive) return role === 'home' ? 'stopped' : 'failed';
  if (executes) return 'running';
  if (role === 'incoming') {
    const status = migration === null ? null : transferStatus(migration.status, executes);
    return status === 'completed' || status === 'post-copy' ? 'loaded' : 'incoming';
  }
  return migration?.direction === 'out' && migration.status === 'completed' ? 'sent' : 'paused';
}

/** Null where no migration has taken place or the status is one of a state without a transfer. */
export function transferStatus(status: string, executes: boolean): TransferProgress['status'] | null {
  switch (status) {
    case 'setup':
    case 'wait-unplug':
      return 'setup';
    case 'active':
    case 'cancelling':
      return executes ? 'active' : 'switchover';
    case 'pre-switchover':
    case 'device':
      return 'switchover';
    case 'postcopy-active':
    case 'postcopy-paused':
    case 'postcopy-recover':
      return 'post-copy';
    case 'completed':
    case 'failed':
    case 'cancelled':
      return status;
    default:
      return null;
  }
}

export interface TransferMoments {
  readonly stoppedAtSeconds: number | null;
  readonly resumedAtSeconds: number | null;
}

/** What QEMU does not say, or forgets on cancel and failure, is what was seen last: `before`. */
export function progressOf(
  info: MigrationInfo,
  {
    model,
    moments,
    before,
  }: {
    readonly model: GuestModel;
    readonly moments: TransferMoments;
    readonly before: TransferProgress | null;
  },
): TransferProgress | null {
  if (model.migration === null) return null;
  // At the target `executes` says nothing of the stream.
  const executes = model.migration.direction === 'in' || model.executes;
  const status = transferStatus(model.migration.status, executes);
  if (status === null) return null;
  const throttle = info['cpu-throttle-percentage'];
  return {
    ...(info.ram === undefined ? (before ?? noFigures) : figuresOf(info.ram)),
    status,
    elapsedSeconds: milliseconds(info['total-time']) ?? before?.elapsedSeconds ?? 0,
    throttleRatio: throttle === undefined ? (before?.throttleRatio ?? 0) : throttle / 100,
    downtimeSeconds: milliseconds(info.downtime) ?? before?.downtimeSeconds ?? null,
    setupSeconds: milliseconds(info['setup-time']) ?? before?.setupSeconds ?? null,
    ...moments,
    error: errorOf(status, model.migration.status, info['error-desc']),
  };
}

const noFigures = {
  transferredBytes: 0,
  remainingBytes: 0,
  totalBytes: 0,
  bytesPerSecond: 0,
  dirtyBytesPerSecond: 0,
  passes: 0,
  normalPages: 0,
  zeroPages: 0,
  postcopyRequests: 0,
};

const figuresOf = (ram: NonNullable<MigrationInfo['ram']>): typeof noFigures => ({
  transferredBytes: ram.transferred,
  remainingBytes: ram.remaining,
  totalBytes: ram.total,
  bytesPerSecond: (ram.mbps * 1e6) / 8,
  dirtyBytesPerSecond: ram['dirty-pages-rate'] * ram['page-size'],
  passes: ram['dirty-sync-count'],
  normalPages: ram.normal,
  zeroPages: ram.duplicate,
  postcopyRequests: ram['postcopy-requests'],
});

const milliseconds = (value: number | undefined): number | null =>
  value === undefined ? null : value / 1000;

function errorOf(
  status: TransferProgress['status'],
  qemuStatus: string,
  description: string | undefined,
): string | null {
  if (qemuStatus === 'postcopy-paused')
    return 'the post-copy stream is broken: the target waits for missing pages';
  if (status !== 'failed' && status !== 'cancelled') return null;
  return description ?? (status === 'cancelled' ? 'cancelled' : 'the stream was lost');
}
