import type { RunEvent } from '../../runs/store/dispatch.ts';

/** Where progress is shown: standard error. */
export interface Screen {
  readonly isTerminal: boolean;
  readonly columns: number;
  write(text: string): void;
}

export interface Progress {
  show(event: RunEvent): void;
  /** A line of its own, above the bars. */
  say(line: string): void;
  end(): void;
}

/** Bars that move on a terminal; anywhere else one line for each step. */
export function createProgress(screen: Screen): Progress {
  return screen.isTerminal ? new Bars(screen) : new Lines(screen);
}

/** One line when a workload comes to another step. */
class Lines implements Progress {
  readonly #screen: Screen;
  readonly #shown = new Map<string | null, string>();

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  show({ workload, step, doneRatio, text }: RunEvent): void {
    const what = step === 'end' ? `ended: ${text}` : step;
    if (this.#shown.get(workload) === what) return;
    this.#shown.set(workload, what);
    this.say(`${workload ?? 'run'}: ${percent(doneRatio)} ${what}`);
  }

  say(line: string): void {
    this.#screen.write(`${line}\n`);
  }

  end(): void {
    this.#shown.clear();
  }
}

/** Bars of the moves under way, drawn in place; what has ended scrolls away above them. */
class Bars implements Progress {
  readonly #screen: Screen;
  readonly #events = new Map<string, RunEvent>();
  #drawn = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  show(event: RunEvent): void {
    const name = event.workload ?? 'run';
    const before = this.#events.get(name);
    if (event.step === 'end') {
      this.#events.delete(name);
      this.say(`${name}: ${event.text}`);
      return;
    }
    const doneRatio = Math.max(event.doneRatio, before?.doneRatio ?? 0);
    this.#events.set(name, { ...event, doneRatio });
    this.#draw('');
  }

  say(line: string): void {
    this.#draw(`${line}\n`);
  }

  end(): void {
    this.#events.clear();
    this.#draw('');
  }

  #draw(above: string): void {
    const bars = [...this.#events.values()]
      .slice(0, barsMax)
      .map((event) => barLine(event, this.#screen.columns));
    const hidden = this.#events.size - bars.length;
    const lines = hidden > 0 ? [...bars, `… and ${hidden} more`] : bars;
    const back = this.#drawn === 0 ? '' : `\u001b[${this.#drawn}A`;
    this.#screen.write(`${back}\r\u001b[J${above}${lines.map((line) => `${line}\n`).join('')}`);
    this.#drawn = lines.length;
  }
}

const barsMax = 20;
const barWidth = 20;
const gaugeWidth = 8;

/** `web-1      ████████░░░░ 40 % transfer ▐▐▐▐     converging 2.3×`, cut to the terminal. */
function barLine({ workload, step, doneRatio, convergence, text }: RunEvent, columns: number): string {
  const filled = Math.round(doneRatio * barWidth);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
  const gauge = convergence === null ? '' : ` ${gaugeText(convergence)}`;
  const name = (workload ?? 'run').padEnd(12).slice(0, 12);
  return `${name} ${bar} ${percent(doneRatio).padStart(5)} ${step}${gauge}${text === '' ? '' : `: ${text}`}`.slice(
    0,
    Math.max(20, columns - 1),
  );
}

/** What is left against what fits the downtime limit, on a scale of doublings: full is converged. */
function gaugeText(convergence: number): string {
  const away = Math.max(0, Math.log2(Math.max(1, convergence)));
  const filled = Math.max(0, gaugeWidth - Math.round(away));
  const gauge = `[${'■'.repeat(filled)}${'·'.repeat(gaugeWidth - filled)}]`;
  return convergence <= 1 ? `${gauge} converged` : `${gauge} ${convergence.toPrecision(2)}× too much`;
}

const percent = (ratio: number): string => `${Math.floor(ratio * 100)} %`;
