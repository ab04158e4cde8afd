/** The same port, each of its calls (all answer promises) made inside `around`. */
export function aroundCalls<T extends object>(
  port: T,
  around: (call: () => Promise<unknown>) => Promise<unknown>,
): T {
  return new Proxy(port, {
    get: (target, name, receiver) => {
      const method: unknown = Reflect.get(target, name, receiver);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]): Promise<unknown> =>
        await around(() => method.apply(target, args) as Promise<unknown>);
    },
  });
}
