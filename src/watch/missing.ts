import { toGatewayError } from "../errors.ts";
import type { Known } from "./look.ts";
import { nameOf, readOne, type Ways } from "./listing.ts";
import type { State } from "./states.ts";

/** What was found of a resource by itself: undefined when it is gone; what was known of it, and when it was asked for. */
export type Answer = { readonly was: Known | undefined; readonly state: State | undefined; readonly at: number };

/** What is remembered of a resource in doubt. */
type Check = {
  /** When it was asked for last; 0 while it was not. */
  readonly at: number;
  /** Since when it cannot be asked for. */
  readonly failingSince: number | undefined;
  /** When it was last known to be gone. */
  readonly goneAt: number | undefined;
};
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
  /** Whether another look may soon tell more. */
  readonly soon: boolean;
  /** How many were not asked for, because too many are missing at once. */
  readonly waiting: number;
};

/** When more than so many are missing at once, the listing may be at fault: the next one says whether they still are. */
const HANDFUL = 20;
/** Of those, and of a kind that Connect does not list to its end, each is asked for so often. */
const CHECK_EVERY_MS = 600_000;
/** A look asks for so many at the same time, for so long, and until so many answers have not borne the listing out: the others have their turn in the next ones. */
const AT_ONCE = 4;
const ASK_MS = 2_000;
const MOST_WRONG = 20;
/** For so long one that cannot be asked for makes the looks frequent. */
const SOON_MS = 30_000;
/** What was gone is remembered for so long, and so many of a project: a copy of upstream that lags behind may list it still. */
const GONE_MS = 600_000;
const MOST_GONE = 10_000;

const NEW: Check = { at: 0, failingSince: undefined, goneAt: undefined };

const isGone = (check: Check | undefined, now: number): boolean => check?.goneAt !== undefined && check.goneAt + GONE_MS > now;

/** Those of `states` that were gone, whatever their version: the last one may never have been seen. Ids are not used again. */
export function returnedOf(states: readonly State[], checks: Checks, now: number): readonly State[] {
  return states.filter((state) => isGone(checks.get(nameOf(state)), now));
}

/** One in doubt; without `was` it is one that returned. */
type Doubted = { readonly was: Known | undefined; readonly state: State };

/** Asks for those in doubt by themselves, as many as one look may: neither missing from a listing nor standing in it is a proof. */
export async function askForDoubted(ways: Ways, doubts: Doubts, cut: ReadonlySet<State["typeId"]>, checks: Checks): Promise<Asked> {
  forgetOthers(checks, doubts, ways.now());
  const { queue, first, waiting } = choose(doubts, cut, checks, ways.now());
  const answers: (Answer | undefined)[] = [];
  const failures: string[] = [];
  const until = ways.now() + ASK_MS;
  let [soon, next, wrong] = [first, 0, 0];

  async function ask({ was, state: doubted }: Doubted, index: number): Promise<void> {
    const { failingSince = ways.now(), goneAt } = checks.get(nameOf(doubted)) ?? NEW;
    try {
      const state = await readOne(ways, doubted);
      const at = ways.now();
      answers[index] = { was, state, at };
      if ((was === undefined) === (state === undefined)) wrong += 1;
      checks.set(nameOf(doubted), { at, failingSince: undefined, goneAt: state === undefined ? at : undefined });
    } catch (error) {
      wrong += 1;
      failures.push(toGatewayError(error).code);
      soon ||= ways.now() - failingSince < SOON_MS;
      checks.set(nameOf(doubted), { at: ways.now(), failingSince, goneAt });
    }
  }

  async function work(): Promise<void> {
    for (let each = queue[next]; each !== undefined && wrong < MOST_WRONG && ways.now() < until; each = queue[next])
      await ask(each, next++);
  }

  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const asked = answers.filter((each) => each !== undefined);
  // Where some are gone, so may be those whose turn did not come.
  soon ||= next < queue.length && asked.some(({ was, state }) => was !== undefined && state === undefined);
  return { answers: asked, failures, soon, waiting: waiting + queue.length - next };
}

type Chosen = {
  readonly queue: readonly Doubted[];
  /** Whether many are missing now, of which none was before. */
  readonly first: boolean;
  readonly waiting: number;
};

/** Whom to ask, those first who were not asked for longest. Of many that are missing at once only those that were missing in the look before as well. */
function choose({ missing, returned }: Doubts, cut: ReadonlySet<State["typeId"]>, checks: Checks, now: number): Chosen {
  const checkOf = ({ state }: Doubted): Check | undefined => checks.get(nameOf(state));
  const isDue = (doubted: Doubted): boolean => {
    const { at, failingSince, goneAt } = checkOf(doubted) ?? NEW;
    return failingSince !== undefined || goneAt !== undefined || Math.abs(now - at) >= CHECK_EVERY_MS;
  };
  const doubted = missing.map((was): Doubted => ({ was, state: was.state }));
  const [beyond, within] = [doubted.filter(({ state }) => cut.has(state.typeId)), doubted.filter(({ state }) => !cut.has(state.typeId))];
  const many = within.length > HANDFUL;
  const fresh = many ? within.filter((each) => checkOf(each) === undefined) : [];
  const asked = [...(many ? within.filter((each) => checkOf(each) !== undefined && isDue(each)) : within), ...beyond.filter(isDue)];
  for (const { state } of fresh) checks.set(nameOf(state), NEW);
  const back = returned.map((state): Doubted => ({ was: undefined, state }));
  // Until its turn comes it stays what it was.
  for (const each of back) checks.set(nameOf(each.state), { ...(checkOf(each) ?? NEW), goneAt: now });
  const queue = [...asked, ...back].toSorted((a, b) => (checkOf(a) ?? NEW).at - (checkOf(b) ?? NEW).at);
  return { queue, first: many && fresh.length === within.length, waiting: fresh.length };
}

function forgetOthers(checks: Checks, { missing, returned }: Doubts, now: number): void {
  const doubted = new Set([...missing.map(({ state }) => state), ...returned].map(nameOf));
  const gone = [...checks].filter(([, check]) => isGone(check, now)).map(([name]) => name);
  const kept = doubted.union(new Set(gone.slice(-MOST_GONE)));
  for (const name of checks.keys()) if (!kept.has(name)) checks.delete(name);
}
