import { performance } from "node:perf_hooks";

/** The bytes of all answers that are on their way: when they are too many, large answers of a project come one after the other. */
export type Inflow = { lane(): Lane };

/** The answers of one project: however slow they are, they do not hold up those of others. */
export type Lane = { open(stream: Stream): Flow };

/** What can be made to wait. */
type Stream = { pause(): void; resume(): void };

/** One answer on its way. */
export type Flow = {
  /** It takes so many bytes by now. */
  holds(bytes: number): void;
  /** It has come to its end, or to none. */
  close(): void;
};

/** A large answer; `movedAt` is when it last had become larger by {@link STEP}, and `moved` how large it was then. */
type Entry = { readonly lane: Lane; readonly stream: Stream; paused: boolean; movedAt: number; moved: number };

type Options = {
  /** The memory that the process may take, in bytes. */
  readonly mostMemory?: number;
  /** Whether memory runs short: then only one large answer comes at a time. */
  readonly short?: () => boolean;
  /** Hears of each answer of more than {@link LARGE} that came to its end. */
  readonly came?: () => void;
  /** Monotonic, in milliseconds. */
  readonly now?: () => number;
};

/** What answers on their way may take together, in bytes; of a small memory this part at most. */
const MOST_BYTES = 256 * 1024 * 1024;
const SHARE = 1 / 16;
/** Answers up to this size, in bytes, never wait. */
const SMALL = 64 * 1024;
/** An answer of more bytes may have brought the memory near its end by itself. */
const LARGE = 1024 * 1024;
/** Who sends less than a step for so long, in milliseconds, loses his turn: whoever begins an answer and falls silent must not hold up the others. */
const SILENT_MS = 2_000;
const STEP = 16 * 1024;
const LOOK_MS = 250;

/** Makes the inflow of a process. */
export function createInflow(options: Options = {}): Inflow {
  const { mostMemory = Number.POSITIVE_INFINITY, short = () => false, came, now = () => performance.now() } = options;
  const most = Math.min(MOST_BYTES, mostMemory * SHARE);
  const isTooMuch = (): boolean => held > most || short();
  /** In turn. */
  const large = new Map<Flow, Entry>();
  let held = 0;
  let watching: NodeJS.Timeout | undefined;

  /** Those that never wait: the first one of each lane, so that one always goes on; of all lanes where memory runs short. */
  function leaders(): Map<Lane, Flow> {
    const found = new Map<Lane, Flow>();
    for (const [flow, { lane }] of large) if (found.size === 0 || !(found.has(lane) || short())) found.set(lane, flow);
    return found;
  }

  function next(): Stream | undefined {
    const first = isTooMuch() ? leaders() : undefined;
    const waiting = large.entries().filter(([, { paused }]) => paused);
    for (const [flow, entry] of waiting) {
      if (first !== undefined && first.get(entry.lane) !== flow) continue;
      entry.paused = false;
      entry.movedAt = now();
      return entry.stream;
    }
    return undefined;
  }

  function goOn(): void {
    // One that goes on may come to its end at once, and the next one's turn with it.
    for (let following = next(); following !== undefined; following = next()) following.resume();
    if (large.values().some(({ paused }) => paused)) return;
    clearInterval(watching);
    watching = undefined;
  }

  function look(): void {
    for (const flow of leaders().values()) {
      const entry = large.get(flow);
      if (entry === undefined || now() - entry.movedAt < SILENT_MS) continue;
      large.delete(flow);
      large.set(flow, entry);
    }
    goOn();
  }

  function wait(entry: Entry): void {
    entry.paused = true;
    entry.stream.pause();
    watching ??= setInterval(look, LOOK_MS);
  }

  function moves(entry: Entry, bytes: number): void {
    if (bytes - entry.moved < STEP) return;
    entry.movedAt = now();
    entry.moved = bytes;
  }

  function open(lane: Lane, stream: Stream): Flow {
    let own = 0;
    const flow: Flow = {
      holds: (bytes) => {
        held += bytes - own;
        own = bytes;
        if (bytes <= SMALL) return;
        const entry = large.get(flow) ?? { lane, stream, paused: false, movedAt: 0, moved: 0 };
        moves(entry, bytes);
        large.set(flow, entry);
        if (isTooMuch() && leaders().get(lane) !== flow) wait(entry);
      },
      close: () => {
        held -= own;
        if (own > LARGE) came?.();
        own = 0;
        large.delete(flow);
        // Not before this one's parser is done: the library has one for all at a time.
        if (watching !== undefined) queueMicrotask(goOn);
      },
    };
    return flow;
  }

  return {
    lane: () => {
      const lane: Lane = { open: (stream) => open(lane, stream) };
      return lane;
    },
  };
}
