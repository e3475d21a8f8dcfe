import { openSync, readFileSync, readSync } from "node:fs";
import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";

const limit = process.constrainedMemory();
const isLinux = process.platform === "linux";

/** The memory that this process may take, in bytes: what its container allows, else what the machine has. */
export const mostMemory: number = limit > 0 && limit < totalmem() ? limit : totalmem();

/** Files and connections that this process may have open; nothing is known of other systems. Node asks for as many as it can get. */
export const mostFiles: number = isLinux ? openFiles() : Number.POSITIVE_INFINITY;

function openFiles(): number {
  const most = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
  return most === undefined ? Number.POSITIVE_INFINITY : Number(most);
}

// Kept open: it is read when the process has no file left, too.
const status = isLinux ? openSync("/proc/self/status", "r") : undefined;
const page = Buffer.alloc(4_096);

/** Memory that cannot be had back by the system, in bytes: not the pages of files, which count against nobody. */
export function takenMemory(): number {
  if (status === undefined) return process.memoryUsage.rss();
  const text = page.toString("latin1", 0, readSync(status, page, 0, page.length, 0));
  const kilobytes = /^RssAnon:\s+(\d+) kB/m.exec(text)?.[1];
  return kilobytes === undefined ? process.memoryUsage.rss() : Number(kilobytes) * 1_024;
}

/** The share of its memory that the process has taken, 0 to 1: of all that it may have, or of what its heap may grow to if that is nearer its end. */
export function takenShare(): number {
  const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics();
  return Math.max(takenMemory() / mostMemory, used / most);
}
