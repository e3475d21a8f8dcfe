import { createHmac } from "node:crypto";
import { inspect } from "node:util";

/** What every secured value looks like outside: one fixed length, whatever its own length is. */
export const MASK = "***";

let read: (secret: Secret) => string;

/**
 * A secured value. It is made at the door and opened only by {@link reveal}; every printed form of it is the mask, so that
 * logs, answers, errors and dumps mask by construction.
 */
export class Secret {
  readonly #value: string;

  static {
    read = (secret) => secret.#value;
  }

  constructor(value: string) {
    this.#value = value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [Symbol.toPrimitive](): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}

/** Stands for a secured value in an answer of upstream: upstream only ever sends a mask, so nothing is kept. */
export const MASKED: Secret = new Secret("");

/** Any printed character of ASCII but the asterisk: nearly every value has one near its beginning, and is no mask. */
const PRINTED = /[!-)+-~]/;
/** Asterisks, and around them white space and characters that show nothing. */
const ASTERISKS = /^[\s\p{Cc}\p{Cf}]*\*+[\s\p{Cc}\p{Cf}]*$/u;

/** Tells whether a secret consists of asterisks alone, also wide ones or with blanks around them: a mask on its way back, which would overwrite the real value. */
export function isMask(secret: Secret): boolean {
  const text = read(secret);
  return !PRINTED.test(text) && ASTERISKS.test(text.normalize("NFKC"));
}

/** Opens a secret. Only the serialiser of upstream requests may call it; `test/architecture.test.ts` holds that. */
export function reveal(secret: Secret): string {
  return read(secret);
}

/**
 * A digest of anything that may hold secrets, under `key`: equal for equal contents, and of no use to guess them by. The order of members counts for
 * nothing, nor does one that is null or undefined.
 */
export function digestOf(key: Secret, value: unknown): string {
  const text = JSON.stringify(value, function replacer(this: Record<string, unknown>, name: string, printed: unknown): unknown {
    const raw = this[name];
    if (raw instanceof Secret) return ["secret", read(raw)];
    if (printed === null || typeof printed !== "object" || Array.isArray(printed)) return printed;
    const members = Object.entries(printed).filter(([, member]) => member !== null && member !== undefined);
    return Object.fromEntries(members.toSorted(([one], [other]) => (one < other ? -1 : 1)));
  });
  return createHmac("sha256", read(key)).update(text).digest("hex");
}

/** What of an address with a password is secret: the whole of it, and the password, which that of a database may have in its query as well. */
export function secretParts(address: string): readonly string[] {
  const url = URL.parse(address) ?? URL.parse(address.replace("@/", "@host/"));
  const passwords = [url?.password, url?.searchParams.get("password")].flatMap((text) => (text ? [text, decoded(text)] : []));
  return passwords.length === 0 ? [] : [address, ...passwords];
}

/** The text itself where a `%` in it means nothing. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
