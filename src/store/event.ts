import { createHash } from "node:crypto";

/** An event before it has a number. */
export type NewEvent = {
  /** Derived from the fact, so that the same fact found twice has the same id. */
  readonly id: string;
  readonly type: string;
  readonly project: string;
  readonly resourceKey: string | undefined;
  readonly deploymentType: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** JSON of the event as every reader gets it. */
  readonly body: string;
};
export type StoredEvent = NewEvent & { readonly seq: number };

type Told = Pick<NewEvent, "id" | "type" | "project" | "at"> &
  Partial<Pick<NewEvent, "resourceKey" | "deploymentType">> & { readonly data: object };

/** The id of the event that tells of a fact: the same fact has the same, whoever finds it and how often. */
export function eventId(...fact: readonly (string | number)[]): string {
  return `evt_${createHash("sha256").update(JSON.stringify(fact)).digest("hex").slice(0, 32)}`;
}

/** An event whose body says when it was and what `data` says. */
export function newEvent({ id, type, project, resourceKey, deploymentType, at, data }: Told): NewEvent {
  const body = JSON.stringify({ id, type, timestamp: new Date(at).toISOString(), data });
  return { id, type, project, resourceKey, deploymentType, at, body };
}
