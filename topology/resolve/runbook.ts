/** The resolved runbook: what is wanted, within which limits. */
export interface Runbook {
  readonly format: 'longhaul-runbook/1';
  readonly name: string;
  readonly goal: Goal;
  /** Unix seconds; null: start when told to. */
  readonly startSeconds: number | null;
  readonly deadlineSeconds: number | null;
  /** Probability with which the whole fleet is to be done by the deadline. */
  readonly confidence: number;
  readonly limits: Limits;
  readonly weights: Weights;
  readonly approvals: readonly string[];
  readonly changeTicket: string | null;
  readonly freezes: readonly {
    readonly name: string;
    readonly fromSeconds: number;
    readonly toSeconds: number;
  }[];
}

export type Goal =
  | { readonly kind: 'evacuate'; readonly from: string; readonly to: readonly string[] }
  | {
      readonly kind: 'drain-host';
      readonly site: string;
      readonly host: string;
      readonly to: readonly string[];
    }
  | { readonly kind: 'move'; readonly workloads: readonly string[]; readonly to: string }
  | {
      readonly kind: 'follow-the-sun';
      readonly workloads: readonly string[];
      readonly schedule: readonly { readonly site: string; readonly fromSecondOfDay: number }[];
      readonly benefitPerHour: number;
      readonly cooldownSeconds: number;
    }
  | {
      readonly kind: 'burst';
      readonly workloads: readonly string[];
      readonly to: string;
      readonly load: number;
      readonly loadMax: number;
      readonly loadMin: number;
    }
  | { readonly kind: 'rebalance'; readonly sites: readonly string[]; readonly aim: 'level' | 'power-off' }
  | { readonly kind: 'place'; readonly workloads: readonly string[] };

export interface Limits {
  readonly downtimeSecondsMax: number | null;
  readonly movesMax: number;
  readonly linkShareMax: number;
  readonly costMax: number | null;
}

/** Price of one unit of each, in the runbook's own currency; presets in planners/choose/presets.ts. */
export interface Weights {
  readonly downtimeSecond: number;
  readonly sessionLost: number;
  readonly moveSecond: number;
  readonly gibibyte: number;
  readonly tromboneGibibytePerDay: number;
  readonly risk: number;
}
