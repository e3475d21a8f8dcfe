import { constants, fstatSync, openSync, readFileSync, type Stats, write, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

/** A file descriptor that is only written to, and never waited for by the whole process. */
export type Descriptor = {
  /** Writes what is taken at once, if this one never blocks: so many bytes. To have another thread do it costs each request 2 µs of 50. */
  writeNow(bytes: Buffer): number;
  /** Writes everything, however long that takes: where a pipe is full or its reader gone, or a disk full, it tries again. */
  write(bytes: Buffer): Promise<void>;
  /** For the last moment: writes once, also where that blocks. */
  writeLast(bytes: Buffer): void;
};

const LONGEST_PAUSE_MS = 50;

/**
 * Makes it of a given one; a pipe is opened anew as one that never blocks. Whether the given one blocks is shared with every process that has it too, and a
 * write that blocks would keep this one from its end. A socket cannot be opened anew: it is asked before each write.
 */
export function openDescriptor(given: number): Descriptor {
  const kind = kindOf(given);
  const own = kind?.isFIFO() === true ? openAnew(given) : undefined;
  const fd = own ?? given;
  // Of a file the flag says nothing: disks are slow whatever it is.
  const shared = kind?.isFIFO() === true || kind?.isSocket() === true;
  const neverBlocks = (): boolean => own !== undefined || (shared && isNonBlocking(given));

  async function writeAll(bytes: Buffer): Promise<void> {
    let pause = 1;
    for (let rest = bytes; rest.length > 0;) {
      const taken = neverBlocks() ? tryWrite(fd, rest) : await writeElsewhere(fd, rest).then(({ bytesWritten }) => bytesWritten, none);
      rest = rest.subarray(taken);
      if (taken === 0) await sleep(pause);
      pause = taken === 0 ? Math.min(2 * pause, LONGEST_PAUSE_MS) : 1;
    }
  }

  return {
    writeNow: (bytes) => (neverBlocks() ? tryWrite(fd, bytes) : 0),
    write: writeAll,
    writeLast: (bytes) => void tryWrite(fd, bytes),
  };
}

const writeElsewhere = promisify(write);
/** What is wrong with the other end cannot be told to anyone: this is where it would be told. */
const none = (): number => 0;

function tryWrite(fd: number, bytes: Buffer): number {
  try {
    return writeSync(fd, bytes);
  } catch {
    return none();
  }
}

function kindOf(fd: number): Stats | undefined {
  try {
    return fstatSync(fd);
  } catch {
    return undefined;
  }
}

/** Undefined where that cannot be: on other systems than Linux, and for a pipe of another user. */
function openAnew(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

/** As Linux tells. */
function isNonBlocking(fd: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1] ?? "0";
    return (Number.parseInt(flags, 8) & constants.O_NONBLOCK) !== 0;
  } catch {
    return false;
  }
}
