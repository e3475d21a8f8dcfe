import { randomInt } from "node:crypto";

/** Texts of fewer characters are looked for by all of them, others by their first eight ninths or more, and then by all. */
export const EXACT = 64;
/** Longer texts are not looked for. */
const LONGEST = 65_536;

/** Lengths by their number: few, however long texts are, so that little is to be tried at one place. */
export const LENGTHS: readonly number[] = Array.from({ length: numberOf(LONGEST) + 1 }, (_, number) => lengthOf(number));

/** The number of the greatest length that is looked for in a text of `length` characters: each below {@link EXACT}, then eight between a power of two and the next. */
export function numberOf(length: number): number {
  if (length < EXACT) return length;
  const octave = 31 - Math.clz32(length);
  return EXACT + (octave - 6) * 8 + ((length >>> (octave - 3)) & 7);
}

function lengthOf(number: number): number {
  if (number < EXACT) return number;
  const [octave, eighths] = [6 + ((number - EXACT) >>> 3), (number - EXACT) & 7];
  return (8 + eighths) << (octave - 3);
}

/** Odd, so that no character is multiplied away, and other ones in each process, so that nobody can choose texts for their hashes. */
const [BASE, OTHER_BASE] = [2 * randomInt(2 ** 28, 2 ** 30) + 1, 2 * randomInt(2 ** 28, 2 ** 30) + 1];

function powers(base: number): Int32Array {
  const out = new Int32Array(LONGEST + 1).fill(1);
  for (let at = 1; at <= LONGEST; at++) out[at] = Math.imul(out[at - 1] ?? 0, base);
  return out;
}

const [POWERS, OTHER_POWERS] = [powers(BASE), powers(OTHER_BASE)];

/** Sums of so many characters find their place here, so that most texts need no memory. */
const KEPT = 16_384;
const [keptSums, keptOtherSums] = [new Int32Array(KEPT), new Int32Array(KEPT)];

/** The hashes of parts of one text, of 32 bits each: each character is read once for all parts. Of use until the next is made for another text. */
export class Hashes {
  readonly #text: string;
  /** From where to where characters are summed up. */
  #from = 0;
  #to = 0;
  #sums = keptSums;
  #otherSums = keptOtherSums;

  constructor(text: string) {
    this.#text = text;
    keptSums[0] = keptOtherSums[0] = 0;
  }

