import { LonghaulError } from '../../topology/errors.ts';
import type { Clock } from '../../topology/world.ts';
import { withDeadline } from '../world/deadline.ts';
import type { Site } from './site.ts';

/**
 * A site none of whose calls can hang: one that has no answer after `seconds` fails as an agent that cannot be reached.
 * Calls that by their nature take long are left to their caller's own deadline.
 */
export function boundSite(site: Site, bound: { readonly clock: Clock; readonly seconds: number }): Site {
  return boundPort(site, { ...bound, site: site.name });
}

function boundPort<T extends object>(
  port: T,
  bound: { readonly clock: Clock; readonly seconds: number; readonly site: string },
): T {
  return new Proxy(port, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (value !== null && typeof value === 'object') return boundPort(value, bound);
      if (typeof value !== 'function') return value;
      if (answersPort.has(String(key)))
        return (...args: readonly unknown[]) =>
          boundPort(Reflect.apply(value, target, args) as object, bound);
      if (takesLong.has(String(key))) return value.bind(target) as unknown;
      return async (...args: readonly unknown[]) => {
        const { clock, seconds, site } = bound;
        return await withDeadline(
          { clock, seconds, signal: args.at(-1) as AbortSignal },
          () => new LonghaulError('LH_AGENT_UNREACHABLE', [site, `no answer within ${seconds} s`]),
          async (signal) => (await Reflect.apply(value, target, [...args.slice(0, -1), signal])) as unknown,
        );
      };
    },
  });
}

const answersPort: ReadonlySet<string> = new Set<keyof Site>(['guestsOn']);

/** Shutting down, booting and cloning take as long as the workload says. */
const takesLong = new Set(['shutdown', 'start', 'clone', 'measureDirty']);
