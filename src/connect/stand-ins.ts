import type { ProjectScrubber } from "../scrub/index.ts";
import type { Call, Fields } from "./call.ts";
import { createMarks, type Marks, type Subject } from "./marks.ts";
import type { Held } from "./memory.ts";
import type { Read } from "./read.ts";

/** Older answers of one project, for reads that upstream does not answer. */
export type StandIns = {
  /** The held answer, if it may be given to the caller in the place of a new one: not too old, and none from before a write of theirs to what it shows. */
  find<T>(call: Call, read: Read<T>, held: Held | undefined): Held | undefined;
  /** `principal` wrote, or may have. */
  wrote(principal: string, subject: Subject): void;
  /** Somebody wrote through another process, under the name that {@link Options.nameOf} gives. */
  heard(name: string, subject: Subject): void;
};

type Options = {
  readonly staleMs: number;
  readonly scrubber: ProjectScrubber;
  readonly now: () => number;
  /** What a principal is called among processes. */
  readonly nameOf: (principal: string) => string;
};

/** What tells one resource from others. */
const IDENTITY: Fields = { id: true, key: true };
type Identity = { readonly id?: string; readonly key?: string | null };

/** Makes the stand-ins of one project. */
export function createStandIns({ staleMs, scrubber, now, nameOf }: Options): StandIns {
  const [here, elsewhere] = [createMarks(now), createMarks(now)];

  function wroteSince<T>(marks: Marks, principal: string, { subject, form }: Read<T>, { answer, askedAt }: Held): boolean {
    const { kind, ref } = subject;
    if (marks.last(principal, { kind }) < askedAt) return false;
    if (ref === undefined) return true;
    // The write may have named it otherwise than the read does: the answer tells both names.
    const { id, key }: Identity = answer.read(form, IDENTITY, scrubber) as object;
    const refs = [ref, { id: id ?? "" }, { key: key ?? "" }];
    return refs.some((each) => marks.last(principal, { kind, ref: each }) >= askedAt);
  }

  return {
    find: (call, read, held) => {
      if (held === undefined || call.fresh !== undefined || now() - held.askedAt > staleMs) return undefined;
      const { principal } = call;
      if (principal === undefined) return held;
      if (here.newest() >= held.askedAt && wroteSince(here, principal, read, held)) return undefined;
      return elsewhere.newest() >= held.askedAt && wroteSince(elsewhere, nameOf(principal), read, held) ? undefined : held;
    },
    wrote: here.wrote,
    heard: elsewhere.wrote,
  };
}
