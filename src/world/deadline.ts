import type { Clock } from '../../topology/world.ts';

/** Why a sleeper was woken that nobody needs any more; made once, as each costs a stack trace. */
export const noLongerNeeded = new DOMException('no longer needed', 'AbortError');

/**
 * Runs `task` with a signal that is aborted with `expired()` after `seconds`, or with the outer signal's reason. It
 * rejects at that moment also when the task ignores its signal: what hangs must not hang its caller.
 */
export async function withDeadline<T>(
  {
    clock,
    seconds,
    signal,
  }: { readonly clock: Clock; readonly seconds: number; readonly signal: AbortSignal },
  expired: () => Error,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const timer = new AbortController();
  const forward = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', forward, { once: true });
  const interrupted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), {
      once: true,
    });
  });
  clock.sleep(seconds, timer.signal).then(
    () => controller.abort(expired()),
    () => undefined, // the task ended first
  );
  try {
    return await Promise.race([task(controller.signal), interrupted]);
  } finally {
    signal.removeEventListener('abort', forward);
    timer.abort(noLongerNeeded);
  }
}
