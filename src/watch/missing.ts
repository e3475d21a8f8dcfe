import { toGatewayError } from "../errors.ts";
import type { Known } from "./look.ts";
import { nameOf, readOne, type Ways } from "./listing.ts";
import type { State } from "./states.ts";

/** What was found of a resource that is not in the listing: undefined when it is gone; and when that was known. */
export type Answer = { readonly was: Known; readonly state: State | undefined; readonly at: number };

/** When a missing resource was last asked for, and since when it cannot be. */
type Check = { readonly at: number; readonly failingSince: number | undefined };
/** The checks of one project, by the names of its resources: kept by the process, whatever it remembers else. */
export type Checks = Map<string, Check>;

export type Asked = {
  readonly answers: readonly Answer[];
  /** Codes of the errors with which some could not be asked for: of these nothing is known, and the others are not held up. */
  readonly failures: readonly string[];
  /** Whether one of them only now began to fail, so that another look may soon tell more. */
  readonly soon: boolean;
};

/** Of a kind that Connect does not list to its end, each missing one is asked for so often, and so many of them in one look. */
const CHECK_EVERY_MS = 600_000;
const CHECKS_A_LOOK = 20;
/** For so long one that cannot be asked for makes the looks frequent. */
const SOON_MS = 30_000;

/** Asks for what was known and is not in the listing: missing there is no proof of anything. */
export async function askForMissing(
  ways: Ways,
  missing: readonly Known[],
  cut: ReadonlySet<State["typeId"]>,
  checks: Checks,
): Promise<Asked> {
  forgetOthers(checks, missing);
  const [answers, failures]: [Answer[], string[]] = [[], []];
  let soon = false;
  for (const was of choose(missing, cut, checks, ways.now())) {
    const name = nameOf(was.state);
    try {
      const state = await readOne(ways, was.state);
      answers.push({ was, state, at: ways.now() });
      checks.set(name, { at: ways.now(), failingSince: undefined });
    } catch (error) {
      const failingSince = checks.get(name)?.failingSince ?? ways.now();
      failures.push(toGatewayError(error).code);
      soon ||= ways.now() - failingSince < SOON_MS;
      checks.set(name, { at: ways.now(), failingSince });
    }
  }
  return { answers, failures, soon };
}

/** All of the kinds that are listed whole; of the others a few, those that were not asked for longest. */
function choose(missing: readonly Known[], cut: ReadonlySet<State["typeId"]>, checks: Checks, now: number): readonly Known[] {
  const askedAt = ({ state }: Known): number => checks.get(nameOf(state))?.at ?? 0;
  const beyond = missing
    .filter((each) => cut.has(each.state.typeId) && askedAt(each) + CHECK_EVERY_MS <= now)
    .toSorted((a, b) => askedAt(a) - askedAt(b));
  return [...missing.filter(({ state }) => !cut.has(state.typeId)), ...beyond.slice(0, CHECKS_A_LOOK)];
}

function forgetOthers(checks: Checks, missing: readonly Known[]): void {
  const names = new Set(missing.map(({ state }) => nameOf(state)));
  for (const name of checks.keys()) if (!names.has(name)) checks.delete(name);
}
