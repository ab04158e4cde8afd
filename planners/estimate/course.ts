import type { Conditions } from './conditions.ts';
import type { FirstPass } from './first-pass.ts';
import type { Parameters, Regime } from './model.ts';
import type { Sending } from './sending.ts';

/** What all courses of one live move have in common. */
export interface Live {
  readonly conditions: Conditions;
  readonly sending: Sending;
  readonly first: FirstPass;
  readonly parameters: Parameters;
  readonly setupSeconds: number;
  /** Disks that cross before the memory; null: their writes fill the path. */
  readonly mirror: { readonly seconds: number; readonly bytes: number } | null;
  /** From the target's start until clients reach it. */
  readonly findSeconds: number;
}

/** How a move is expected to go, on one dirty curve and before any range is put around it. */
export interface Course {
  readonly converges: boolean;
  /** How clearly: above 1 it converges. */
  readonly margin: number;
  readonly totalSeconds: number;
  readonly downtimeSeconds: number;
  readonly pauseSeconds: number;
  readonly stallSeconds: number;
  readonly transferredBytes: number;
  readonly passes: number;
  readonly throttled: number;
}

/** The courses that what is known allows, with their weights, and what they have in common. */
export interface Outlook {
  readonly regime: Regime;
  readonly sending: Sending;
  readonly courses: readonly { readonly course: Course; readonly weight: number }[];
}
