import { Command } from 'commander';
import { packageVersion } from '../config/package.ts';
import { register as registerAgent } from './commands/agent.ts';
import { register as registerCalibrate } from './commands/calibrate.ts';
import { register as registerCancel } from './commands/cancel.ts';
import { register as registerCheck } from './commands/check.ts';
import { register as registerDemo } from './commands/demo.ts';
import { register as registerEstimate } from './commands/estimate.ts';
import { register as registerLab } from './commands/lab.ts';
import { register as registerPlan } from './commands/plan.ts';
import { register as registerProbe } from './commands/probe.ts';
import { register as registerRun } from './commands/run.ts';
import { register as registerRuns } from './commands/runs.ts';
import { register as registerServe } from './commands/serve.ts';

/** The command line (design: command line): one file a command in commands/, each adds itself here. */
const commands: readonly ((program: Command) => void)[] = [
  registerDemo,
  registerAgent,
  registerCheck,
  registerEstimate,
  registerCalibrate,
  registerPlan,
  registerProbe,
  registerRun,
  registerRuns,
  registerCancel,
  registerServe,
  registerLab,
];

export function createProgram(): Command {
  const program = new Command('longhaul')
    .description('Moves running workloads between data centres over a WAN.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError('Add -h to see what it takes.');
  for (const register of commands) register(program);
  return program;
}
