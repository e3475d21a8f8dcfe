/** The one of `allowed` that was probably meant: at most two letters away; undefined when there is none. */
export function nearest(name: string, allowed: readonly string[]): string | undefined {
  return name.length > 64 ? undefined : allowed.find((each) => distance(each.toLowerCase(), name.toLowerCase()) <= 2);
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
