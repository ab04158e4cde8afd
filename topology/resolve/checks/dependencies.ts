import type { Inventory } from '../inventory.ts';

/** What moves before what is an order: no workload waits, in the end, for itself. Each cycle is told once. */
export function checkDependencies({ raw, workloads, report }: Inventory): void {
  const state = new Map<string, 'open' | 'done'>();
  for (const { name } of raw.workloads) {
    const trail: { readonly name: string; next: number }[] = [];
    const enter = (workload: string): void => {
      state.set(workload, 'open');
      trail.push({ name: workload, next: 0 });
    };
    if (!state.has(name)) enter(name);
    for (let step = trail.at(-1); step !== undefined; step = trail.at(-1)) {
      const entry = workloads.get(step.name);
      const at = step.next++;
      const needed = entry?.raw.dependsOn[at];
      if (entry === undefined || needed === undefined) {
        state.set(step.name, 'done');
        trail.pop();
      } else if (state.get(needed) === 'open' && needed !== step.name) {
        const cycle = trail.slice(trail.findIndex((one) => one.name === needed)).map((one) => one.name);
        const wrong = `waits in a circle: ${[...cycle, needed].join(' after ')}`;
        report([...entry.path, 'dependsOn', at], wrong, 'take one of these dependencies out');
      } else if (!state.has(needed)) enter(needed);
    }
  }
}
