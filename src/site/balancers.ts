import type { BalancerChange, BalancerStatus } from '../../gateway/balancer/change.ts';
import type { BalancerDriver } from '../../gateway/balancer/driver.ts';

/** Every balancer of the site that has the pool; every one is tried, and one that fails is named in the answer. */
export async function changeBalancers(
  drivers: readonly BalancerDriver[],
  change: BalancerChange,
  ask: (driver: BalancerDriver) => Promise<BalancerStatus>,
): Promise<BalancerStatus> {
  const having = drivers.filter(({ pools }) => pools.includes(change.pool));
  const answers = await Promise.all(
    having.map(async (driver): Promise<BalancerStatus> => {
      try {
        return await ask(driver);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        return { converged: false, members: [], error: `${driver.name}: ${why}` };
      }
    }),
  );
  const errors = answers.flatMap(({ error }) => (error === null ? [] : [error]));
  return {
    converged: answers.every(({ converged }) => converged),
    members: answers.flatMap(({ members }) => members),
    error: errors.length === 0 ? null : errors.join('; '),
  };
}
