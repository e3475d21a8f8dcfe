/** The bytes of all answers that are on their way: when they are too many, large answers come one after the other. */
export type Inflow = { open(stream: Stream): Flow };

/** What can be made to wait. */
type Stream = { pause(): void; resume(): void };

/** One answer on its way. */
export type Flow = {
  /** It takes so many bytes by now. */
  holds(bytes: number): void;
  /** It has come to its end, or to none. */
  close(): void;
};

type Entry = { readonly stream: Stream; paused: boolean; movedAt: number };

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
/** Who sends nothing for so long, in milliseconds, loses his turn: whoever begins an answer and falls silent must not hold up those of others. */
const SILENT_MS = 2_000;
const LOOK_MS = 250;

/** Makes the inflow of a process. */
export function createInflow(options: Options = {}): Inflow {
  const { mostMemory = Number.POSITIVE_INFINITY, short = () => false, came, now = () => performance.now() } = options;
  const most = Math.min(MOST_BYTES, mostMemory * SHARE);
  const isTooMuch = (): boolean => held > most || short();
  /** In turn: the first one never waits, so that one always goes on. */
  const large = new Map<Flow, Entry>();
  let held = 0;
  let watching: NodeJS.Timeout | undefined;

  function next(): Stream | undefined {
    let first = true;
    for (const entry of large.values()) {
      if (!first && isTooMuch()) return undefined;
      first = false;
      if (!entry.paused) continue;
      entry.paused = false;
      entry.movedAt = now();
      return entry.stream;
    }
    clearInterval(watching);
    watching = undefined;
    return undefined;
  }

  function goOn(): void {
    // One that goes on may come to its end at once, and the next one's turn with it.
    for (let following = next(); following !== undefined; following = next()) following.resume();
  }

  function look(): void {
    const [first] = large;
    if (first !== undefined && now() - first[1].movedAt >= SILENT_MS) {
      large.delete(first[0]);
      large.set(...first);
    }
    goOn();
  }

  function wait(entry: Entry): void {
    entry.paused = true;
    entry.stream.pause();
    watching ??= setInterval(look, LOOK_MS);
  }

  function open(stream: Stream): Flow {
    let own = 0;
    const flow: Flow = {
      holds: (bytes) => {
        held += bytes - own;
        own = bytes;
        if (bytes <= SMALL) return;
        const entry = large.get(flow) ?? { stream, paused: false, movedAt: 0 };
        entry.movedAt = now();
        large.set(flow, entry);
        if (isTooMuch() && large.keys().next().value !== flow) wait(entry);
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
  return { open };
}
