/** The candidate that was probably meant: at most a third of its letters differ; null when none is near. */
export function nearest(written: string, candidates: readonly string[]): string | null {
  return byDistance(written, candidates)[0] ?? null;
}

const nearbyMax = 3;

/** The few that may have been meant: those near in spelling, then those that hold what was written, or begin it. */
export function nearby(written: string, candidates: readonly string[]): readonly string[] {
  const holds = (candidate: string): boolean =>
    written !== '' && (candidate.includes(written) || written.startsWith(candidate));
  return [...new Set([...byDistance(written, candidates), ...candidates.filter(holds)])].slice(0, nearbyMax);
}

function byDistance(written: string, candidates: readonly string[]): readonly string[] {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_ ]/g, '');
  return candidates
    .map((candidate) => ({ candidate, distance: editDistance(plain(written), plain(candidate)) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(plain(candidate).length / 3)))
    .sort((a, b) => a.distance - b.distance)
    .map(({ candidate }) => candidate);
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (last[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped =
        row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
          ? (beforeLast[column - 2] ?? 0) + 1
          : Number.POSITIVE_INFINITY;
      current.push(Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, replaced, swapped));
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}

const shownMax = 12;

/** The first names of a list, and how many more there are. */
export function shortened(names: readonly string[]): string {
  const more = names.length - shownMax;
  return more > 0 ? `${names.slice(0, shownMax).join(', ')} and ${more} more` : names.join(', ');
}
