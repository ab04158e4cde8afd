/** What is free of one thing over time, as steps; the bandwidth ledger has one for each link. */
export class Profile {
  /** Step `i` reaches from times[i] to times[i + 1], the last without end. */
  #times: number[];
  #free: number[];
  /** Steps before this one have less than the smallest amount anybody asks for. */
  #head = 0;
  #isClear = true;
  readonly #least: number;
  readonly #tolerance: number;
  readonly #start: { readonly times: readonly number[]; readonly free: readonly number[] };

  /** `least`: the smallest amount that will ever be asked for. */
  constructor(
    steps: readonly { readonly atSeconds: number; readonly amount: number }[],
    { least }: { readonly least: number },
  ) {
    this.#start = {
      times: steps.map(({ atSeconds }) => atSeconds),
      free: steps.map(({ amount }) => amount),
    };
    this.#tolerance = 1e-9 * Math.max(1, ...this.#start.free);
    this.#least = least;
    this.#times = [...this.#start.times];
    this.#free = [...this.#start.free];
  }

  clear(): void {
    if (this.#isClear) return;
    this.#isClear = true;
    this.#times = [...this.#start.times];
    this.#free = [...this.#start.free];
    this.#head = 0;
  }

  /** The first instant, not before `from`, from which `amount` is free for `seconds`; Infinity: never. */
  earliest(from: number, seconds: number, amount: number): number {
    const times = this.#times;
    const free = this.#free;
    const needed = amount - this.#tolerance;
    let index = this.#skip(from);
    let start = Math.max(from, times[index]!);
    while (index < times.length) {
      if (free[index]! < needed) {
        index++;
        if (index === times.length) return Number.POSITIVE_INFINITY;
        start = times[index]!;
      } else if (index + 1 === times.length || times[index + 1]! >= start + seconds) return start;
      else index++;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Takes `amount` from `from` to `to`; a negative amount gives back. */
  take(from: number, to: number, amount: number): void {
    if (amount === 0 || to <= from) return;
    this.#isClear = false;
    const first = this.#split(from);
    const last = to === Number.POSITIVE_INFINITY ? this.#times.length : this.#split(to);
    for (let index = first; index < last; index++) this.#free[index]! -= amount;
    if (amount < 0 && first < this.#head) this.#head = first;
    if (last < this.#times.length) this.#join(last);
    this.#join(first);
  }

  /** Makes one of this step and the one before where both have the same: what is given back leaves no trace. */
  #join(index: number): void {
    if (index === 0 || Math.abs(this.#free[index]! - this.#free[index - 1]!) > this.#tolerance) return;
    this.#times.splice(index, 1);
    this.#free.splice(index, 1);
    if (index <= this.#head) this.#head--;
  }

  /** Index of the first step that may have room at or after `from`. */
  #skip(from: number): number {
    const free = this.#free;
    const least = this.#least - this.#tolerance;
    while (this.#head < free.length - 1 && free[this.#head]! < least) this.#head++;
    return Math.max(this.#head, this.#indexOf(from));
  }

  /** The step that holds the instant. */
  #indexOf(at: number): number {
    const times = this.#times;
    let low = 0;
    let high = times.length - 1;
    if (at >= times[high]!) return high;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (times[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Makes a step begin at the instant and answers its index. */
  #split(at: number): number {
    const index = this.#indexOf(at);
    if (this.#times[index] === at) return index;
    if (index === this.#times.length - 1) {
      this.#times.push(at);
      this.#free.push(this.#free[index]!);
    } else {
      this.#times.splice(index + 1, 0, at);
      this.#free.splice(index + 1, 0, this.#free[index]!);
    }
    return index + 1;
  }
}
