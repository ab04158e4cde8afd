import type { RunEvent } from './dispatch.ts';

export interface EventBoard {
  publish(event: RunEvent): void;
  subscribe(run: string, listener: (event: RunEvent) => void): () => void;
  hasListeners(run: string): boolean;
  latest(run: string): readonly RunEvent[];
}

/** Hands progress events to the listeners of their run in this process and keeps the newest of each workload. */
export function createEventBoard(): EventBoard {
  const listeners = new Map<string, Set<(event: RunEvent) => void>>();
  const newest = new Map<string, Map<string | null, RunEvent>>();
  return {
    publish: (event) => {
      const events = newest.get(event.run) ?? new Map<string | null, RunEvent>();
      newest.set(event.run, events.set(event.workload, event));
      for (const listener of listeners.get(event.run) ?? []) listener(event);
    },
    subscribe: (run, listener) => {
      const ofRun = listeners.get(run) ?? new Set();
      listeners.set(run, ofRun.add(listener));
      return () => {
        ofRun.delete(listener);
        if (ofRun.size === 0) listeners.delete(run);
      };
    },
    hasListeners: (run) => listeners.has(run),
    latest: (run) => [...(newest.get(run)?.values() ?? [])],
  };
}
