import { EXACT, Hashes, HashTable, LENGTHS, MOST_FIGURE, NOBODY, numberOf } from "./hashes.ts";

export type Span = readonly [start: number, end: number];

/** Sets of texts to be found in others. Nothing of the texts is kept but hashes. */
export type Needles = {
  /** Adds a text of {@link SHORT} characters or more to a set, for texts of the owner; an `open` one hides all that follows it. */
  add(set: number, needle: string, open: boolean, owner: number): void;
  /** How much is kept about the texts of a set: two entries for each at most. */
  size(set: number): number;
  /** Forgets the texts of a set. */
  clear(set: number): void;
  /** All places of all texts of the owner and of nobody, overlapping ones merged, so that no end of a second secret survives the first. */
  find(text: string, owner: number): readonly Span[];
};

/** The fewest characters of a text that can be found. */
export const SHORT = 4;

/** The hash of the four characters that end with `code`, when `before` was that of the four before: older ones are shifted out. */
const roll = (before: number, code: number): number => ((before << 4) ^ code) & 0xffff;
const KEYS = 65_536;
/** So many of its values, few enough to stay at hand, are asked for first: most logs and texts meet none that is taken. */
const PLACES = 16_384;

/** For each hash of four characters the lengths of texts that begin so, by their numbers, as bits of so many words. */
const WORDS = Math.ceil(LENGTHS.length / 32);

/** Hides what follows to the end. */
const OPEN = MOST_FIGURE;

/** Longer texts that begin alike may have so many lengths. When there are more, all that follows such a beginning is hidden: to try each would take too long. */
const MOST_LENGTHS = 8;
/** Sets apart what is known of one beginning, and what is known of whole texts. */
const apart = (hash: number, ordinal: number): number => hash ^ Math.imul(ordinal, 0x85ebca6b);
const WHOLE = -1;

/** For the hashes of a text of less than {@link EXACT} characters how much is to be hidden, for those of a longer one's beginning the lengths that it may have. */
type NeedleSet = { readonly bit: number; readonly lengths: Int32Array; readonly hidden: HashTable };

/** Makes sets of texts, `count` of them, eight at most. A text without any of them is read once and nothing is allocated. */
export function createNeedles(count: number): Needles {
  /** Which sets have texts that begin so, as bits. */
  const [places, keys] = [new Uint8Array(PLACES), new Uint8Array(KEYS)];
  const sets: (NeedleSet | undefined)[] = Array.from({ length: count }, () => undefined);

  function add(set: number, needle: string, open: boolean, owner: number): void {
    const { bit, lengths, hidden } = (sets[set] ??= { bit: 1 << set, lengths: new Int32Array(KEYS * WORDS), hidden: new HashTable() });
    let key = 0;
    for (let at = 0; at < SHORT; at++) key = roll(key, needle.charCodeAt(at));
    const number = numberOf(needle.length);
    const word = key * WORDS + (number >>> 5);
    places[key % PLACES] = (places[key % PLACES] ?? 0) | bit;
    keys[key] = (keys[key] ?? 0) | bit;
    lengths[word] = (lengths[word] ?? 0) | (1 << (number & 31));
    note(hidden, needle, LENGTHS[number] ?? 0, open ? OPEN : needle.length, owner);
  }

  function clear(set: number): void {
    sets[set] = undefined;
    for (const bits of [places, keys]) bits.forEach((each, place) => (bits[place] = each & ~(1 << set)));
  }

  /** How many characters are to be hidden `at` a place of a text whose next four have this hash, for the texts of some sets. */
  function lookIn(bits: number, hashes: Hashes, at: number, key: number, owner: number): number {
    let most = 0;
    for (let set = 0; set < count; set++) {
      const each = sets[set];
      if (each !== undefined && (bits & each.bit) !== 0) most = Math.max(most, look(each, hashes, at, key, owner));
    }
    return most;
  }

  function find(text: string, owner: number): Span[] {
    const spans: [number, number][] = [];
    let hashes: Hashes | undefined;
    let key = 0;
    for (let end = 0; end < text.length; end++) {
      key = roll(key, text.charCodeAt(end));
      if (places[key % PLACES] === 0 || keys[key] === 0 || end < SHORT - 1) continue;
      const at = end - SHORT + 1;
      hashes ??= new Hashes(text);
      const hidden = lookIn(keys[key] ?? 0, hashes, at, key, owner);
      if (hidden > 0) merge(spans, at, hidden === OPEN ? text.length : Math.min(at + hidden, text.length));
    }
    return spans;
  }

  return { add, size: (set) => sets[set]?.hidden.size ?? 0, clear, find };
}

/**
 * Keeps what is to be hidden where the first `length` characters of a text are met. That some begin so, and how long those are, is nobody's: whose a text is stands
 * with all of it.
 */
function note(hidden: HashTable, needle: string, length: number, most: number, owner: number): void {
  const hashes = new Hashes(needle);
  hashes.reach(0, needle.length);
  const [one, other] = [hashes.one(0, length), hashes.other(0, length)];
  if (length < EXACT || most === OPEN) return hidden.raise(one, other, most, owner);
  hidden.raise(apart(hashes.one(0, most), WHOLE), hashes.other(0, most), most, owner);
  for (let ordinal = 0; ordinal < MOST_LENGTHS; ordinal++) {
    const known = hidden.get(apart(one, ordinal), other, owner);
    if (known === 0) hidden.raise(apart(one, ordinal), other, most, NOBODY);
    if (known === 0 || known === most || known === OPEN) return;
  }
  hidden.raise(one, other, OPEN, owner);
}

/** The same for one set. */
function look({ lengths, hidden }: NeedleSet, hashes: Hashes, at: number, key: number, owner: number): number {
  let most = 0;
  for (let word = 0; word < WORDS; word++) {
    for (let bits = lengths[key * WORDS + word] ?? 0; bits !== 0; bits &= bits - 1) {
      const length = LENGTHS[word * 32 + 31 - Math.clz32(bits & -bits)] ?? 0;
      if (!hashes.reach(at, length)) return most;
      const [one, other] = [hashes.one(at, length), hashes.other(at, length)];
      const first = hidden.get(one, other, owner);
      if (first > 0) most = Math.max(most, length < EXACT || first === OPEN ? first : longest(hidden, hashes, at, one, other, owner));
    }
  }
  return most;
}

/** The longest whole text `at` a place where the beginning of some has these hashes. */
function longest(hidden: HashTable, hashes: Hashes, at: number, one: number, other: number, owner: number): number {
  let most = 0;
  for (let ordinal = 0; ordinal < MOST_LENGTHS; ordinal++) {
    const length = hidden.get(apart(one, ordinal), other, owner);
    if (length === 0) break;
    if (length <= most || !hashes.reach(at, length)) continue;
    if (hidden.get(apart(hashes.one(at, length), WHOLE), hashes.other(at, length), owner) === length) most = length;
  }
  return most;
}

function merge(spans: [number, number][], start: number, end: number): void {
  const last = spans.at(-1);
  if (last !== undefined && last[1] >= start) last[1] = Math.max(last[1], end);
  else spans.push([start, end]);
}
