import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';

/** docs/reference/cli.md: the help of every command, as it prints it. */
export function cliReference(): string {
  const program = createProgram();
  const sections = [program, ...below(program)].map(
    (command) => `## ${pathOf(command)}\n\n\`\`\`\n${helpOf(command)}\n\`\`\`\n`,
  );
  return `# Commands\n\nResults go to standard output, progress to standard error. Exit codes: [errors](errors.md).\n\n${sections.join('\n')}`;
}

function below(command: Command): readonly Command[] {
  return [...command.commands]
    .sort((a, b) => (a.name() < b.name() ? -1 : 1))
    .flatMap((inner) => [inner, ...below(inner)]);
}

const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => void (text += part), getOutHelpWidth: () => 80 });
  command.outputHelp();
  return text.trimEnd();
}
