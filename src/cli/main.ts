import { createProgram } from './program.ts';
import { reportFailure } from './render/failure.ts';
import { toleratePipeEnd } from './render/output.ts';

/**
 * What `longhaul` runs. A command returns, throws a LonghaulError (its kind is the exit code), or, where it has printed
 * a result that is not a success, sets process.exitCode itself. Nothing calls process.exit: output is never cut.
 */
toleratePipeEnd();
try {
  const program = await createProgram(process.argv[2]);
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error, { json: process.argv.includes('--json') });
}
