import { formatBytes, formatBytesPerSecond, formatSeconds } from '../../topology/units.ts';
import { isStopped } from './conditions.ts';
import type { Quantiles } from './estimate.ts';
import type { Model } from './model.ts';
import type { EstimateInput } from './observation.ts';
import { type QuickEstimate, quickEstimate } from './quick.ts';
import { rounded, roundedRange } from './ranges.ts';

/** What a move shall keep to, with nine chances in ten; null: the less the better. */
export interface Wish {
  readonly pauseSeconds: number | null;
  readonly totalSeconds: number | null;
}

/** Better settings for one move, as parts of an input: only what changes. */
export interface Proposal {
  readonly settings: Readonly<NonNullable<EstimateInput['settings']>>;
  /** Of the sending host: socket buffer and congestion control. */
  readonly link: Readonly<Pick<EstimateInput['link'], 'sendBufferBytes' | 'congestionControl'>>;
  readonly keepsTheWish: boolean;
  readonly completesProbability: number;
  readonly totalSeconds: Quantiles | null;
  readonly pauseSeconds: Quantiles | null;
  /** Expected (P50) with the present settings less expected with these; null where one of them never ends. */
  readonly gain: { readonly totalSeconds: number | null; readonly pauseSeconds: number | null };
  readonly why: readonly string[];
}

type Settings = NonNullable<EstimateInput['settings']>;

interface Change {
  readonly settings: Settings;
  readonly link: Proposal['link'];
}

/**
 * Looks through the settings that shorten a pause or a move, all together, and answers the best; null: nothing found
 * is better than the present ones. Methods that send no memory have nothing to tune.
 */
export function tune(input: EstimateInput, wish: Wish, model: Model): Proposal | null {
  if (isStopped(input.method)) return null;
  const present = quickEstimate(input, model);
  const bound = wishFor(present, wish);
  const presentCost = costOf(present, { settings: {}, link: {} }, bound);
  const best = leastBelow(offersFor({ input, present, bound, model }), presentCost - worthwhile);
  return best === null ? null : proposalOf(present, best, bound);
}

interface Offer {
  readonly change: Change;
  readonly answer: QuickEstimate;
  readonly cost: number;
}

function* offersFor({
  input,
  present,
  bound,
  model,
}: {
  readonly input: EstimateInput;
  readonly present: QuickEstimate;
  readonly bound: Wish;
  readonly model: Model;
}): Generator<Offer> {
  for (const change of changesFor(input, present, model)) {
    const answer = quickEstimate(changed(input, change), model);
    yield { change, answer, cost: costOf(answer, change, bound) };
  }
}

/** The cheapest, the first of equals; null: none costs less than that. */
export function leastBelow<Each extends { readonly cost: number }>(
  offers: Iterable<Each>,
  most: number,
): Each | null {
  let best: Each | null = null;
  for (const offer of offers) if (offer.cost < (best?.cost ?? most)) best = offer;
  return best;
}

/** A change must improve the cost by so much (ln): five parts in a hundred. */
export const worthwhile = 0.05;
/** Without a wanted time, a smaller pause may lengthen the move by so much. */
const lengthening = 1.25;
const certain = 0.9;

function wishFor({ ranges }: QuickEstimate, wish: Wish): Wish {
  const present = ranges.totalSeconds;
  if (wish.totalSeconds !== null || present === null) return wish;
  return { ...wish, totalSeconds: present.p90 * lengthening };
}

const changed = (input: EstimateInput, { settings, link }: Change): EstimateInput => ({
  ...input,
  link: { ...input.link, ...link },
  settings: { ...input.settings, ...settings },
});

/**
 * Shares of the goodput for the cap: below it the socket runs empty before the last copy, which is then sent at the
 * full rate. Limits from what one look of the stop rule allows to what clients notice.
 */
const capShares = [0.5, 0.65, 0.8, 0.9] as const;
const limitsSeconds = [0.03, 0.1, 0.3, 1] as const;
/** Limits and caps to try, each list beginning with what leaves it as it is. */
export const limitsTried: readonly { readonly downtimeLimitSeconds?: number }[] = [
  {},
  ...limitsSeconds.map((downtimeLimitSeconds) => ({ downtimeLimitSeconds })),
];
export const capsTried = (
  goodputBytesPerSecond: number,
): readonly { readonly maxBandwidthBytesPerSecond?: number }[] => [
  {},
  ...capShares.map((share) => capAt(share * goodputBytesPerSecond)),
];
const streamCounts = [2, 4, 8] as const;
const bufferBytes = [2 ** 18, 2 ** 20, 2 ** 22, 2 ** 24] as const;

function* changesFor(input: EstimateInput, { outlook }: QuickEstimate, model: Model): Generator<Change> {
  const held = outlook.sending.limit === 'window' || outlook.sending.limit === 'loss';
  const modes = [{}, { autoConverge: true }, { postcopyAfterPasses: 1 }];
  for (const path of pathsFor(input, held)) {
    const uncapped = { ...path, settings: { ...path.settings, maxBandwidthBytesPerSecond: null } };
    const { goodput } = quickEstimate(changed(input, uncapped), model).outlook.sending;
    const caps = [...capsTried(goodput.bytesPerSecond), { maxBandwidthBytesPerSecond: null }];
    for (const mode of modes)
      for (const limit of limitsTried)
        for (const cap of caps)
          yield { settings: { ...mode, ...limit, ...cap, ...path.settings }, link: path.link };
  }
}

