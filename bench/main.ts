import { reportFailure } from '../src/cli/render/failure.ts';
import type { Bench } from './bench.ts';

/**
 * `npm run -s bench -- NAME [PART…] [--json]`: each bench is a file here that exports `bench`; add its name below. Progress goes
 * to standard error.
 */
const benches: Readonly<Record<string, () => Promise<{ readonly bench: Bench }>>> = {
  estimate: async () => await import('./estimate.ts'),
  planner: async () => await import('./planner.ts'),
  move: async () => await import('./move.ts'),
  probe: async () => await import('./probe.ts'),
};

const [name, ...rest] = process.argv.slice(2);
const load = name === undefined ? undefined : benches[name];
const bench = load === undefined ? undefined : (await load()).bench;
const known = bench?.parts ?? [];
const unknown = rest.filter((word) => word !== '--json' && !known.includes(word));
if (bench === undefined || unknown.length > 0) {
  const wrong = bench === undefined ? `no bench '${name ?? ''}'` : `no option or part '${unknown.join(' ')}'`;
  process.stderr.write(`${wrong}\nUsage: npm run -s bench -- NAME [PART…] [--json]\n`);
  for (const [each, loader] of Object.entries(benches)) {
    const { description, parts = [] } = (await loader()).bench;
    const shown = parts.length === 0 ? '' : ` (parts: ${parts.join(', ')})`;
    process.stderr.write(`  ${each.padEnd(12)}${description}${shown}\n`);
  }
  process.exitCode = 2;
} else {
  const json = rest.includes('--json');
  const named = rest.filter((word) => known.includes(word));
  try {
    const { result, text } = await bench.run(named.length === 0 ? known : named);
    process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${text}\n`);
  } catch (error) {
    process.exitCode = reportFailure(error, { json });
  }
}
