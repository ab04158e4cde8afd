import { reportFailure } from '../src/cli/render/failure.ts';
import type { Bench } from './bench.ts';

/**
 * `npm run -s bench -- NAME [--json]`: each bench is a file here that exports `bench`; add its name below. Progress goes
 * to standard error.
 */
const benches: Readonly<Record<string, () => Promise<{ readonly bench: Bench }>>> = {
  estimate: async () => await import('./estimate.ts'),
  planner: async () => await import('./planner.ts'),
  move: async () => await import('./move.ts'),
};

const [name, ...options] = process.argv.slice(2);
const load = name === undefined ? undefined : benches[name];
const unknown = options.filter((option) => option !== '--json');
if (load === undefined || unknown.length > 0) {
  const wrong = load === undefined ? `no bench '${name ?? ''}'` : `no option '${unknown.join(' ')}'`;
  process.stderr.write(`${wrong}\nUsage: npm run -s bench -- NAME [--json]\n`);
  for (const [known, loader] of Object.entries(benches))
    process.stderr.write(`  ${known.padEnd(12)}${(await loader()).bench.description}\n`);
  process.exitCode = 2;
} else {
  const json = options.includes('--json');
  try {
    const { result, text } = await (await load()).bench.run();
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${text}\n`);
  } catch (error) {
    process.exitCode = reportFailure(error, { json });
  }
}