  /** Reads on, so that the part of this length at `at` has its hashes; false where the text ends before. Nobody goes back to what begins earlier. */
  reach(at: number, length: number): boolean {
    const end = at + length;
    if (end > this.#text.length) return false;
    if (at >= this.#to) this.#from = this.#to = at;
    if (end > this.#to) this.#readTo(end);
    return true;
  }

  #readTo(end: number): void {
    const [text, from] = [this.#text, this.#from];
    if (end - from >= this.#sums.length) this.#grow(end - from + 1);
    const [sums, otherSums] = [this.#sums, this.#otherSums];
    let [sum, otherSum] = [sums[this.#to - from] ?? 0, otherSums[this.#to - from] ?? 0];
    for (let at = this.#to; at < end; at++) {
      // One more, so that a zero at the beginning counts.
      const code = text.charCodeAt(at) + 1;
      sums[at - from + 1] = sum = (Math.imul(sum, BASE) + code) | 0;
      otherSums[at - from + 1] = otherSum = (Math.imul(otherSum, OTHER_BASE) + code) | 0;
    }
    this.#to = end;
  }

  #grow(least: number): void {
    const [sums, otherSums] = [this.#sums, this.#otherSums];
    const length = Math.max(least, 2 * sums.length);
    this.#sums = new Int32Array(length);
    this.#otherSums = new Int32Array(length);
    this.#sums.set(sums);
    this.#otherSums.set(otherSums);
  }

  one(at: number, length: number): number {
    return part(this.#sums, POWERS, at - this.#from, length);
  }

  other(at: number, length: number): number {
    return part(this.#otherSums, OTHER_POWERS, at - this.#from, length);
  }
}

function part(sums: Int32Array, powersOf: Int32Array, at: number, length: number): number {
  return ((sums[at + length] ?? 0) - Math.imul(sums[at] ?? 0, powersOf[length] ?? 0)) | 0;
}

/** Two hashes, and a figure with its owner. */
const WIDTH = 3;
const FEWEST_SLOTS = 64;
/** A table of this share of its slots, in fours, is made twice as large. */
const FULL_FOURTHS = 3;

/** Figures end below this; an owner's number takes the bits above. */
const FIGURE_BITS = 17;
export const MOST_FIGURE = 2 ** FIGURE_BITS - 1;
export const MOST_OWNERS = 2 ** (31 - FIGURE_BITS) - 1;

/** What belongs to nobody is found by all, and who asks for all finds what belongs to anybody. */
export const [NOBODY, ALL] = [0, -1];

/** Positive figures by pairs of hashes and owners, in twelve bytes each and some room: nothing is known of the texts but those. */
export class HashTable {
  #slots = new Int32Array(FEWEST_SLOTS * WIDTH);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The greatest figure of these hashes that the owner may find, or 0. */
  get(one: number, other: number, owner: number): number {
    const slots = this.#slots;
    let most = 0;
    for (let slot = this.#homeOf(one, other); ; slot = this.#after(slot)) {
      const held = slots[slot + 2] ?? 0;
      if (held === 0) return most;
      if (slots[slot] !== one || slots[slot + 1] !== other) continue;
      const of = held >>> FIGURE_BITS;
      if (of === owner || of === NOBODY || owner === ALL) most = Math.max(most, held & MOST_FIGURE);
    }
  }

  /** Keeps the greater of this figure of the owner and the one before. */
  raise(one: number, other: number, figure: number, owner: number): void {
    const slots = this.#slots;
    let slot = this.#homeOf(one, other);
    while ((slots[slot + 2] ?? 0) !== 0 && !this.#isAt(slot, one, other, owner)) slot = this.#after(slot);
    const before = slots[slot + 2] ?? 0;
    if (figure <= (before & MOST_FIGURE)) return;
    put(slots, slot, one, other, (owner << FIGURE_BITS) | figure);
    if (before > 0) return;
    this.#size += 1;
    if (this.#size * WIDTH * 4 > slots.length * FULL_FOURTHS) this.#grow();
  }

  #grow(): void {
    const before = this.#slots;
    const slots = (this.#slots = new Int32Array(before.length * 2));
    for (let at = 0; at < before.length; at += WIDTH) {
      const [one, other, held] = [before[at] ?? 0, before[at + 1] ?? 0, before[at + 2] ?? 0];
      if (held === 0) continue;
      let slot = this.#homeOf(one, other);
      while ((slots[slot + 2] ?? 0) !== 0) slot = this.#after(slot);
      put(slots, slot, one, other, held);
    }
  }

  #isAt(slot: number, one: number, other: number, owner: number): boolean {
    const slots = this.#slots;
    return slots[slot] === one && slots[slot + 1] === other && (slots[slot + 2] ?? 0) >>> FIGURE_BITS === owner;
  }

  /** Where these hashes stand first. The lower bits of such hashes say little: the upper ones of a product choose the slot. */
  #homeOf(one: number, other: number): number {
    const count = this.#slots.length / WIDTH;
    return (Math.imul(one ^ (other >>> 15), 0x9e3779b1) >>> (Math.clz32(count) + 1)) * WIDTH;
  }

  #after(slot: number): number {
    return slot + WIDTH === this.#slots.length ? 0 : slot + WIDTH;
  }
}

function put(slots: Int32Array, slot: number, one: number, other: number, held: number): void {
  slots[slot] = one;
  slots[slot + 1] = other;
  slots[slot + 2] = held;
}
