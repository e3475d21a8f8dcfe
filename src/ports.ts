import type { Secret } from "./secret.ts";

/** What the process gives: where log lines go, its memory and files, and the keys that no setting names. */
export type Ports = {
  readonly write: (line: string) => void;
  /** Log lines that nobody took, so far. */
  readonly dropped?: () => number;
  /** The memory that the process may take, in bytes, and the share of it that is taken, 0 to 1. */
  readonly mostMemory: number;
  readonly takenShare: () => number;
  /** Files and connections that the process may have open. */
  readonly mostFiles: number;
  /** Signs development tokens. */
  readonly jwtSecret: Secret;
  /** Gives the key that signing secrets are derived from, for a gateway whose settings name none. */
  readonly webhookSecret: (databaseUrl: string) => Secret;
};
