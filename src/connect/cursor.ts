export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const BACKSLASH = 0x5c;
const SPACE = 0x20;
/** No byte: the end. */
const END = -1;

/**
 * Walks over the bytes of one JSON text; `at` is where the next one is read. What is passed over is not looked at, but for its brackets and quotes. A text
 * that ends early or goes astray is a SyntaxError. Bytes and not characters: a text of 126 kB that is made for each page costs as much as reading it, and
 * no byte of a character in UTF-8 is taken for a bracket or a quote.
 */
export class Cursor {
  readonly bytes: Buffer;
  at = 0;
  /** Of the string that was passed over last: whether it has an escape, and whether it has characters beyond ASCII. */
  escaped = false;
  beyondAscii = false;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Throws when something is left. */
  end(): void {
    if (this.next() !== END) throw new SyntaxError("text after the end");
  }

  /** The byte that is read next. */
  peek(): number {
    return this.at < this.bytes.length ? (this.bytes[this.at] ?? END) : END;
  }

  /** The next byte that is no white space, which stays the next one. */
  next(): number {
    let code = this.peek();
    while (code <= SPACE && code !== END) {
      this.at++;
      code = this.peek();
    }
    return code;
  }

  /** The value that begins with `first`, read by the ordinary reader. */
  whole(first: number): unknown {
    const start = this.at;
    if (first === OPEN_OBJECT || first === OPEN_LIST) this.skipNested();
    else this.skipPlain(first);
    return JSON.parse(this.bytes.toString("utf8", start, this.at));
  }

  /** Passes over a value that begins with `first` and is no object and no list. */
  skipPlain(first: number): void {
    if (first === QUOTE) return this.skipString();
    const start = this.at;
    for (let code = first; code > SPACE && code !== COMMA && code !== CLOSE_OBJECT && code !== CLOSE_LIST; code = this.peek()) this.at++;
    if (this.at === start) throw new SyntaxError("a value expected");
    return undefined;
  }

  /** Passes over an object or a list. */
  skipNested(): void {
    const { bytes } = this;
    for (let depth = 0; this.at < bytes.length;) {
      const code = bytes[this.at];
      if (code === QUOTE) {
        this.skipString();
        continue;
      }
      this.at++;
      if (code === OPEN_OBJECT || code === OPEN_LIST) depth++;
      else if ((code === CLOSE_OBJECT || code === CLOSE_LIST) && --depth === 0) return;
    }
    throw new SyntaxError("the text ends early");
  }

  skipString(): void {
    const { bytes } = this;
    let bits = 0;
    this.escaped = false;
    for (let at = this.at + 1; at < bytes.length; at++) {
      const code = bytes[at] ?? END;
      if (code === QUOTE) {
        this.beyondAscii = bits > 0x7f;
        this.at = at + 1;
        return;
      }
      bits |= code;
      if (code !== BACKSLASH) continue;
      this.escaped = true;
      at++;
    }
    throw new SyntaxError("the text ends early");
  }

  /** Whether these bytes stand here. */
  stands(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    const { length } = expected;
    if (at + length > bytes.length) return false;
    for (let index = 0; index < length; index++) if (bytes[at + index] !== expected[index]) return false;
    return true;
  }
}
