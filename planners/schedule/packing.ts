/** Steps into which a link is divided; amounts are rounded down to them, so the answer is never too small. */
const grid = 1024;

/** What is under way on a link at one instant: useful part of it, in all and of each class. */
export interface Packed {
  readonly worth: number;
  readonly useful: Float64Array;
}

/**
 * The best combination of options that fit on a link side by side, each as often as one likes (an unbounded
 * knapsack). An option is worth the useful part of what it takes, times the weight of its class.
 */
export class Packing {
  readonly #capacity: number;
  readonly #classes: number;
  /** Useful part of the link, by class and steps taken. */
  readonly #best: Float64Array;
  /** Of what takes less than a step: useful share, by class. */
  readonly #filler: Float64Array;

  constructor(capacity: number, classes: number) {
    this.#capacity = capacity;
    this.#classes = classes;
    this.#best = new Float64Array(classes * (grid + 1));
    this.#filler = new Float64Array(classes);
  }

  /** An option that takes `amount` of the link, of which the share `useful` is work that had to be done anyway. */
  add({
    amount,
    useful,
    group,
  }: {
    readonly amount: number;
    readonly useful: number;
    readonly group: number;
  }): void {
    if (amount > this.#capacity * (1 + 1e-9)) return;
    const part = amount / this.#capacity;
    const steps = Math.min(grid, Math.floor(part * grid * (1 + 1e-9)));
    if (steps === 0) this.#filler[group] = Math.max(this.#filler[group]!, useful);
    else {
      const at = group * (grid + 1) + steps;
      this.#best[at] = Math.max(this.#best[at]!, part * useful);
    }
  }

  most(weights: Float64Array): Packed {
    const items = this.#items(weights);
    const filler = this.#bestFiller(weights);
    const worth = new Float64Array(grid + 1);
    const last = new Int32Array(grid + 1).fill(-1);
    let end = 0;
    let most = filler.worth;
    for (let used = 1; used <= grid; used++) {
      worth[used] = worth[used - 1]!;
      for (let item = 0; item < items.length; item++) {
        const { steps, value } = items[item]!;
        if (steps > used || worth[used - steps]! + value <= worth[used]!) continue;
        worth[used] = worth[used - steps]! + value;
        last[used] = item;
      }
      const whole = worth[used]! + ((grid - used) / grid) * filler.worth;
      if (whole > most) {
        most = whole;
        end = used;
      }
    }
    const useful = new Float64Array(this.#classes);
    if (filler.group >= 0) useful[filler.group]! += ((grid - end) / grid) * this.#filler[filler.group]!;
    for (let used = end; used > 0; ) {
      const item = last[used]! < 0 ? undefined : items[last[used]!]!;
      if (item !== undefined) useful[item.group]! += item.useful;
      used -= item?.steps ?? 1;
    }
    return { worth: most, useful };
  }

  #items(weights: Float64Array): readonly {
    readonly steps: number;
    readonly value: number;
    readonly useful: number;
    readonly group: number;
  }[] {
    const items = [];
    for (let group = 0; group < this.#classes; group++) {
      for (let steps = 1; steps <= grid; steps++) {
        const useful = this.#best[group * (grid + 1) + steps]!;
        if (useful > 0) items.push({ steps, useful, group, value: useful * weights[group]! });
      }
    }
    return items;
  }

  #bestFiller(weights: Float64Array): { readonly worth: number; readonly group: number } {
    let best = { worth: 0, group: -1 };
    for (let group = 0; group < this.#classes; group++) {
      const worth = this.#filler[group]! * weights[group]!;
      if (worth > best.worth) best = { worth, group };
    }
    return best;
  }
}
