import type { Finding, NewEvent, SweepResult, Watched } from "../store/index.ts";
import { diff } from "./diff.ts";
import { changeEvent } from "./event.ts";
import { cutKinds, type Listing, nameOf, readListing, type Ways } from "./listing.ts";
import { type Asked, askForDoubted, type Checks, returnedOf } from "./missing.ts";
import { inMotion, type State } from "./states.ts";

/** What is known of a resource: its state, and a number that grows with each event that told of it. */
export type Known = { readonly state: State; readonly told: number };

/** What a process remembers of a project, so that it need not ask the store: good as long as nobody else has looked. */
export type Memory = {
  /** The look after which it is good. */
  readonly looks: number;
  readonly known: ReadonlyMap<string, Known>;
  /** The listing that brought it. */
  readonly listing: Listing;
  /** Whether the listing held all that is known and nothing else, so that the same one again is no news. */
  readonly settled: boolean;
  readonly moving: boolean;
};

export type Found = Pick<SweepResult, "findings"> &
  Pick<Asked, "failures" | "soon" | "waiting"> & {
    readonly memory: Memory;
    /** Kinds of which Connect lists only a part. */
    readonly cut: ReadonlySet<State["typeId"]>;
  };

type Look = Ways & {
  readonly watched: Watched;
  /** What was known before, when this process remembers it; else what the store has. */
  readonly memory: Memory | undefined;
  readonly checks: Checks;
  readonly load: () => Promise<ReadonlyMap<string, Known>>;
  readonly startedAt: number;
};

/** More events than one look tells of a resource. */
const MOST_EVENTS = 100;
/** After so many failed looks a first listing need not be whole any more: some upstreams count what they never list. */
const STRICT = 3;

/** Looks at a project once: what changed since the look before. */
export async function look({ watched, memory, checks, load, startedAt, ...ways }: Look): Promise<Found> {
  const listing = await readListing(ways, { before: memory?.listing, first: !watched.baseline && watched.failures < STRICT });
  const cut = cutKinds(listing);
  const looks = watched.looks + 1;
  if (memory?.settled === true && isSame(listing, memory.listing))
    return { findings: [], failures: [], soon: false, waiting: 0, cut, memory: { ...memory, looks } };
  const before = memory?.known ?? (await load());
  const current = newestOf(listing);
  const missing = [...before].filter(([name]) => !current.has(name)).map(([, was]) => was);
  const unknown = [...current].filter(([name]) => !before.has(name)).map(([, { state }]) => state);
  const returned = returnedOf(unknown, checks, ways.now());
  const { answers, failures, soon, waiting } = await askForDoubted(ways, { missing, returned }, cut, checks);
  for (const state of returned) current.delete(nameOf(state));
  const notes = createNotes(watched, before, startedAt);
  // What is gone comes first: its key may have been taken anew.
  for (const { was, state, at } of answers) if (was !== undefined && state === undefined) notes.drop(was, at);
  for (const { state, at } of [...answers, ...current.values()]) if (state !== undefined) notes.keep(state, at);
  const { known } = notes;
  const findings = [...notes.findings.values()];
  const gone = answers.filter(({ was, state }) => was !== undefined && state === undefined).length;
  const settled = gone === missing.length && returned.length === 0;
  const moving = current.values().some(({ state }) => inMotion(state));
  return { findings, failures, soon, waiting, cut, memory: { looks, known, listing, settled, moving } };
}

type Notes = {
  /** One for each resource, in the order in which it is told. */
  readonly findings: ReadonlyMap<string, Finding>;
  /** What is known now. */
  readonly known: Map<string, Known>;
  /** Writes down what became of a resource; `at` is when that was known. */
  keep(state: State, at: number): void;
  /** Writes down that it is gone. */
  drop(was: Known, at: number): void;
};

function createNotes(watched: Watched, before: ReadonlyMap<string, Known>, startedAt: number): Notes {
  const [findings, known] = [new Map<string, Finding>(), new Map(before)];

  /** Of one resource several things may be found: some upstreams answer with another one than they are asked for. */
  function note(name: string, { events, ...found }: Finding): void {
    findings.set(name, { ...found, events: [...(findings.get(name)?.events ?? []), ...events] });
  }

  /** The number of the next event about it. What was gone and is back goes on above all that was told of it before: nothing of that is known any more. */
  const nextOf = (was: Known | undefined): number => was?.told ?? watched.looks * MOST_EVENTS;

  /** The events that tell what became of it. */
  function eventsOf(was: Known | undefined, is: State | undefined, at: number): NewEvent[] {
    if (!watched.baseline) return [];
    // A look that lies ahead was had before the clock was set back.
    const observed = { notBefore: Math.min(watched.lastOkAt, startedAt), notAfter: Math.max(at, startedAt) };
    return diff(was?.state, is).map((change, n) => changeEvent(watched.project, change, observed, nextOf(was) + n));
  }

  return {
    findings,
    known,
    keep: (state, at) => {
      const { typeId, id } = state;
      const name = nameOf(state);
      const was = known.get(name);
      if (was !== undefined && (was.state === state || state.version < was.state.version)) return;
      const same = was !== undefined && isEqual(was.state, state);
      const events = same ? [] : eventsOf(was, state, at);
      const told = nextOf(was) + events.length;
      known.set(name, { state, told });
      if (!same) note(name, { typeId, id, state: JSON.stringify({ ...state, told }), events });
    },
    drop: (was, at) => {
      const { typeId, id } = was.state;
      known.delete(nameOf(was.state));
      note(nameOf(was.state), { typeId, id, state: undefined, events: eventsOf(was, undefined, at) });
    },
  };
}

const isSame = (a: Listing, b: Listing): boolean => a.length === b.length && a.every((page, index) => page === b[index]);
const isEqual = (a: State, b: State): boolean => JSON.stringify(a) === JSON.stringify(b);

type Seen = { readonly state: State; readonly at: number };

/** Every resource once: one that moved between two pages may stand on both, and the newer counts. */
function newestOf(listing: Listing): Map<string, Seen> {
  const newest = new Map<string, Seen>();
  for (const { states, readAt } of listing) {
    for (const state of states) {
      const held = newest.get(nameOf(state));
      if (held === undefined || held.state.version <= state.version) newest.set(nameOf(state), { state, at: readAt });
    }
  }
  return newest;
}
