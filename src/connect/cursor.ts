export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const BACKSLASH = 0x5c;

/**
 * Walks over one JSON text; `at` is where the next character is read. What is passed over is not looked at, but for its brackets and quotes. A text that
 * ends early or goes astray is a SyntaxError.
 */
export class Cursor {
  readonly text: string;
  at = 0;
  /** Where the next backslash stands, at or after a place that was asked about. */
  #escape = -1;

  constructor(text: string) {
    this.text = text;
  }

  /** Throws when something is left. */
  end(): void {
    if (!Number.isNaN(this.next())) throw new SyntaxError("text after the end");
  }

  /** The next character that is no white space, which stays the next one; NaN at the end. */
  next(): number {
    let code = this.text.charCodeAt(this.at);
    while (code <= 0x20) code = this.text.charCodeAt(++this.at);
    return code;
  }

  /** The value that begins with `first`, read by the ordinary reader. */
  whole(first: number): unknown {
    const start = this.at;
    if (first === OPEN_OBJECT || first === OPEN_LIST) this.skipNested();
    else this.skipPlain(first);
    return JSON.parse(this.text.slice(start, this.at));
  }

  /** Where the next backslash stands, at or after `start`. */
  escapeFrom(start: number): number {
    if (this.#escape < start) {
      const found = this.text.indexOf("\\", start);
      this.#escape = found < 0 ? Number.MAX_SAFE_INTEGER : found;
    }
    return this.#escape;
  }

  /** Passes over a value that begins with `first` and is no object and no list. */
  skipPlain(first: number): void {
    if (first === QUOTE) return this.skipString();
    const { text } = this;
    const start = this.at;
    for (let code = first; code > 0x20 && code !== COMMA && code !== CLOSE_OBJECT && code !== CLOSE_LIST;)
      code = text.charCodeAt(++this.at);
    if (this.at === start) throw new SyntaxError("a value expected");
    return undefined;
  }

  /** Passes over an object or a list. */
  skipNested(): void {
    const { text } = this;
    for (let depth = 0; this.at < text.length;) {
      const code = text.charCodeAt(this.at);
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
    const { text } = this;
    const start = this.at + 1;
    let end = text.indexOf('"', start);
    while (end > 0 && text.charCodeAt(end - 1) === BACKSLASH && isEscaped(text, end)) end = text.indexOf('"', end + 1);
    if (end < 0) throw new SyntaxError("the text ends early");
    this.at = end + 1;
  }
}

/** Whether an odd number of backslashes stands before a quote. */
function isEscaped(text: string, quote: number): boolean {
  let start = quote;
  while (text.charCodeAt(start - 1) === BACKSLASH) start--;
  return (quote - start) % 2 === 1;
}
