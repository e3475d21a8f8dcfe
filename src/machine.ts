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

// Both are kept open: they are read when the process has no file left, too.
const status = isLinux ? openSync("/proc/self/status", "r") : undefined;
const group = isLinux && mostMemory === limit ? openGroup() : undefined;
const page = Buffer.alloc(8_192);

/** What tells of the memory of this process's control group; undefined where the system has none of the second form. */
function openGroup(): number | undefined {
  const path = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "latin1"))?.[1] ?? "/";
  try {
    return openSync(`/sys/fs/cgroup${path}/memory.stat`, "r");
  } catch {
    return undefined;
  }
}

const textOf = (file: number): string => page.toString("latin1", 0, readSync(file, page, 0, page.length, 0));

/** Memory that cannot be had back by the system, in bytes: not the pages of files, which count against nobody. */
export function takenMemory(): number {
  if (group !== undefined) return countedMemory(textOf(group));
  const kilobytes = status === undefined ? undefined : /^RssAnon:\s+(\d+) kB/m.exec(textOf(status))?.[1];
  return kilobytes === undefined ? process.memoryUsage.rss() : Number(kilobytes) * 1_024;
}

/** What a control group of the second form counts, and does not get back when memory ends. */
const COUNTED = /^(?:anon|shmem|sock|kernel_stack|pagetables|slab_unreclaimable) (\d+)$/gm;

/**
 * The same of a whole group, from its `memory.stat`, in bytes. There answers of upstream count while they lie in the kernel as well: of a page of 500 deployments
 * that waits for its turn that is 2 MB.
 */
export function countedMemory(stat: string): number {
  return stat.matchAll(COUNTED).reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}

/** Between two looks one large answer may come, in bytes, with all that is made of it. */
const ONE_ANSWER = 16 * 1024 * 1024;

/** The share of its memory that the process has taken, 0 to 1: of all that it may have, but for {@link ONE_ANSWER}, or of what its heap may grow to if that is nearer its end. */
export function takenShare(): number {
  const { used_heap_size: used, heap_size_limit: most } = getHeapStatistics();
  return Math.max(takenMemory() / (mostMemory - ONE_ANSWER), used / most);
}
