import { type Figures, ratio } from "./rounds.ts";

/** The lines of the table so far. */
export const table: string[] = [];

/** Adds a line. */
export const say = (line: string): void => void table.push(line);

/** Adds the ratio of one contender to another, with the least and the most of the rounds, and whether it reaches `target`, if there is one. */
export function row(id: string, what: string, figures: Figures, [name, to]: readonly [string, string], target?: number): void {
  if (!figures.has(name) || !figures.has(to)) return say(`${id}  ${what}: ${to} did not take part`);
  const { middle, least, most } = ratio(figures, name, to);
  const verdict = target === undefined ? "" : `  at least ${target}: ${middle >= target ? "met" : "not met"}`;
  return say(`${id}  ${what.padEnd(56)} ${middle.toFixed(2).padStart(7)}  (${least.toFixed(2)} to ${most.toFixed(2)})${verdict}`);
}

/** Adds a figure that must stay under `limit`. */
export function under(id: string, what: string, figure: number, limit: number, unit: string): void {
  const verdict = figure < limit ? "met" : "not met";
  say(`${id}  ${what.padEnd(56)} ${figure.toFixed(figure < 10 ? 2 : 0).padStart(7)} ${unit}  under ${limit}: ${verdict}`);
}
