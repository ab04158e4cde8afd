/**
 * The resolved form does not depend on the order in the file: lists of named things are sorted by name, lists of words
 * by the words, by code point and not by the machine's language.
 */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function sortedByName<T extends { readonly name: string }>(list: readonly T[]): readonly T[] {
  return [...list].sort((a, b) => compareText(a.name, b.name));
}

/** Each word once. */
export function sortedWords(words: readonly string[]): readonly string[] {
  return [...new Set(words)].sort(compareText);
}
