import { inspect } from "node:util";
import fc from "fast-check";
import { test } from "tap";
import { createLog } from "../src/log.ts";
import { createTestScrubber } from "./helpers/scrubber.ts";
import { isMask, MASK, reveal, Secret, secretParts } from "../src/secret.ts";

const secretText = fc.string({ unit: "binary", minLength: 4, maxLength: 40 }).filter((text) => !/\*/.test(text));

test("every printed form of a Secret is the mask", (t) => {
  fc.assert(
    fc.property(fc.string({ minLength: 6 }), (value) => {
      const secret = new Secret(value);
      const printed = [
        String(secret),
        JSON.stringify({ secret }),
        inspect(secret, { showHidden: true }),
        inspect({ a: [secret] }),
        secret + "",
      ];
      return printed.every((text) => text.includes(MASK)) && Object.keys(secret).length === 0 && reveal(secret) === value;
    }),
  );
  t.end();
});

test("a value of asterisks alone is a mask on its way back", (t) => {
  for (const text of ["*", "***", "*".repeat(88), "***\n", " ***", "\t***\r\n", "***\u200B", "\uFEFF***", "＊＊＊", "﹡*"])
    t.ok(isMask(new Secret(text)), JSON.stringify(text));
  for (const text of ["", " ", "a", "**a**", "* *", "***é", "\n".repeat(1_000_000)])
    t.notOk(isMask(new Secret(text)), JSON.stringify(text.slice(0, 9)));
  t.end();
});

test("the scrubber is total and idempotent, also for overlapping and nested secrets", (t) => {
  fc.assert(
    fc.property(
      fc.array(secretText, { minLength: 1, maxLength: 6 }),
      fc.string({ unit: "binary" }),
      fc.string(),
      (secrets, before, after) => {
        const scrubber = createTestScrubber();
        for (const secret of secrets) scrubber.add(secret);
        const text = before + secrets.join("") + after + secrets.join(before) + JSON.stringify(secrets);
        const clean = scrubber.scrub(text);
        return secrets.every((secret) => !clean.includes(secret)) && scrubber.scrub(clean) === clean;
      },
    ),
    { numRuns: 400 },
  );
  t.end();
});

test("no encoding of a value passes", (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 8, maxLength: 40 }), fc.nat(5), (value, pad) => {
      fc.pre(!value.includes("*"));
      const scrubber = createTestScrubber();
      scrubber.add(value);
      const bytes = Buffer.from(value);
      const encoded = [
        JSON.stringify(value),
        encodeURIComponent(value.toWellFormed()),
        bytes.toString("hex"),
        bytes.toString("hex").toUpperCase(),
        Buffer.concat([Buffer.alloc(pad, 120), bytes, Buffer.from("tail")]).toString("base64"),
        Buffer.concat([Buffer.alloc(pad, 120), bytes]).toString("base64url"),
      ];
      return encoded.every((text) => scrubber.scrub(text) !== text && scrubber.scrub(text).includes(MASK));
    }),
  );
  t.end();
});

