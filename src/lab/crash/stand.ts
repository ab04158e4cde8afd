import { createLock } from '../../../gateway/lock.ts';
import { createLayout } from '../layout.ts';
import { bringUp, type LabOptions } from '../up.ts';
import type { LabWorld } from '../world.ts';
import type { CrashLab } from './guest-run.ts';

/** Brings the lab up, or finds it standing. `folder` keeps what each crash leaves for people to read. */
export async function standUp(
  world: LabWorld,
  options: LabOptions,
  folder: string,
): Promise<CrashLab & { readonly options: LabOptions }> {
  const state = await bringUp(world, options);
  const quiet = { ...world, say: () => undefined };
  const repairs = createLock();
  const repair = async (): Promise<void> =>
    await repairs.run(async () => {
      await bringUp(quiet, options);
    });
  return { world, layout: createLayout(options.prefix, options.shape), state, options, folder, repair };
}
