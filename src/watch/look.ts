import type { Connect } from "../connect/index.ts";
import type { NewEvent, SweepResult, Watched } from "../store/index.ts";
import { diff } from "./diff.ts";
import { changeEvent } from "./event.ts";
import { isGone, type Listing, nameOf, readListing } from "./listing.ts";
import { inMotion, type State } from "./states.ts";

/** What is known of a resource: its state, and how many events told of it. */
export type Known = { readonly state: State; readonly told: number };

/** What a process remembers of a project, so that it need not ask the store: good as long as nobody else has looked. */
export type Memory = {
  /** The look after which it is good. */
  readonly looks: number;
  readonly known: ReadonlyMap<string, Known>;
  /** The listing that brought it, when nothing in it is open. */
  readonly listing: Listing | undefined;
  readonly moving: boolean;
};

export type Found = Pick<SweepResult, "events" | "saved" | "removed"> & { readonly memory: Memory };

type Look = {
  readonly connect: Connect;
  readonly watched: Watched;
  /** What was known before, when this process remembers it; else what the store has. */
  readonly memory: Memory | undefined;
  readonly load: () => Promise<ReadonlyMap<string, Known>>;
  readonly place: () => Promise<void>;
  readonly startedAt: number;
};

/** Looks at a project once: what changed since the look before. */
export async function look({ connect, watched, memory, load, place, startedAt }: Look): Promise<Found> {
  const listing = await readListing(connect, place, memory?.listing);
  const looks = watched.looks + 1;
  if (memory?.listing !== undefined && isSame(listing, memory.listing))
    return { events: [], saved: [], removed: [], memory: { ...memory, looks } };
  const before = memory?.known ?? (await load());
  const known = new Map(before);
  const [events, saved, removed]: [NewEvent[], SweepResult["saved"][number][], SweepResult["removed"][number][]] = [[], [], []];
  const observed = { notBefore: watched.lastOkAt, notAfter: startedAt };

  /** Writes down what became of a resource; gives the number of events that told of it. */
  function note(was: Known | undefined, is: State | undefined): number {
    let told = was?.told ?? 0;
    if (!watched.baseline) return told;
    for (const change of diff(was?.state, is)) events.push(changeEvent(watched.project, change, observed, told++));
    return told;
  }

  const current = newestOf(listing);
  for (const [name, state] of current) {
    const was = before.get(name);
    if (was !== undefined && (was.state === state || state.version < was.state.version)) continue;
    if (was !== undefined && isEqual(was.state, state)) {
      known.set(name, { state, told: was.told });
      continue;
    }
    const told = note(was, state);
    known.set(name, { state, told });
    saved.push({ typeId: state.typeId, id: state.id, state: JSON.stringify({ ...state, told }) });
  }
  let open = false;
  for (const [name, was] of before) {
    if (current.has(name)) continue;
    await place();
    if (await isGone(connect, was.state)) {
      note(was, undefined);
      known.delete(name);
      removed.push({ typeId: was.state.typeId, id: was.state.id });
    } else open = true;
  }
  const moving = [...current.values()].some(inMotion);
  return { events, saved, removed, memory: { looks, known, listing: open ? undefined : listing, moving } };
}

const isSame = (a: Listing, b: Listing): boolean => a.length === b.length && a.every((page, index) => page === b[index]);
const isEqual = (a: State, b: State): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Every resource once: one that moved between two pages may stand on both, and the newer counts. */
function newestOf(listing: Listing): ReadonlyMap<string, State> {
  const newest = new Map<string, State>();
  for (const state of listing.flatMap(({ states }) => states)) {
    const held = newest.get(nameOf(state));
    if (held === undefined || held.version <= state.version) newest.set(nameOf(state), state);
  }
  return newest;
}
