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
  readonly weights: WeightsChoice;
  /** People whose approval a run waits for. */
  readonly approvals: readonly string[];
  readonly changeTicket: string | null;
  readonly freezes: readonly Freeze[];
}

/** Nothing starts, and nothing may still run, between these two instants. */
export interface Freeze {
  readonly name: string;
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** Empty: every workload. */
  readonly workloads: readonly string[];
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
      /** Worth of an hour of one workload at its scheduled site, in the topology's currency. */
      readonly benefitPerHour: number;
      readonly cooldownSeconds: number;
    }
  | {
      readonly kind: 'burst';
      readonly workloads: readonly string[];
      readonly to: string;
      /** Share of their capacity that is in use now, and above and below which clones are added and taken back. */
      readonly load: number;
      readonly loadMax: number;
      readonly loadMin: number;
      /** Of each workload, at once. */
      readonly clonesMax: number;
    }
  | { readonly kind: 'rebalance'; readonly sites: readonly string[]; readonly aim: 'level' | 'power-off' }
  /** `count` new ones of each of these, at one of the sites. */
  | {
      readonly kind: 'place';
      readonly workloads: readonly string[];
      readonly count: number;
      readonly sites: readonly string[];
    };

export interface Limits {
  readonly downtimeSecondsMax: number | null;
  readonly movesMax: number;
  readonly linkShareMax: number;
  readonly costMax: number | null;
  /** Probability of losing a workload to a link outage during post-copy. */
  readonly postCopyRiskMax: number;
  /** Old sessions are followed through the tunnel for so long, then reset. */
  readonly drainSecondsMax: number;
}

export type WeightsPreset = 'keep-sessions' | 'fastest' | 'cheapest' | 'safest';

/** A preset by name (its numbers are in planners/choose/presets.ts), and the weights that replace its own. */
export interface WeightsChoice {
  readonly preset: WeightsPreset;
  readonly changed: Partial<Weights>;
}

/** Price of one unit of each, in the topology's currency. */
export interface Weights {
  readonly downtimeSecond: number;
  readonly sessionLost: number;
  readonly moveSecond: number;
  readonly gibibyte: number;
  readonly tromboneGibibytePerDay: number;
  readonly risk: number;
}
