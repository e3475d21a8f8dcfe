/** The nearest one of `allowed`, which was probably meant: at most two letters away, and a third of its own; undefined when there is none. */
export function nearest(name: string, allowed: readonly string[]): string | undefined {
  if (name.length > 64) return undefined;
  const near = allowed
    .map((each) => ({ each, away: distance(each.toLowerCase(), name.toLowerCase()) }))
    .filter(({ each, away }) => away <= Math.min(2, each.length / 3));
  return near.toSorted((a, b) => a.away - b.away)[0]?.each;
}

/** Levenshtein distance of two short words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
