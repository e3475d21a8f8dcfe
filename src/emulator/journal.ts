/** One thing that happened, in the order in which it happened. */
export type Entry =
  | {
      readonly kind: "request";
      readonly at: string;
      readonly method: string;
      readonly path: string;
      readonly query: string;
      /** 0 when the connection ended before a status was sent. */
      readonly status: number;
      readonly correlationId: string;
      readonly userAgent: string | undefined;
    }
  | {
      readonly kind: "transition";
      readonly at: string;
      readonly resource: "deployment" | "connectorStaged";
      readonly id: string;
      readonly key: string | undefined;
      readonly version: number;
      readonly status: string;
    };

/** What the emulator saw and did, newest last. Bodies, tokens and configuration values are never kept. */
export type Journal = { add(entry: Entry): void; entries(): readonly Entry[]; clear(): void };

/** Entries that are kept; older ones are dropped. */
const MAX = 50_000;

/** Makes an empty journal. */
export function createJournal(): Journal {
  let held: Entry[] = [];
  return {
    add: (entry) => {
      held.push(entry);
      if (held.length > MAX) held = held.slice(MAX / 10);
    },
    entries: () => held,
    clear: () => void (held = []),
  };
}
