import type { Method } from '../../topology/resolve/topology.ts';
import { cold } from './cold.ts';
import { redirect } from './redirect.ts';
import { routedLive } from './routed-live.ts';
import type { Step } from './step.ts';
import { stretchedLive } from './stretched-live.ts';

/** Which steps each method takes. */
export const stepsOf: Readonly<Record<Method, readonly Step[]>> = {
  'routed-live': routedLive,
  'stretched-live': stretchedLive,
  redirect,
  cold,
};
