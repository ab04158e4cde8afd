/** Words broken into lines of at most 80 columns; every line after the first is indented, the first as it comes. */
export function wrapped(text: string, indent = 2): string {
  const lines: string[] = [];
  let line = /^ */.exec(text)?.[0] ?? '';
  for (const word of text.trimStart().split(/ (?!%)/)) {
    const longer = line.trim() === '' ? `${line}${word}` : `${line} ${word}`;
    if (longer.length <= 80 || line.trim() === '') {
      line = longer;
      continue;
    }
    lines.push(line);
    line = `${' '.repeat(indent)}${word}`;
  }
  return [...lines, line].join('\n');
}

/** A line of a list, its further lines under its first word. */
export function bullet(text: string, indent = 0): string {
  return wrapped(`${' '.repeat(indent)}- ${text}`, indent + 2);
}
