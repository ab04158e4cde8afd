import type { Conditions } from './conditions.ts';
import { rampSeconds, slowStartSeconds } from './first-pass.ts';
import { rateWindowSeconds } from './limits.ts';
import type { Parameters } from './model.ts';
import type { Sending } from './sending.ts';

/**
 * QEMU's `downtime`: from the stop of the guest until the source has written its last byte into the socket. The cap
 * is lifted for it; a capped sender has an empty socket, which takes the first bytes at once.
 */
export function writtenSeconds(restBytes: number, sending: Sending): number {
  const room = isCapped(sending) ? sending.goodput.socketBytes : 0;
  const left = Math.max(0, restBytes - room);
  return stopSeconds + left / sending.finalBytesPerSecond;
}

/**
 * The true pause, source stopped to target running: the rest, its way through socket and path, the target's
 * device load. A gated start waits for the word of the target's agent: one control round trip.
 */
export function landingSeconds(
  restBytes: number,
  conditions: PathAndTransfer,
  live: SendingAndModel,
): number {
  const { sending } = live;
  const delivery = isCapped(sending)
    ? Math.min(conditions.path.rttSeconds / 2 + burstSeconds(sending), sending.goodput.deliverySeconds)
    : sending.goodput.deliverySeconds;
  return landed({ crossing: restSeconds(restBytes, sending), delivery }, conditions, live);
}

/**
 * The same for post-copy at once: the stream has just begun, so all up to the device state crosses with a window of ten
 * segments that doubles, where a long stream has its backlog.
 */
export function coldLandingSeconds(conditions: PathAndTransfer, live: SendingAndModel): number {
  const { goodput, finalBytesPerSecond } = live.sending;
  const crossing = slowStartSeconds(live.parameters.headBytes, goodput, finalBytesPerSecond);
  return landed({ crossing, delivery: conditions.path.rttSeconds / 2 }, conditions, live);
}

const landed = (
  { crossing, delivery }: Readonly<Record<'crossing' | 'delivery', number>>,
  { path, transfer }: PathAndTransfer,
  { parameters }: SendingAndModel,
): number =>
  stopSeconds + crossing + delivery + (transfer.gatedStart ? path.rttSeconds : 0) + parameters.loadSeconds;

type PathAndTransfer = Pick<Conditions, 'path' | 'transfer'>;
interface SendingAndModel {
  readonly sending: Sending;
  readonly parameters: Parameters;
}

/** A capped sender puts a window's ration into its socket at once: half of it, on average, is still there at the stop. */
const burstSeconds = ({ rateBytesPerSecond, finalBytesPerSecond }: Sending): number =>
  (rateWindowSeconds / 2) * (rateBytesPerSecond / finalBytesPerSecond);

/** The window of a capped sender holds what the cap let through; without the cap it doubles once a round trip. */
const restSeconds = (bytes: number, { rateBytesPerSecond, finalBytesPerSecond, goodput }: Sending): number =>
  rampSeconds(bytes, {
    initialRate: rateBytesPerSecond,
    doublingSeconds: goodput.roundTripSeconds,
    rate: finalBytesPerSecond,
  });

/** Stopping the vCPUs and saving the devices, without any memory left: the least QMP reports. */
const stopSeconds = 0.006;

/** Below this share of the goodput the socket runs empty between two windows of the cap. */
const cappedShare = 0.98;

const isCapped = ({ rateBytesPerSecond, finalBytesPerSecond }: Sending): boolean =>
  rateBytesPerSecond < finalBytesPerSecond * cappedShare;
