/** One question that a program in this folder answers with numbers. Timing is shown; no test depends on it. */
export interface Bench {
  readonly description: string;
  /** Parts that can be asked for alone; none named: all of them. */
  readonly parts?: readonly string[];
  run(parts: readonly string[]): Promise<BenchResult>;
}

export interface BenchResult {
  /** For `--json`: one object. */
  readonly result: object;
  /** For people: at most 80 columns. */
  readonly text: string;
}
