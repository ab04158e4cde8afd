import type { Plan } from '../../../planners/plan/plan.ts';
import { colour } from './output.ts';

/** A heading over its lines; nothing where there are none. */
export function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [colour.bold(title), ...lines].join('\n');
}

/** Those that have something in them, an empty line between. */
export function sections(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n\n');
}

export function verdictText(verdict: Plan['verdict']): string {
  const word = {
    feasible: 'feasible',
    'infeasible-proven': 'infeasible',
    'none-found': 'no full plan found',
  }[verdict];
  return verdict === 'feasible' ? colour.green(word) : colour.red(word);
}
