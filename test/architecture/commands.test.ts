import { expect, test } from 'vitest';
import { commandNames, createProgram } from '../../src/cli/program.ts';

const namesIn = async (wanted?: string) =>
  (await createProgram(wanted)).commands.map((command) => command.name());

test('each file adds the commands that the table says, in that order', async () => {
  expect(await namesIn()).toEqual(commandNames);
});

test('a command loads its own file only; a word that is none loads all, for the suggestion', async () => {
  expect(await namesIn('check')).toEqual(['check']);
  expect(await namesIn('show')).toEqual(['runs', 'show']);
  expect(await namesIn('chekc')).toEqual(commandNames);
  expect(await namesIn('--version')).toEqual([]);
});

test('every command has a description and help with a worked example', async () => {
  const { commands } = await createProgram();
  const leaves = commands.flatMap((command) => (command.commands.length > 0 ? command.commands : [command]));
  const without = leaves.filter((command) => {
    let help = '';
    command.configureOutput({ writeOut: (text) => void (help += text) });
    command.outputHelp();
    return command.description() === '' || !help.includes('Example');
  });
  expect(without.map((command) => command.name())).toEqual([]);
});