/** What changes the rate that the path gives: a cap is a share of that, not of what it gave before. */
function* pathsFor(input: EstimateInput, held: boolean): Generator<Change> {
  const streams = held ? [{}, ...streamCounts.map((multifdChannels) => ({ multifdChannels }))] : [{}];
  const buffers = [{}, ...bufferBytes.map((sendBufferBytes) => ({ sendBufferBytes }))];
  const controls = (input.link.loss ?? 0) > 0 ? [{}, { congestionControl: 'bbr' }] : [{}];
  for (const settings of streams)
    for (const buffer of buffers)
      for (const control of controls) yield { settings, link: { ...buffer, ...control } };
}

const capAt = (rate: number): { maxBandwidthBytesPerSecond: number } => ({
  maxBandwidthBytesPerSecond: Number(rate.toPrecision(3)),
});

/** What risk and slowness are worth beside ln of what clients notice (the stall) and of the time, and what a broken wish costs. */
const weights = {
  time: 0.5,
  perChange: 0.02,
  autoConverge: 0.3,
  postCopy: 1.5,
  /** Twice the stall: of four proposals with streams that were measured, three lengthened the pause instead. */
  streams: Math.LN2,
  brokenWish: 10,
  uncertain: 20,
} as const;

function costOf(
  { ranges, completesProbability }: QuickEstimate,
  { settings, link }: Change,
  wish: Wish,
): number {
  const { pauseSeconds, sessionStallSeconds, totalSeconds } = ranges;
  if (pauseSeconds === null || sessionStallSeconds === null || totalSeconds === null) return Infinity;
  const excess = (value: number, most: number | null): number =>
    most === null || value <= most ? 0 : weights.brokenWish * (1 + Math.log(value / most));
  return (
    Math.log(sessionStallSeconds.p50) +
    weights.time * Math.log(totalSeconds.p50) +
    weights.perChange * (Object.keys(settings).length + Object.keys(link).length) +
    (settings.autoConverge === true ? weights.autoConverge : 0) +
    (settings.postcopyAfterPasses === 1 ? weights.postCopy : 0) +
    (settings.multifdChannels === undefined ? 0 : weights.streams) +
    weights.uncertain * Math.max(0, certain - completesProbability) +
    excess(pauseSeconds.p90, wish.pauseSeconds) +
    excess(totalSeconds.p90, wish.totalSeconds)
  );
}

function proposalOf(
  present: QuickEstimate,
  { change, answer }: { change: Change; answer: QuickEstimate },
  wish: Wish,
): Proposal {
  const { totalSeconds, pauseSeconds } = answer.ranges;
  const keeps = (range: Quantiles | null, most: number | null): boolean =>
    range !== null && (most === null || range.p90 <= most);
  return {
    ...change,
    keepsTheWish:
      answer.completesProbability >= certain &&
      keeps(pauseSeconds, wish.pauseSeconds) &&
      keeps(totalSeconds, wish.totalSeconds),
    completesProbability: rounded(answer.completesProbability),
    totalSeconds: roundedRange(totalSeconds),
    pauseSeconds: roundedRange(pauseSeconds),
    gain: {
      totalSeconds: difference(present.ranges.totalSeconds, totalSeconds),
      pauseSeconds: difference(present.ranges.pauseSeconds, pauseSeconds),
    },
    why: whyOf(change, answer),
  };
}

function whyOf({ settings, link }: Change, { outlook, ranges }: QuickEstimate): string[] {
  const { sending } = outlook;
  const sentences = [];
  if (settings.maxBandwidthBytesPerSecond != null && sending.limit === 'cap')
    sentences.push(
      `a cap of ${formatBytesPerSecond(settings.maxBandwidthBytesPerSecond)}, below the path's ${formatBytesPerSecond(sending.goodput.bytesPerSecond)}, empties the socket, and is lifted for the last copy`,
    );
  if (settings.maxBandwidthBytesPerSecond === null) sentences.push('without a cap the path decides');
  if (settings.downtimeLimitSeconds !== undefined)
    sentences.push(
      `the hypervisor spends the downtime limit: ${formatSeconds(settings.downtimeLimitSeconds)} of it`,
    );
  if (link.sendBufferBytes !== undefined)
    sentences.push(`a socket buffer of ${formatBytes(link.sendBufferBytes)} holds the pause's backlog`);
  if (settings.multifdChannels !== undefined)
    sentences.push(`${settings.multifdChannels} streams have as many windows`);
  if (link.congestionControl !== undefined)
    sentences.push(`${link.congestionControl} does not take loss for congestion`);
  if (settings.autoConverge === true) sentences.push('the guest is held back until it converges');
  if (settings.postcopyAfterPasses === 1)
    sentences.push('post-copy ends whatever the guest dirties; a broken link loses it');
  const pause = ranges.pauseSeconds === null ? '' : `, pause ${formatSeconds(ranges.pauseSeconds.p50)}`;
  return [...sentences, `sends ${formatBytesPerSecond(sending.rateBytesPerSecond)}${pause}`];
}

const difference = (before: Quantiles | null, after: Quantiles | null): number | null =>
  before === null || after === null ? null : rounded(before.p50 - after.p50);
