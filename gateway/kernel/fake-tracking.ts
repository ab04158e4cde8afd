import type { CommandResult } from '../../topology/world.ts';

interface FakeFlow {
  readonly line: string;
  readonly mark: string;
}

/** `conntrack`: flows as it lists them, and their marks. */
export class FakeTracking {
  #flows: FakeFlow[] = [];

  /** A flow that crossed the gateway by itself. */
  track(line: string): void {
    this.#flows.push({ line, mark: '0x0' });
  }

  /** Lines of a file to load; a flow that is there already stays as it is. */
  insert(text: string): string {
    for (const line of text.split('\n').filter((one) => one !== '')) {
      const option = (name: string) => new RegExp(` ${name} (\\S+)`).exec(line)?.[1] ?? '';
      const [source, target] = [option('-s'), option('-d')];
      const [sport, dport] = [option('--sport'), option('--dport')];
      const protocol = option('-p');
      const head =
        protocol === 'tcp' ? `tcp 6 ${option('-t')} ${option('--state')}` : `udp 17 ${option('-t')}`;
      const tuples = `src=${source} dst=${target} sport=${sport} dport=${dport} src=${target} dst=${source} sport=${dport} dport=${sport}`;
      if (this.#flows.every((flow) => !flow.line.includes(tuples)))
        this.#flows.push({ line: `${head} ${tuples} [ASSURED]`, mark: option('-m') });
    }
    return '';
  }

  run(argv: readonly string[]): CommandResult {
    const value = (option: string) => (argv.includes(option) ? argv[argv.indexOf(option) + 1] : undefined);
    const matching = this.#flows.filter(
      ({ line, mark }) =>
        (value('-s') ?? originalSource(line)) === originalSource(line) &&
        (value('-d') ?? originalTarget(line)) === originalTarget(line) &&
        (value('-r') ?? replySource(line)) === replySource(line) &&
        (value('-m') === undefined || mark !== '0x0'),
    );
    if (argv.includes('-L')) {
      const stdout = matching.map(({ line, mark }) => `${line} mark=${Number(mark)} use=1\n`).join('');
      return { exitCode: 0, stdout, stderr: '' };
    }
    this.#flows = this.#flows.filter((flow) => !matching.includes(flow));
    const stderr = `conntrack v1.4.7 (conntrack-tools): ${matching.length} flow entries have been deleted.\n`;
    return { exitCode: matching.length === 0 ? 1 : 0, stdout: '', stderr };
  }

  toString(): string {
    return this.#flows.map(({ line, mark }) => `flow ${line} mark ${mark}`).join('\n');
  }
}

const originalSource = (line: string) => addressesOf(line, 'src')[0];
const originalTarget = (line: string) => addressesOf(line, 'dst')[0];
const replySource = (line: string) => addressesOf(line, 'src')[1];

function addressesOf(line: string, key: 'src' | 'dst'): readonly string[] {
  return [...line.matchAll(new RegExp(`${key}=(\\S+)`, 'g'))].map(([, address = '']) => address);
}
