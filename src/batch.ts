/** Things to do in one turn of the event loop that are better done one right after the other. */
export type Batch = (work: () => void) => void;

/** So many are not kept waiting for others. */
const MOST = 16;

/**
 * Makes a batch: what is given to it in one turn of the event loop is done together, when everything that came in has been looked at. For what is written to
 * sockets: whoever reads on the other end is woken by the first write and still awake for the next ones, and to wake a process costs twice as much as to
 * write to it. `work` should not throw: all others are done first, and the process hears of it as of anything that nobody catches.
 */
export function createBatch(): Batch {
  let waiting: (() => void)[] = [];

  function flush(): void {
    const works = waiting;
    waiting = [];
    for (const work of works) doOne(work);
  }

  return (work) => {
    const count = waiting.push(work);
    if (count === 1) setImmediate(flush);
    if (count === MOST) flush();
  };
}

function doOne(work: () => void): void {
  try {
    work();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
