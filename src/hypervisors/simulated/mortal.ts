/**
 * Lives of simulated processes. Everything a process does goes through ports; once it is dead they take no more calls
 * and give no more answers, so it stops where it is, like after `kill -9`. One that is suspended stops the same way and
 * goes on, unaware, when it is woken: a worker caught in a long pause.
 */
export class Life {
  #state: 'alive' | 'suspended' | 'dead' = 'alive';
  #ended: () => void = () => undefined;
  #woken: () => void = () => undefined;
  #awake: Promise<void> = Promise.resolve();
  readonly #onCall: () => void;
  /** Resolves at its death. */
  readonly ended: Promise<void>;

  /** `onCall` hears of every call before it is made: a moment to die at. */
  constructor(onCall: () => void = () => undefined) {
    this.#onCall = onCall;
    this.ended = new Promise((resolve) => (this.#ended = resolve));
  }

  calls(): void {
    this.#onCall();
  }

  get isDead(): boolean {
    return this.#state === 'dead';
  }

  kill(): void {
    if (this.#state === 'alive') this.#awake = new Promise(() => undefined);
    this.#state = 'dead';
    this.#ended();
  }

  suspend(): void {
    if (this.#state !== 'alive') return;
    this.#state = 'suspended';
    this.#awake = new Promise((resolve) => (this.#woken = resolve));
  }

  wake(): void {
    if (this.#state !== 'suspended') return;
    this.#state = 'alive';
    this.#woken();
  }

  /** At once while it lives; when it is woken; never when it is dead. */
  async go(): Promise<void> {
    while (this.#state !== 'alive') await this.#awake;
  }
}

/** A port as a mortal process sees it: every asynchronous method passes through its life, going and coming back. */
export function mortal<T extends object>(port: T, life: Life): T {
  return new Proxy(port, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => {
        life.calls();
        if (life.isDead) return new Promise(() => undefined);
        const answer: unknown = Reflect.apply(value, target, args);
        return answer instanceof Promise ? passing(answer, life) : answer;
      };
    },
  });
}

async function passing(answer: Promise<unknown>, life: Life): Promise<unknown> {
  try {
    return await answer;
  } finally {
    await life.go();
  }
}
