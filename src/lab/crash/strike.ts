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
  kill: z.array(z.int().positive()),
  /** Read when it strikes: the process may not have been there before. */
  killByPidFile: z.array(z.string()),
  cut: z.enum(['data', 'control', 'all']).nullable(),
  /** Folder of the lab whose relay cuts. */
  runtime: z.string(),
  /** Written just before: when and where it struck. */
  told: z.string(),
});
export type Strike = Readonly<z.infer<typeof strikeSchema>>;

export const struckSchema = z.strictObject({ atSeconds: z.number(), where: z.string() });
export type Struck = Readonly<z.infer<typeof struckSchema>>;

/** Node's arguments that put the striker into a worker; `program` is how this very package is called. */
export const strikerArguments = (strikeFile: string): readonly string[] => {
  const striker = new URL(import.meta.url.endsWith('.ts') ? 'striker.ts' : 'striker.js', import.meta.url);
  striker.searchParams.set('strike', strikeFile);
  return ['--import', striker.href];
};
