import { errorRegistry, exitCodeOf } from '../../topology/errors.ts';

const httpStatusOf = { input: 422, infeasible: 422, person: 409, world: 502 } as const;
const meaningOf = {
  input: 'what was given is wrong: mend it and run again',
  infeasible: 'it cannot be done within the limits: change the limits or the world',
  person: 'somebody has to decide; the message names the command that settles it',
  world: 'something outside failed; it is tried again with growing pauses where that can help',
} as const;

/** docs/reference/errors.md: every operating error, from the registry. */
export function errorsReference(): string {
  const kinds = Object.entries(exitCodeOf).map(
    ([kind, exit]) =>
      `| \`${kind}\` | ${meaningOf[kind as keyof typeof meaningOf]} | ${exit} | ${httpStatusOf[kind as keyof typeof httpStatusOf]} |`,
  );
  const codes = Object.entries(errorRegistry).map(
    ([code, { kind, message }]) =>
      `| \`${code}\` | ${kind} | ${message.replaceAll('%s', '…').replaceAll('|', '\\|')} |`,
  );
  return `# Errors

Every operating error has a code that never changes its meaning. Its kind decides the exit code of the command line and
the status of the API. What a planner rejects is a reason, not an error; a fault of Longhaul itself is printed with its
stack and exits 1.

| kind | means | exit | HTTP |
| --- | --- | --- | --- |
${kinds.join('\n')}

| code | kind | message |
| --- | --- | --- |
${codes.join('\n')}
`;
}
