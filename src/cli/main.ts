import { Command } from 'commander';

/** The command line (design §5): one file a command in commands/, each adds itself here. */
const program = new Command('longhaul')
  .description('Moves running workloads between data centres over a WAN.')
  .showHelpAfterError();

await program.parseAsync();