test("a value goes as other programs write it", (t) => {
  const value = `https://a.example/?q=<x>&y='z'="ü"+\`k`;
  const ascii = (text: string): string => text.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const json = JSON.stringify(value).slice(1, -1);
  const strict = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const forms = {
    PHP: ascii(json.replaceAll("/", "\\/")),
    "PHP, with its option for Unicode": json.replaceAll("/", "\\/"),
    Python: ascii(json),
    Go: json.replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026"),
    Gson: json
      .replaceAll("<", "\\u003c")
      .replaceAll(">", "\\u003e")
      .replaceAll("&", "\\u0026")
      .replaceAll("'", "\\u0027")
      .replaceAll("=", "\\u003d"),
    ".NET": `https://a.example/?q=\\u003Cx\\u003E\\u0026y=\\u0027z\\u0027=\\u0022\\u00FC\\u0022\\u002B\\u0060k`,
    Jackson: value
      .replaceAll('"', '\\"')
      .replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0").toUpperCase()}`),
    "every character escaped": Array.from(value, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
    HTML: value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll("'", "&#39;"),
    "HTML, by numbers": Array.from(value, (char) => `&#x${(char.codePointAt(0) ?? 0).toString(16)};`).join(""),
    "RFC 3986": strict(value),
    "RFC 3986, in small letters": strict(value).replace(/%../g, (code) => code.toLowerCase()),
    "Python's quote": strict(value).replaceAll("%2F", "/"),
    "Python's quote_plus": strict(`${value} and more`).replaceAll("%20", "+").replace("+and+more", ""),
    "the query of an address": new URL(`http://x/?${value}`).search.slice(1),
    "RFC 3986, twice": strict(strict(value)),
    "an escape in an address": encodeURIComponent(json.replaceAll("<", "\\u003C")),
    "a form": new URLSearchParams({ value }).toString().slice(6),
    "a whole address": encodeURI(value),
    "twice encoded": encodeURIComponent(encodeURIComponent(value)),
    "every byte encoded": Buffer.from(value).toString("hex").replace(/../g, "%$&"),
    "every byte encoded, in capitals": Buffer.from(value).toString("hex").toUpperCase().replace(/../g, "%$&"),
    trimmed: value,
  };
  const scrubber = createTestScrubber();
  scrubber.add(`  ${value}\n`);
  for (const [name, form] of Object.entries(forms))
    t.equal(scrubber.scrub(`before ${form} after`), `before ${MASK} after`, `${name}, trimmed`);
  const exact = createTestScrubber();
  exact.add(value);
  for (const [name, form] of Object.entries(forms)) t.equal(exact.scrub(`before ${form} after`), `before ${MASK} after`, name);
  t.end();
});

test("a long value in base64 goes where its lines end", (t) => {
  const value = "correct horse battery staple, ".repeat(8).trim();
  const scrubber = createTestScrubber();
  scrubber.add(value);
  for (const [pad, end] of [
    ["", "\n"],
    ["a", "\r\n"],
    ["ab", "\n  "],
  ] as const) {
    const lines =
      Buffer.from(`${pad}${value}`)
        .toString("base64")
        .match(/.{1,76}/g) ?? [];
    const clean = scrubber.scrub(`before ${lines.join(end)} after`);
    t.match(clean, MASK);
    t.notOk(
      lines.slice(1, -1).some((line) => clean.includes(line)),
      clean,
    );
  }
  t.equal(scrubber.scrub("a line\nand another\n"), "a line\nand another\n");
  t.end();
});

test("what is no value stays as it was written", (t) => {
  const scrubber = createTestScrubber();
  scrubber.add("canary-value");
  for (const text of [
    "100%",
    "%zz %C3%28 %e2%82",
    "a+b \\u00e4 \\x %41",
    "%63anary-valu%66",
    "&#9999999; &x; &amp; &#x110000;",
    "\\",
    "+",
    "%",
    "a\n\n b",
  ])
    t.equal(scrubber.scrub(text), text);
  t.equal(scrubber.scrub("5% of %63anary%2Dvalue, %C3%A4"), `5% of ${MASK}, %C3%A4`);
  t.equal(scrubber.scrub("%F0%9F%98%80canary-value%F0%9F%98%80"), `%F0%9F%98%80${MASK}%F0%9F%98%80`);
  t.end();
});

test("a value goes that was put into JSON, and all of that into base64", (t) => {
  const value = 'name="someone"\nword="opensesame"';
  const scrubber = createTestScrubber();
  scrubber.add(value);
  for (const before of ["", "1", "12"]) {
    const encoded = Buffer.from(JSON.stringify({ [`k${before}`]: value })).toString("base64");
    const left = Buffer.from(scrubber.scrub(encoded).replaceAll(MASK, ""), "base64").toString("latin1");
    t.notMatch(left, /someone|sesame/);
  }
  t.end();
});

test("a key of several lines goes line by line, and its frame stays", (t) => {
  const lines = [
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC/KcwggSj+AgEAAoIBAQC",
    "7VJTUt9Us8cKjMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuicE",
    "short",
  ];
  const scrubber = createTestScrubber();
  scrubber.add(["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----", ""].join("\r\n"));
  t.equal(scrubber.scrub(`> ${lines[0]}`), `> ${MASK}`);
  t.equal(scrubber.scrub(JSON.stringify(lines[1]).replaceAll("/", "\\/")), `"${MASK}"`);
  t.equal(scrubber.scrub("-----BEGIN PRIVATE KEY----- short"), "-----BEGIN PRIVATE KEY----- short", "what anybody may write is not torn");
  t.end();
});

test("multi-line secrets, short ones and forgetting", (t) => {
  const scrubber = createTestScrubber(2);
  scrubber.add("-----BEGIN\nabc\n-----END");
  t.equal(scrubber.scrub('x "-----BEGIN\\nabc\\n-----END" y'), 'x "***" y');
  scrubber.add("en");
  t.equal(scrubber.scrub("locale en is open"), "locale *** is open", "a short value goes where it stands alone");
  scrubber.add("second-value");
  t.equal(scrubber.scrub("-----BEGIN\nabc\n-----END"), "-----BEGIN\nabc\n-----END", "the oldest is forgotten beyond the bound");
  t.same(scrubber.scrubTree({ a: ["second-value", 1, null], "second-value": true }), {
    a: ["***", 1, null],
    "***": true,
  });
  t.end();
});

test("a log line stays JSON", (t) => {
  const scrubber = createTestScrubber();
  scrubber.add("true");
  scrubber.add("canary-value");
  t.equal(scrubber.scrubLine('{"ok":true,"msg":"is true canary-value"}\n'), '{"ok":true,"msg":"is *** ***"}\n');
  t.equal(scrubber.scrubLine("not json canary-value\n"), "not json ***\n");
  t.equal(scrubber.scrubLine('{"ok":1}\n'), '{"ok":1}\n');
  t.end();
});

test("a log line is one line to every reader, and moves no terminal", (t) => {
  const lines: string[] = [];
  const log = createLog("info", createTestScrubber(), (line) => void lines.push(line));
  const controls = String.fromCharCode(0, 7, 10, 13, 27, 0x7f, 0x85, 0x9b, 0x200f, 0x2028, 0x2029, 0x202e, 0x2066);
  log.info({ subject: `a${controls}b` }, "ä");
  const [line = ""] = lines;
  t.match(line.slice(0, -1), /^[ -~\u00a0-\u200d]*$/u);
  t.match(JSON.parse(line), { subject: `a${controls}b`, msg: "ä" }, "and says what it said");
  t.end();
});

test("the secret parts of an address are known however it is written", (t) => {
  t.same(secretParts("postgres://host/db"), []);
  t.same(secretParts("http://u:p%40ss@proxy"), ["http://u:p%40ss@proxy", "p%40ss", "p@ss"]);
  t.same(secretParts("postgres://u:100%@host/db").slice(1), ["100%", "100%"], "a % that means nothing");
  t.same(secretParts("postgres://u:word@/db?host=/tmp").slice(1), ["word", "word"]);
  t.same(secretParts("postgres://u@host/db?password=word").slice(1), ["word", "word"]);
  t.end();
});
