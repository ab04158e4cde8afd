import type { Command } from 'commander';

/** The worked example at the end of a command's help. */
export function addExample(command: Command, lines: readonly string[]): Command {
  return command.addHelpText('after', `\nExample:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

/** The option every command with a result has. */
export function addJsonOption(command: Command): Command {
  return command
    .option('--json', 'print one JSON document instead of text')
    .setOptionValueWithSource('json', false, 'default');
}
