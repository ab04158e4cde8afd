import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

/** What breaks in the middle of a run, and when: written by the lab, carried out inside the worker by striker.ts. */
export const strikeSchema = z.strictObject({
  step: z.string(),
  /**
   * begun: the journal has the step's beginning, nothing is done yet. inside: one of its calls is under way. committed:
   * the journal has the point of no return, the target is not resumed yet. unnoted: all is done, the journal does not
   * say so yet; also where a step ends without the call at which it was to be struck.
   */
  moment: z.enum(['begun', 'inside', 'committed', 'unnoted']),
  /** Inside: at which of the step's calls, counted among those of its kind to agents of these addresses. */
  call: z.strictObject({
    addresses: z.array(z.string()),
    kind: z.enum(['look', 'change']),
    count: z.int().positive(),
  }),
  /** From the call's departure to the strike. */
  delaySeconds: z.number().nonnegative(),
  /** The worker itself. */
  isSuicide: z.boolean(),
  /** Processes of the lab, by name; found when it strikes, as they may have been started anew. */
  kill: z.array(z.string()),
  killByPidFile: z.array(z.string()),
  cut: z.enum(['data', 'control', 'all']).nullable(),
  /** Folder of the lab: its state, its relay. */
  runtime: z.string(),
  /** Written just before: when and where it struck. */
  told: z.string(),
});
export type Strike = Readonly<z.infer<typeof strikeSchema>>;

export const struckSchema = z.strictObject({ atSeconds: z.number(), where: z.string() });
export type Struck = Readonly<z.infer<typeof struckSchema>>;

/** Node's arguments that put the striker into a worker; `main` is the file with which the product begins. */
export function strikerArguments(main: string, strikeFile: string): readonly string[] {
  const file = path.resolve(path.dirname(main), `../lab/crash/striker${path.extname(main)}`);
  const striker = pathToFileURL(file);
  striker.searchParams.set('strike', strikeFile);
  return ['--import', striker.href];
}
