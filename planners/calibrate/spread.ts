import { type Quantity, quantities, type Regime, regimes, type Spread } from '../estimate/model.ts';

/** Where one measured move lay: ln(measured ÷ P10) and ln(measured ÷ P90) of a range without spread of its own. */
export interface Offset {
  readonly regime: Regime;
  readonly above: Readonly<Partial<Record<Quantity, { readonly low: number; readonly high: number }>>>;
}

export type Spreads = Readonly<Record<Regime, Readonly<Record<Quantity, Spread>>>>;

/** Moves of other regimes count together as so many of the regime's own: a regime seen twice borrows from the rest. */
const borrowedMoves = 6;
/** Share of held-out moves left beyond each end: less than a tenth, as a few dozen moves show too little of the tails. */
const beyond = 0.07;
/** Without any measurement: half and double. */
const unknownSpread: Spread = { low: 0.5, high: 2 };

/** The factors that put a tenth of the moves below P10 and a tenth above P90, regime by regime. */
export function spreadsOf(offsets: readonly Offset[]): Spreads {
  return record(regimes, (regime) => record(quantities, (quantity) => spreadOf(offsets, regime, quantity)));
}

export const noSpreads: Spreads = record(regimes, () =>
  record(quantities, (): Spread => ({ low: 1, high: 1 })),
);

function spreadOf(offsets: readonly Offset[], regime: Regime, quantity: Quantity): Spread {
  const own = offsets.filter((offset) => offset.regime === regime && offset.above[quantity] !== undefined);
  const others = offsets.filter((offset) => offset.regime !== regime && offset.above[quantity] !== undefined);
  if (own.length + others.length === 0) return unknownSpread;
  const weighted = (end: 'low' | 'high'): Weighted[] => [
    ...own.map(({ above }) => ({ value: above[quantity]![end], weight: 1 })),
    ...others.map(({ above }) => ({ value: above[quantity]![end], weight: borrowedMoves / others.length })),
  ];
  return {
    low: Math.exp(Math.min(0, weightedQuantile(weighted('low'), beyond))),
    high: Math.exp(Math.max(0, weightedQuantile(weighted('high'), 1 - beyond))),
  };
}

export interface Weighted {
  readonly value: number;
  readonly weight: number;
}

/** Between the two values next to the wanted share, in proportion. */
export function weightedQuantile(values: readonly Weighted[], share: number): number {
  const sorted = [...values].sort((a, b) => a.value - b.value);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  let below = 0;
  let previous: { value: number; at: number } | null = null;
  for (const { value, weight } of sorted) {
    const at = (below + weight / 2) / total;
    if (at >= share) {
      if (previous === null) return value;
      return previous.value + ((value - previous.value) * (share - previous.at)) / (at - previous.at);
    }
    previous = { value, at };
    below += weight;
  }
  return sorted.at(-1)?.value ?? 0;
}

function record<Key extends string, Value>(
  keys: readonly Key[],
  of: (key: Key) => Value,
): Record<Key, Value> {
  return Object.fromEntries(keys.map((key) => [key, of(key)])) as Record<Key, Value>;
}
