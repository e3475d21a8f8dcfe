import { readFileSync } from "node:fs";
import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";

const limit = process.constrainedMemory();

/** The memory that this process may take, in bytes: what its container allows, else what the machine has. */
export const mostMemory: number = limit > 0 && limit < totalmem() ? limit : totalmem();

/** Files and connections that this process may have open; nothing is known of other systems. Node asks for as many as it can get. */
export const mostFiles: number = process.platform === "linux" ? openFiles() : Number.POSITIVE_INFINITY;

function openFiles(): number {
  const most = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
  return most === undefined ? Number.POSITIVE_INFINITY : Number(most);
}

const PAGE = 4_096;

/** Memory that cannot be had back by the system, in bytes: not the pages of files, which count against nobody. */
function taken(): number {
  if (process.platform !== "linux") return process.memoryUsage.rss();
  const [, resident = 0, shared = 0] = readFileSync("/proc/self/statm", "latin1").split(" ").map(Number);
  return (resident - shared) * PAGE;
}

/** The share of its memory that the process has taken, 0 to 1: of all that it may have, or of what its heap may grow to if that is nearer its end. */
export function takenShare(): number {
  const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics();
  return Math.max(taken() / mostMemory, used / most);
}
