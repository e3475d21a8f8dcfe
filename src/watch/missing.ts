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
  /** Whether it is being asked for, and what came of that, the code of an error maybe, until a look takes it. */
  readonly asking: boolean;
  readonly found: Omit<Answer, "was"> | string | undefined;
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
/**
 * So many are asked for at the same time, and a look waits for them for so long: what comes later is for the next one. It begins no more once so many
 * have not borne the listing out: the others have their turn later.
 */
const AT_ONCE = 4;
const ASK_MS = 2_000;
const MOST_WRONG = 20;
/** For so long one that cannot be asked for makes the looks frequent. */
const SOON_MS = 30_000;
/** What was gone is remembered for so long, and so many of a project: a copy of upstream that lags behind may list it still. */
const GONE_MS = 600_000;
const MOST_GONE = 10_000;

const NEW: Check = { at: 0, failingSince: undefined, goneAt: undefined, asking: false, found: undefined };

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
  const over = new AbortController();
  let [next, wrong] = [0, 0];

  async function work(): Promise<void> {
    for (
      let each = queue[next];
      each !== undefined && !over.signal.aborted && !ways.ended.aborted && wrong < MOST_WRONG;
      each = queue[next]
    ) {
      next += 1;
      if (!(await ask(ways, each, checks))) wrong += 1;
    }
  }

  const busy = checks.values().filter(({ asking }) => asking);
  await atMost(ASK_MS, Promise.all(Array.from({ length: AT_ONCE - busy.toArray().length }, work)));
  over.abort();
  const { answers, failures, soon } = take(doubts, checks, ways.now());
  // Where some are gone, so may be those whose turn did not come.
  const more = next < queue.length && answers.some(({ was, state }) => was !== undefined && state === undefined);
  return { answers, failures, soon: soon || first || more, waiting: waiting + queue.length - next };
}

async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, late]);
  clearTimeout(timer);
}

/** Asks for one, and notes what comes of it for whichever look is there by then. Tells whether it bears the listing out. */
async function ask(ways: Ways, { was, state: doubted }: Doubted, checks: Checks): Promise<boolean> {
  const name = nameOf(doubted);
  const before = { ...(checks.get(name) ?? NEW), asking: false };
  checks.set(name, { ...before, asking: true });
  try {
    const state = await readOne(ways, doubted);
    const at = ways.now();
    checks.set(name, { ...before, at, failingSince: undefined, goneAt: state === undefined ? at : undefined, found: { state, at } });
    return (was === undefined) !== (state === undefined);
  } catch (error) {
    // The look was given up: of the resource that says nothing.
    if (ways.ended.aborted) {
      checks.set(name, before);
      return false;
    }
    const at = ways.now();
    checks.set(name, { ...before, at, failingSince: before.failingSince ?? at, found: toGatewayError(error).code });
    return false;
  }
}

/** What was found, since the look before, of those that are in doubt now. */
function take({ missing, returned }: Doubts, checks: Checks, now: number): Omit<Asked, "waiting"> {
  const [answers, failures]: [Answer[], string[]] = [[], []];
  const known = new Map(missing.map((was) => [nameOf(was.state), was]));
  const back = new Set(returned.map(nameOf));
  let soon = false;
  for (const [name, check] of checks) {
    const { found, asking, failingSince } = check;
    soon ||= (asking || failingSince !== undefined) && now - (failingSince ?? now) < SOON_MS;
    if (found === undefined) continue;
    checks.set(name, { ...check, found: undefined });
    if (!known.has(name) && !back.has(name)) continue;
    if (typeof found === "string") failures.push(found);
    else answers.push({ was: known.get(name), ...found });
  }
  return { answers, failures, soon };
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
  const isOpen = (each: Doubted): boolean => checkOf(each)?.asking !== true && checkOf(each)?.found === undefined;
  const queue = [...asked, ...back].filter(isOpen).toSorted((a, b) => (checkOf(a) ?? NEW).at - (checkOf(b) ?? NEW).at);
  return { queue, first: many && fresh.length === within.length, waiting: fresh.length };
}

function forgetOthers(checks: Checks, { missing, returned }: Doubts, now: number): void {
  const doubted = new Set([...missing.map(({ state }) => state), ...returned].map(nameOf));
  const gone = [...checks].filter(([, check]) => isGone(check, now)).map(([name]) => name);
  const kept = doubted.union(new Set(gone.slice(-MOST_GONE)));
  for (const [name, { asking }] of checks) if (!asking && !kept.has(name)) checks.delete(name);
}
