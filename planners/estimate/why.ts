import {
  formatBitsPerSecond,
  formatBytes,
  formatBytesPerSecond,
  formatSeconds,
} from '../../topology/units.ts';
import { isStopped, type Conditions } from './conditions.ts';
import type { Course, Outlook } from './course.ts';
import type { EstimateInput } from './observation.ts';
import type { QuickEstimate } from './quick.ts';
import { medianCourse } from './ranges.ts';
import type { Sending } from './sending.ts';

/** What made the answer, in sentences for an operator: the rate, the verdict, the pause, and what was not told. */
export function whyOf(
  { verdict, conditions, outlook, ranges }: QuickEstimate,
  input: EstimateInput,
): string[] {
  const course = medianCourse(outlook);
  return [
    rateSentence(outlook.sending, conditions),
    ...(isStopped(input.method) ? [] : [verdictSentence({ verdict, conditions, outlook, course })]),
    ...(isStopped(input.method) || ranges.pauseSeconds === null ? [] : [pauseSentence(outlook, course)]),
    ...missingSentence(conditions),
  ];
}

function rateSentence(
  { rateBytesPerSecond, limit, goodput }: Sending,
  { path, transfer }: Conditions,
): string {
  const rate = formatBytesPerSecond(rateBytesPerSecond);
  switch (limit) {
    case 'link':
      return `it sends ${rate}: what ${formatBitsPerSecond(path.bitsPerSecond)} leave after headers`;
    case 'window':
      return `it sends ${rate}: the socket buffers (${formatBytes(path.sendBufferBytes)}) allow no more at a round trip of ${formatSeconds(path.rttSeconds)}`;
    case 'loss':
      return `it sends ${rate}: a loss of ${path.loss} holds ${path.congestionControl} below the link's ${formatBytesPerSecond(goodput.lineBytesPerSecond)}`;
    case 'cap':
      return `it sends ${rate}: the cap of ${formatBytesPerSecond(transfer.capBytesPerSecond ?? 0)}, below the path's ${formatBytesPerSecond(goodput.bytesPerSecond)}`;
    case 'processor':
      return `it sends ${rate}: the source's cores compress no more`;
  }
}

interface Decided {
  readonly verdict: QuickEstimate['verdict'];
  readonly conditions: Conditions;
  readonly outlook: Outlook;
  readonly course: Course;
}

function verdictSentence({ verdict, conditions, outlook, course }: Decided): string {
  const { transfer, disks } = conditions;
  if (transfer.postcopyAfterPasses !== null && course.margin === Infinity && verdict === 'completes')
    return 'post-copy ends whatever the guest dirties';
  if (verdict === 'not-in-time')
    return `it would end after ${formatSeconds(course.totalSeconds)}, and is cancelled after ${formatSeconds(transfer.timeoutSeconds)}`;
  if (verdict === 'does-not-converge' && course.margin === 0 && disks.bytes > 0)
    return `the guest writes ${formatBytesPerSecond(disks.writeBytesPerSecond)} to its disks, and the path carries no more`;
  const room = formatBytes(outlook.sending.rateBytesPerSecond * transfer.downtimeLimitSeconds);
  const held = course.throttled > 0 ? `, held back by ${(course.throttled * 100).toFixed(0)} %` : '';
  const limit = `a downtime limit of ${formatSeconds(transfer.downtimeLimitSeconds)} allows ${room} to be left`;
  return verdict === 'completes'
    ? `${limit}, and the guest${held} leaves that little${course.margin < clearMargin ? ', but only just' : ''}`
    : `${limit}, and the guest${held} dirties more than that again while it is sent`;
}

/** Below this the verdict may well be wrong. */
const clearMargin = 2;

function pauseSentence({ sending }: Outlook, course: Course): string {
  const delivery =
    sending.limit === 'cap'
      ? 'an empty socket'
      : `${formatSeconds(sending.goodput.deliverySeconds)} in the socket and on the way`;
  return `the pause is ${formatSeconds(course.downtimeSeconds)} for what is left, ${delivery}, and the start`;
}

function missingSentence({ doubt }: Conditions): string[] {
  return doubt.missing.length === 0 ? [] : [`not told, so the range is wider: ${doubt.missing.join(', ')}`];
}
