import type { Contender } from "./contenders.ts";
import { closedLoop, type Load } from "./load.ts";

/** What a contender did in each round: answers for a second of processor time. */
export type Figures = ReadonlyMap<string, readonly number[]>;

type Entry = { readonly contender: Contender; readonly load: Load };

/** How often and how long each contender takes its turn, and how many answers it gives before the first that counts. */
export type Effort = { readonly rounds: number; readonly seconds: number; readonly warmUp: number };

/** Nobody warms up for longer, in seconds. */
const LONGEST_WARM_UP = 30;

/** Lets the contenders take turns, round after round, so that whatever else the machine does meets all of them. */
export async function compare(
  entries: readonly Entry[],
  { rounds, seconds, warmUp }: Effort,
  told: (text: string) => void,
): Promise<Figures> {
  const figures = new Map<string, number[]>(entries.map(({ contender }) => [contender.name, []]));
  for (const { contender, load } of entries) await warm(contender, load, warmUp, told);
  for (let round = 1; round <= rounds; round++) {
    for (const { contender, load } of entries) {
      const before = contender.spent();
      const answers = await closedLoop(contender.url, load, seconds * 1_000);
      const spent = Math.max(contender.spent() - before, 10);
      figures.get(contender.name)?.push((answers * 1_000) / spent);
      told(`round ${round} of ${rounds}: ${contender.name}, ${((spent * 1_000) / answers).toFixed(0)} µs each`);
    }
  }
  return figures;
}

async function warm({ name, url }: Contender, load: Load, enough: number, told: (text: string) => void): Promise<void> {
  const until = performance.now() + LONGEST_WARM_UP * 1_000;
  let answers = 0;
  while (answers < enough && performance.now() < until) answers += await closedLoop(url, load, 500);
  told(`warmed up: ${name}, ${answers} answers`);
}

/** The ratio of one contender to another, round by round: the middle, the least and the most. */
export function ratio(figures: Figures, name: string, to: string): { middle: number; least: number; most: number } {
  const base = figures.get(to) ?? [];
  const ratios = (figures.get(name) ?? []).map((value, round) => value / (base[round] ?? Number.NaN)).toSorted((a, b) => a - b);
  return { middle: ratios[Math.floor(ratios.length / 2)] ?? Number.NaN, least: ratios[0] ?? Number.NaN, most: ratios.at(-1) ?? Number.NaN };
}
