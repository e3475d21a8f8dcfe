import { type Reading, readingsOf, seemsEncoded } from "./decoded.ts";
import type { Known } from "./known.ts";
import type { Span } from "./needles.ts";
import { MASK } from "../secret.ts";

/** How many characters may still be decoded, or looked through once more, for texts that are read in one go. */
export type Allowance = { left: number };

/** Looks through one text, for the values that an owner finds. */
export type Reader = {
  /** Whether there is anything to mask. */
  finds(text: string, owner: number): boolean;
  /** Whether all of the text is one value. */
  isValue(text: string, owner: number): boolean;
  scrub(text: string, owner: number, allowance: Allowance | undefined): string;
  /** The same without values so short that they must stand alone. */
  scrubLong(text: string, owner: number): string;
  /** Scrubs step by step, whatever it takes. */
  steps(text: string, owner: number): Generator<void, string>;
};

/** So much of a text is told, which is what the cloud that runs applications takes of a log line, and values that begin in there are looked for in so much more. */
const LONGEST = 256 * 1_024;
const MARGIN = 64 * 1_024;
/** Stands for what is not told, which is all of a text that it would take too long to decode. */
const CUT = "…";
/** What is in one line of the gateway's own log, or in a text that is alone. */
const MOST_DECODED = 1_024 * 1_024;

/** A text is looked through again so often, because a value may show only when another is masked. Whose is made of masks could have it go on for as long as it is. */
const MOST_LOOKS = 16;

/** A text, and where it ends for others. */
type Work = { readonly text: string; readonly end: number };

/** Makes the reader of what is known. */
export function createReader({ find, someShort, isShort }: Pick<Known, "find" | "someShort" | "isShort">): Reader {
  /** Places of values; where there are none as such, of those that were encoded in some other way. Undefined when that would take too long. */
  function* places(text: string, owner: number, allowance: Allowance): Generator<void, readonly Span[] | undefined> {
    const found = find(text, owner);
    if (found.length > 0 || !seemsEncoded(text)) return found;
    const readings = readingsOf(text);
    while (allowance.left > 0) {
      const reading = readings.next();
      if (reading.done === true) return found;
      allowance.left -= text.length;
      const spans = find(reading.value.text, owner);
      if (spans.length > 0) return spans.map((span) => originOf(span, reading.value));
      yield;
    }
    return undefined;
  }

  function* longSteps(text: string, owner: number, allowance: Allowance): Generator<void, string> {
    const isCut = text.length > LONGEST;
    let work: Work = isCut ? { text: text.slice(0, LONGEST + MARGIN), end: LONGEST } : { text, end: text.length };
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      const spans = yield* places(work.text, owner, allowance);
      if (spans === undefined) return CUT;
      if (spans.length === 0) return isCut ? `${work.text.slice(0, work.end).toWellFormed()}${CUT}` : work.text;
      work = masked(work, spans);
      allowance.left -= work.text.length;
      yield;
    }
    return CUT;
  }

  function shortOnes(text: string, owner: number): string {
    return someShort() ? text.replace(/[\p{L}\p{N}_-]+/gu, (word) => (isShort(word, owner) ? MASK : word)) : text;
  }

  const isClean = (text: string, owner: number): boolean => text.length <= LONGEST && find(text, owner).length === 0 && !seemsEncoded(text);

  const scrubLong = (text: string, owner: number, allowance: Allowance = { left: MOST_DECODED }): string =>
    isClean(text, owner) ? text : endOf(longSteps(text, owner, allowance));

  return {
    finds: (line, owner) =>
      find(line, owner).length > 0 || (seemsEncoded(line) && endOf(places(line, owner, { left: MOST_DECODED }))?.length !== 0),
    isValue: (text, owner) => {
      const [span] = find(text, owner);
      return span !== undefined && span[0] === 0 && span[1] === text.length;
    },
    scrub: (text, owner, allowance) => shortOnes(scrubLong(text, owner, allowance), owner),
    scrubLong: (text, owner) => scrubLong(text, owner),
    *steps(text, owner) {
      return shortOnes(yield* longSteps(text, owner, { left: Number.POSITIVE_INFINITY }), owner);
    },
  };
}

function originOf([start, end]: Span, { origin }: Reading): Span {
  return [origin(start), origin(end)];
}

function endOf<T>(steps: Generator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

function masked({ text, end }: Work, spans: readonly Span[]): Work {
  let [out, at] = ["", 0];
  let told = end;
  for (const [from, to] of spans) {
    out += text.slice(at, from) + MASK;
    at = to;
    // A value that is told in part is masked as a whole.
    if (from < end) told = to < end ? out.length + end - to : out.length;
  }
  return { text: out + text.slice(at), end: told };
}
