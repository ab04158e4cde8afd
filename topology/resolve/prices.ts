import type { Path, Report } from '../load/problems.ts';
import type { Money } from '../schema/quantities.ts';

/** The amount (0 where no price is written), once its currency is known to be the topology's: sums over currencies mean nothing. */
export function amountOf(
  price: Money | undefined,
  {
    currency,
    path,
    report,
  }: { readonly currency: string | null; readonly path: Path; readonly report: Report },
): number {
  if (price === undefined) return 0;
  if (currency !== null && price.currency !== currency)
    report(path, `is in ${price.currency}, the topology counts in ${currency}`, `write it in ${currency}`);
  return price.amount;
}
