import type { RunState } from './store/records.ts';

/**
 * A run from outside. `needs-person` and `failed` are left again when somebody carries the run on.
 *
 *                 started   carried-on   all-moved   stayed   cancelled   person
 *   pending       running   running      -           -        cancelled   needs-person
 *   running       stay      stay         done        failed   cancelled   needs-person
 *   needs-person  stay      running      -           -        -           -
 *   failed        stay      running      -           -        -           -
 *   cancelled     stay      running      -           -        -           -
 *   done          stay      stay         -           -        -           -
 *
 *   `-` cannot happen: only a conductor ends a run, and it has made it `running` before.
 */
export type RunInput = 'started' | 'carried-on' | 'all-moved' | 'stayed' | 'cancelled' | 'person';

const impossible = null;

const table: Readonly<Record<RunState, Readonly<Record<RunInput, RunState | null>>>> = {
  pending: {
    started: 'running',
    'carried-on': 'running',
    'all-moved': impossible,
    stayed: impossible,
    cancelled: 'cancelled',
    person: 'needs-person',
  },
  running: {
    started: 'running',
    'carried-on': 'running',
    'all-moved': 'done',
    stayed: 'failed',
    cancelled: 'cancelled',
    person: 'needs-person',
  },
  'needs-person': carriedOn('needs-person', 'running'),
  failed: carriedOn('failed', 'running'),
  cancelled: carriedOn('cancelled', 'running'),
  done: carriedOn('done', 'done'),
};

/** Null: the pair cannot happen. */
export function nextRunState(state: RunState, input: RunInput): RunState | null {
  return table[state][input];
}

export const isOver = (state: RunState): boolean => state !== 'pending' && state !== 'running';

function carriedOn(stay: RunState, onward: RunState): Readonly<Record<RunInput, RunState | null>> {
  return {
    started: stay,
    'carried-on': onward,
    'all-moved': impossible,
    stayed: impossible,
    cancelled: impossible,
    person: impossible,
  };
}
