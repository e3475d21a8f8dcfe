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

/** What answers on their way may take together, in bytes; of a small memory this part at most. */
const MOST_BYTES = 256 * 1024 * 1024;
const SHARE = 1 / 16;
/** Answers up to this size, in bytes, need not wait: whoever sends a part of a large one and no more must not hold up the small ones of others. */
const SMALL = 64 * 1024;
/** An answer of more bytes may have brought the memory near its end by itself. */
const LARGE = 1024 * 1024;

/** Makes the inflow of a process that may take `mostMemory` bytes; `came` hears of each answer of more than {@link LARGE} that came to its end. */
export function createInflow(mostMemory = Number.POSITIVE_INFINITY, came?: () => void): Inflow {
  const most = Math.min(MOST_BYTES, mostMemory * SHARE);
  /** In the order in which they began: the first large one never waits, so that one always goes on. */
  const large = new Map<Flow, { readonly stream: Stream; paused: boolean }>();
  let held = 0;

  function next(): Stream | undefined {
    for (const [flow, entry] of large) {
      const first = large.keys().next().value === flow;
      if (!first && held > most) return undefined;
      if (!entry.paused) continue;
      entry.paused = false;
      return entry.stream;
    }
    return undefined;
  }

  function goOn(): void {
    // One that goes on may come to its end at once, and the next one's turn with it.
    for (let following = next(); following !== undefined; following = next()) following.resume();
  }

  function open(stream: Stream): Flow {
    let own = 0;
    const flow: Flow = {
      holds: (bytes) => {
        held += bytes - own;
        own = bytes;
        if (bytes <= SMALL) return;
        const entry = large.get(flow) ?? { stream, paused: false };
        large.set(flow, entry);
        if (held <= most || large.keys().next().value === flow) return;
        entry.paused = true;
        stream.pause();
      },
      close: () => {
        held -= own;
        if (own > LARGE) came?.();
        own = 0;
        if (!large.delete(flow)) return;
        // Not before this one's parser is done: the library has one for all at a time.
        queueMicrotask(goOn);
      },
    };
    return flow;
  }
  return { open };
}
