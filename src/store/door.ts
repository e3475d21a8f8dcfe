import { performance } from "node:perf_hooks";
import { gatewayError } from "../errors.ts";
import { OutageError } from "./outage.ts";

type Room = Readonly<Record<string, (...args: never[]) => Promise<unknown>>>;

/** The way into the store: an outage of the database leaves it as `StorageUnavailable`, and is remembered. */
export type Door = {
  /** The same functions, behind the door. */
  through<T extends Room>(name: string, room: T): T;
  /** Whether the database did what it was last asked for. */
  well(): boolean;
};

/** What failed and was not tried again says nothing any more after so many milliseconds. */
const REMEMBERED_MS = 10_000;

/** Makes the door; `elapsed` is monotonic, in milliseconds. */
export function createDoor(elapsed: () => number = () => performance.now()): Door {
  // By function: on a full disk reads succeed and writes do not.
  const failed = new Map<string, number>();

  async function pass<R>(name: string, work: () => Promise<R>): Promise<R> {
    try {
      const result = await work();
      failed.delete(name);
      return result;
    } catch (error) {
      if (!(error instanceof OutageError)) throw error;
      failed.set(name, elapsed());
      throw gatewayError("StorageUnavailable", undefined, { retryAfter: 1, cause: error.cause });
    }
  }

  return {
    through: <T extends Room>(name: string, room: T) =>
      Object.fromEntries(
        Object.entries(room).map(([each, work]) => [each, (...args: never[]) => pass(`${name}.${each}`, () => work(...args))]),
      ) as T,
    well: () => [...failed.values()].every((at) => at + REMEMBERED_MS < elapsed()),
  };
}
