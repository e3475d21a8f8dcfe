import { toGatewayError } from "../errors.ts";
import type { Known } from "./look.ts";
import { nameOf, readOne, type Ways } from "./listing.ts";
import type { State } from "./states.ts";

/** What was found of a resource by itself: undefined when it is gone; what was known of it, and when it was asked for. */
export type Answer = { readonly was: Known | undefined; readonly state: State | undefined; readonly at: number };

/** When a resource was last asked for, since when it cannot be, and whether it was gone before that. */
type Check = { readonly at: number; readonly failingSince: number | undefined; readonly gone: boolean };
/** The checks of one project, by the names of its resources: kept by the process, whatever it remembers else. */
export type Checks = Map<string, Check>;

/** What a listing is not believed. */
export type Doubts = {
  /** Known, and not in it. */
  readonly missing: readonly Known[];
  /** In it, and gone before. */
  readonly returned: readonly State[];
};

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
/** What was gone is remembered for so long, and so many of a project: a copy of upstream that lags behind may list it still. */
const GONE_MS = 600_000;
const MOST_GONE = 10_000;

const isGone = (check: Check | undefined, now: number): boolean => check?.gone === true && check.at + GONE_MS > now;

/** Those of `states` that were gone, whatever their version: the last one may never have been seen. Ids are not used again. */
export function returnedOf(states: readonly State[], checks: Checks, now: number): readonly State[] {
  return states.filter((state) => isGone(checks.get(nameOf(state)), now));
}

/** Asks for each that is in doubt by itself: neither missing from a listing nor standing in it is a proof. */
export async function askForDoubted(ways: Ways, doubts: Doubts, cut: ReadonlySet<State["typeId"]>, checks: Checks): Promise<Asked> {
  forgetOthers(checks, doubts, ways.now());
  const [answers, failures]: [Answer[], string[]] = [[], []];
  let soon = false;
  const missing = choose(doubts.missing, cut, checks, ways.now()).map((was) => ({ was, doubted: was.state }));
  for (const { was, doubted } of [...missing, ...doubts.returned.map((state) => ({ was: undefined, doubted: state }))]) {
    const name = nameOf(doubted);
    try {
      const state = await readOne(ways, doubted);
      answers.push({ was, state, at: ways.now() });
      checks.set(name, { at: ways.now(), failingSince: undefined, gone: state === undefined });
    } catch (error) {
      const failingSince = checks.get(name)?.failingSince ?? ways.now();
      failures.push(toGatewayError(error).code);
      soon ||= ways.now() - failingSince < SOON_MS;
      checks.set(name, { at: ways.now(), failingSince, gone: was === undefined });
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

function forgetOthers(checks: Checks, { missing, returned }: Doubts, now: number): void {
  const doubted = new Set([...missing.map(({ state }) => state), ...returned].map(nameOf));
  const gone = [...checks].filter(([, check]) => isGone(check, now)).map(([name]) => name);
  const kept = doubted.union(new Set(gone.slice(-MOST_GONE)));
  for (const name of checks.keys()) if (!kept.has(name)) checks.delete(name);
}
