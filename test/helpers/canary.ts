/** A secret that is easy to find again: letters and digits first, then what encoders change. */
export const CANARY = `cnry7Secret4291-"quoted"\n/ü+`;
const CORE = "cnry7Secret4291";

function base64Cores(text: string): string[] {
  // Three alignments; the first and last characters depend on the neighbours and are cut.
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift, 97), Buffer.from(text)])
      .toString("base64")
      .replaceAll("=", "")
      .slice(shift === 0 ? 0 : 4, -2);
    return [encoded, encoded.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** The forms in which a text would give the canary away: plain, base64 at any alignment, hex, reversed, code points in percent or JSON escapes. */
const FORMS: readonly string[] = [
  CORE,
  ...base64Cores(CORE),
  Buffer.from(CORE).toString("hex"),
  Buffer.from(CORE).toString("hex").toUpperCase(),
  Array.from(CORE, (letter) => `%${letter.charCodeAt(0).toString(16)}`).join(""),
  Array.from(CORE, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join(""),
].map((form) => form.toLowerCase());

/** The forms of the canary that a text holds, in any letter case. */
export function leaks(text: string): readonly string[] {
  const low = text.toLowerCase();
  return FORMS.filter((form) => low.includes(form));
}
