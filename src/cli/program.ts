import { Command } from 'commander';
import { packageVersion } from '../config/package.ts';

/**
 * The command line (design: command line): one file a command, or a pair of them, in commands/, in the order of the
 * help. Only the file of the command that is called is loaded: `check` does not wait for a database to be read in.
 */
const files: readonly {
  readonly commands: readonly string[];
  readonly load: () => Promise<{ readonly register: (program: Command) => void }>;
}[] = [
  { commands: ['demo'], load: () => import('./commands/demo.ts') },
  { commands: ['check'], load: () => import('./commands/check.ts') },
  { commands: ['probe'], load: () => import('./commands/probe.ts') },
  { commands: ['estimate'], load: () => import('./commands/estimate.ts') },
  { commands: ['calibrate'], load: () => import('./commands/calibrate.ts') },
  { commands: ['plan'], load: () => import('./commands/plan.ts') },
  { commands: ['explain'], load: () => import('./commands/explain.ts') },
  { commands: ['rehearse'], load: () => import('./commands/rehearse.ts') },
  { commands: ['run'], load: () => import('./commands/run.ts') },
  { commands: ['runs', 'show'], load: () => import('./commands/runs.ts') },
  { commands: ['cancel', 'rollback'], load: () => import('./commands/cancel.ts') },
  { commands: ['serve', 'worker'], load: () => import('./commands/serve.ts') },
  { commands: ['agent'], load: () => import('./commands/agent.ts') },
  { commands: ['lab'], load: () => import('./commands/lab.ts') },
];

export const commandNames: readonly string[] = files.flatMap(({ commands }) => commands);

/** With the commands of the file that holds `wanted`; with all where it is none of them, but a version needs none. */
export async function createProgram(wanted?: string): Promise<Command> {
  const program = new Command('longhaul')
    .description('Moves running workloads between data centres over a WAN.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .exitOverride()
    .showHelpAfterError('Add -h to see what it takes.');
  for (const { load } of filesFor(wanted)) (await load()).register(program);
  return program;
}

function filesFor(wanted: string | undefined): typeof files {
  if (wanted === undefined) return files;
  if (wanted === '-V' || wanted === '--version') return [];
  const holding = files.filter(({ commands }) => commands.includes(wanted));
  return holding.length > 0 ? holding : files;
}
