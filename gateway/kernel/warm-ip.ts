import type { Clock, Coprocess } from '../../topology/world.ts';
import { cutSecondsMax } from '../limits.ts';
import { batchErrors, endCommand, endMarker } from './ip.ts';

export interface WarmIpOptions {
  /** Starts `ip -force -batch -`. */
  readonly start: (onOutput: (text: string) => void) => Coprocess;
  /** The same lines without the child: slower, and sure. */
  readonly cold: (lines: readonly string[]) => Promise<readonly (string | null)[]>;
  readonly clock: Clock;
}

/**
 * A child of `ip` that waits for lines. It has two habits to be reckoned with: it remembers the index of every device
 * it has met, so that after a change of devices another one must take its place; and a failing change of a neighbour
 * ends it. Lines that it leaves unanswered are sent again without it: each of them can be repeated.
 */
export interface WarmIp {
  send(lines: readonly string[]): Promise<readonly (string | null)[]>;
  renew(): void;
  close(): Promise<void>;
}

interface Running {
  readonly child: Coprocess;
  /** What has come since the last answer. */
  output: string;
  linesSent: number;
  readonly waiting: Waiting[];
}

interface Waiting {
  readonly firstLine: number;
  readonly lines: readonly string[];
  readonly answer: (errors: readonly (string | null)[] | null) => void;
}

export function createWarmIp({ start, cold, clock }: WarmIpOptions): WarmIp {
  let current: Running | null = null;
  let last: Promise<unknown> = Promise.resolve();
  const retire = (running: Running) => {
    if (current === running) current = null;
    for (const { answer } of running.waiting.splice(0)) answer(null);
    void running.child.close();
  };
  const ready = (): Running => {
    if (current !== null) return current;
    const running: Running = {
      child: start((text) => take(running, text)),
      output: '',
      linesSent: 0,
      waiting: [],
    };
    current = running;
    void running.child.ended.then(() => retire(running));
    return running;
  };
  const ask = async (lines: readonly string[]): Promise<readonly (string | null)[]> => {
    const running = ready();
    const answer = post(running, lines);
    const watchdog = new AbortController();
    void clock.sleep(cutSecondsMax, watchdog.signal).then(
      () => retire(running),
      () => undefined,
    );
    const errors = await answer.finally(() => watchdog.abort());
    return errors ?? (await cold(lines));
  };
  return {
    // One after the other, also when the child is replaced in between: the order of changes is the order of calls.
    send: (lines) => {
      if (lines.length === 0) return Promise.resolve([]);
      const turn = last.then(() => ask(lines));
      last = turn.catch(() => undefined);
      return turn;
    },
    renew: () => {
      last = last.then(() => {
        if (current !== null) retire(current);
        ready();
      });
    },
    close: async () => {
      await last;
      await current?.child.close();
    },
  };
}

function post(running: Running, lines: readonly string[]): Promise<readonly (string | null)[] | null> {
  const answer = new Promise<readonly (string | null)[] | null>((resolve) => {
    running.waiting.push({ firstLine: running.linesSent + 1, lines, answer: resolve });
  });
  running.linesSent += lines.length + 1;
  void running.child.write([...lines, endCommand, ''].join('\n'));
  return answer;
}

function take(running: Running, text: string): void {
  running.output += text;
  const end = endMarker.exec(running.output);
  const first = running.waiting[0];
  if (end === null || first === undefined) return;
  const errors = batchErrors(running.output.slice(0, end.index));
  running.output = running.output.slice(end.index + end[0].length);
  running.waiting.shift();
  first.answer(first.lines.map((_, index) => errors.get(first.firstLine + index) ?? null));
}
