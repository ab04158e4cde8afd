import { z } from 'zod';
import { LonghaulError } from '../../topology/errors.ts';
import { readPlan } from '../../planners/plan/read.ts';
import type { Plan } from '../../planners/plan/plan.ts';
import type { Consent, RunService } from '../runs/service.ts';
import type { RunRequest } from '../runs/store/records.ts';

/**
 * The API as a table: server and client are made from the same rows. `:name` in a path is a field of the arguments;
 * the others travel as a JSON body, with GET in the query.
 */
export interface Route<A, R> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly schema: z.ZodType<A>;
  readonly call: (service: RunService, args: A) => Promise<R>;
}

/** The arguments' type comes from `call`; the schema must answer it. */
const route = <A, R>(
  row: Omit<Route<A, R>, 'schema'> & { readonly schema: z.ZodType<NoInfer<A>> },
): Route<A, R> => row;

const id = z.string().regex(/^[\w.-]{1,128}$/, 'is no id of a run');
const byId = z.strictObject({ id });
interface ById {
  readonly id: string;
}

const consent = z.strictObject({ yes: z.boolean(), approvedBy: z.array(z.string().min(1)).max(100) });
/** Whole and unchanged, else its hash does not fit. */
const plan = z.unknown().transform((value, context): Plan => {
  try {
    return readPlan(JSON.stringify(value), 'plan');
  } catch (error) {
    if (!(error instanceof LonghaulError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
});

export const routes = {
  runs: route({
    method: 'GET',
    path: '/api/runs',
    schema: z.strictObject({}),
    call: async (service, _: object) => await service.runs(),
  }),
  start: route({
    method: 'POST',
    path: '/api/runs',
    schema: z.strictObject({ plan, consent }),
    call: async (service, args: { readonly plan: Plan; readonly consent: Consent }) =>
      await service.start(args.plan, args.consent),
  }),
  show: route({
    method: 'GET',
    path: '/api/runs/:id',
    schema: byId,
    call: async (service, args: ById) => await service.show(args.id),
  }),
  plan: route({
    method: 'GET',
    path: '/api/runs/:id/plan',
    schema: byId,
    call: async (service, args: ById) => await service.plan(args.id),
  }),
  journal: route({
    method: 'GET',
    path: '/api/runs/:id/journal',
    schema: z.strictObject({ id, after: z.coerce.number().int().nonnegative().default(0) }),
    call: async (service, args: ById & { readonly after: number }) =>
      await service.journal(args.id, args.after),
  }),
  resume: route({
    method: 'POST',
    path: '/api/runs/:id/resume',
    schema: byId,
    call: async (service, args: ById) => await service.resume(args.id),
  }),
  request: route({
    method: 'POST',
    path: '/api/runs/:id/request',
    schema: z.strictObject({ id, request: z.enum(['cancel', 'rollback', 'rollback-target-down']) }),
    call: async (service, args: ById & { readonly request: Exclude<RunRequest, 'none'> }) =>
      await service.request(args.id, args.request),
  }),
};

/** Not in the table: it answers a stream of server-sent events (WHATWG HTML, 9.2). */
export const eventsPath = '/api/runs/:id/events';
