import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { test } from "tap";

type File = { readonly path: string; readonly source: string };
type Import = { readonly target: string; readonly typeOnly: boolean; readonly names: readonly string[] };
type Row = { readonly may: readonly string[]; readonly types?: readonly string[] };

const CORRIDOR = [
  "batch",
  "connector",
  "errors",
  "gc",
  "headers",
  "identifiers",
  "secret",
  "scrub",
  "log",
  "meter",
  "long-lived",
  "nearest",
  "pressure",
  "sse",
  "timing",
  "tracer",
  "tunnels",
];

/** Who may import whom: a room by its door, or one file by its path; `types` only with `import type`. A room without a row is a fault. */
const ROOMS: Readonly<Record<string, Row>> = {
  main: { may: ["app", "config", "banner", "start-failure", "key-file", "machine", "quiet", "ticks", ...CORRIDOR] },
  ports: { may: ["secret"] },
  machine: { may: [] },
  batch: { may: [] },
  gc: { may: [] },
  pressure: { may: ["gc"] },
  quiet: { may: ["gc"] },
  ticks: { may: [] },
  folder: { may: [] },
  "key-file": { may: ["folder", "secret"] },
  backend: {
    may: ["connect", "feed", "plugins", "projects", "services", "store", "watch", "webhooks", ...CORRIDOR],
    types: ["config", "ports"],
  },
  app: {
    may: ["backend", "connect", "graphql", "plugins", "projects", "rest", "services", ...CORRIDOR],
    types: ["config", "ports"],
  },
  projects: { may: ["connect", "emulator", "store", ...CORRIDOR], types: ["config", "feed", "plugins"] },
  "start-failure": { may: [] },
  banner: { may: ["identifiers"], types: ["app"] },
  config: { may: [...CORRIDOR], types: ["connect", "graphql", "plugins", "rest", "services"] },
  graphql: { may: ["services", "connect/model.ts", ...CORRIDOR], types: ["connect"] },
  rest: { may: ["services", "connect/model.ts", ...CORRIDOR], types: ["connect"] },
  plugins: { may: [...CORRIDOR], types: ["services"] },
  services: { may: ["connect", "connect/model.ts", "store", "feed", ...CORRIDOR] },
  watch: { may: ["connect", "store", "loop", ...CORRIDOR] },
  webhooks: { may: ["store", "loop", ...CORRIDOR] },
  feed: { may: ["store", "loop", ...CORRIDOR] },
  store: { may: ["folder", ...CORRIDOR] },
  loop: { may: [] },
  sse: { may: ["errors", "long-lived"] },
  "long-lived": { may: [] },
  connect: { may: [...CORRIDOR] },
  emulator: { may: [] },
  secret: { may: [] },
  meter: { may: [] },
  nearest: { may: [] },
  headers: { may: ["errors"] },
  identifiers: { may: [] },
  timing: { may: [] },
  tracer: { may: [] },
  connector: { may: [] },
  tunnels: { may: ["connector", "secret"] },
  errors: { may: [] },
  scrub: { may: ["secret"] },
  log: { may: ["descriptor", "errors", "scrub"] },
  descriptor: { may: [] },
};

/** Packages that only these rooms may name, types included. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  undici: ["connect", "connector", "tunnels", "webhooks"],
  "lru-cache": ["connect", "graphql", "plugins", "services"],
  mercurius: ["graphql"],
  graphql: ["graphql"],
  "graphql-jit": ["graphql"],
  dataloader: ["graphql"],
  "graphql-ws": ["graphql"],
  ws: ["graphql"],
  "@fastify/jwt": ["plugins"],
  "@fastify/swagger": ["plugins"],
  "prom-client": ["plugins"],
  "@opentelemetry/api": ["plugins"],
  "@opentelemetry/sdk-trace": ["plugins"],
  kysely: ["store"],
  pg: ["store"],
  "node:sqlite": ["store"],
  fastify: ["app", "emulator", "graphql", "plugins", "rest"],
  "node:process": ["main"],
};

const REVEALERS = /^src\/(connect\/.+|plugins\/(auth|telemetry)|services\/webhooks|webhooks\/signature|backend|secret|tunnels)\.ts$/;
const PROCESS = ["src/main.ts", "src/key-file.ts", "src/machine.ts", "src/emulator/main.ts"];
const GENERATED = ["src/graphql/schema.types.ts"];
const MOST_LINES = 250;

const COMMENT = String.raw`\/\/[^\n]*|\/\*[\s\S]*?\*\/`;
const REGEX = String.raw`(?<=(?:[=(,:[!&|?{};>]|\breturn)\s*)\/(?![*/])(?:[^\\/\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*`;
const TEXT = String.raw`"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\x60(?:[^\x60\\]|\\[\s\S])*\x60`;
const PARTS = new RegExp(`(?<comment>${COMMENT})|${REGEX}|${TEXT}`, "g");

/** The code without comments; texts and regular expressions go as well unless `keepTexts`. */
function codeOf(source: string, keepTexts: boolean): string {
  return source.replace(PARTS, (part, comment: string | undefined) => (comment === undefined && keepTexts ? part : " "));
}

const NAMED = String.raw`\{[^}]*\}`;
const FROM = new RegExp(
  String.raw`\b(?:import|export)\s+(?<type>type\s+)?(?<what>(?:\w+\s*,\s*)?(?:\*(?:\s*as\s+\w+)?|${NAMED})|\w+)\s*from\s*["'](?<from>[^"']+)`,
  "g",
);
const CALLED = new RegExp(
  String.raw`(?:const\s*(?<what>${NAMED})\s*=\s*await\s+)?\bimport\(\s*(?:["'\x60](?<from>[^"'\x60]+)["'\x60]\s*\))?`,
  "g",
);
const BARE = /\b(?:import|declare\s+module)\s+["'](?<from>[^"']+)/g;

/** Every import, re-export, `import()` and `declare module` of a file; a relative one as the path under the root. `import()` of no fixed name is "?". */
function importsOf({ path, source }: File): Import[] {
  const code = codeOf(source, true);
  return [FROM, CALLED, BARE].flatMap((pattern) =>
    [...code.matchAll(pattern)].map(({ groups }) => {
      const from = groups?.["from"] ?? "?";
      const what = groups?.["what"] ?? "*";
      const names = what.includes("{") ? what.replaceAll(/[{}]/g, " ").split(",") : [what];
      return {
        target: from.startsWith(".") ? posix.join(posix.dirname(path), from) : from,
        typeOnly: groups?.["type"] !== undefined,
        names: names.map(
          (name) =>
            name
              .trim()
              .replace(/^type\s+/, "")
              .split(/\s*[: ]\s*/)[0] ?? "",
        ),
      };
    }),
  );
}

const isOurs = ({ target }: Import): boolean => /^(\.\.\/|src\/|scripts\/|test\/)/.test(target);
const roomOf = (path: string): string => /^src\/([^/]+?)(\/|\.ts$)/.exec(path)?.[1] ?? "(outside src)";
const packageOf = (target: string): string => /^(@[^/]+\/)?[^/]+/.exec(target)?.[0] ?? target;

/** The door a path is: the room's name, a file that is a door of its own, or undefined for what is private. */
function doorOf(path: string): string | undefined {
  const room = roomOf(path);
  if (path === `src/${room}.ts` || path === `src/${room}/index.ts`) return room;
  // Every plugin is a door: they share nothing that an index could hide.
  if (room === "plugins") return room;
  return path === "src/connect/model.ts" ? "connect/model.ts" : undefined;
}

/** Each rule as a pure function: what is wrong with a file, in words. */
const RULES: Readonly<Record<string, (file: File) => string[]>> = {
  rooms: (file) => {
    const room = roomOf(file.path);
    const row = ROOMS[room];
    if (row === undefined) return [`the room ${room} is not in the table`];
    return importsOf(file)
      .filter((each) => isOurs(each) && roomOf(each.target) !== room)
      .filter(({ target, typeOnly }) => {
        const allowed = typeOnly ? [...row.may, ...(row.types ?? [])] : row.may;
        const door = doorOf(target);
        return !allowed.includes(door ?? roomOf(target));
      })
      .map(({ target, typeOnly }) => `${room} may not import ${target}${typeOnly ? "" : " as running code"}`);
  },
  doors: (file) =>
    importsOf(file)
      .filter((each) => isOurs(each) && roomOf(each.target) !== roomOf(file.path) && doorOf(each.target) === undefined)
      .map(({ target }) => `${target} is private to its room`),
  packages: (file) =>
    importsOf(file)
      .filter((each) => !isOurs(each) && PACKAGES[packageOf(each.target)]?.includes(roomOf(file.path)) === false)
      .map(({ target }) => `${packageOf(target)} may not appear here`),
  "computed imports": (file) =>
    importsOf(file)
      .filter(({ target }) => target === "?")
      .map(() => "an import of no fixed name cannot be checked"),
  reveal: (file) =>
    importsOf(file)
      .filter(({ target, names }) => target === "src/secret.ts" && names.some((name) => ["reveal", "*"].includes(name)))
      .filter(() => !REVEALERS.test(file.path))
      .map(() => "only the serialiser of upstream requests, the plugins that check or send one and the composition root may reveal"),
  process: ({ path, source }) =>
    !PROCESS.includes(path) &&
    (/\bprocess\b\s*(\??\.\s*env|\[)/.test(codeOf(source, true)) || /(?<!\.)\bprocess\??\./.test(codeOf(source, false)))
      ? ["process may be touched only in main.ts"]
      : [],
  any: ({ path, source }) =>
    !GENERATED.includes(path) && /(?<![.\w])any\b(?!\s*[(:?])/.test(codeOf(source, false)) ? ["the type any"] : [],
  silencers: ({ source }) =>
    /@ts-(ignore|expect-error|nocheck)|\b(eslint|oxlint|biome|prettier|oxfmt)-(disable|ignore)/.test(source)
      ? ["a checker is silenced"]
      : [],
  leftovers: ({ source }) => (/\b(TODO|FIXME)\b/.test(source) ? ["a TODO"] : []),
  lines: ({ path, source }) =>
    !GENERATED.includes(path) && source.trimEnd().split("\n").length > MOST_LINES ? [`more than ${MOST_LINES} lines`] : [],
};

/** All faults of `files`, one sentence each; `only` keeps to one rule. */
function faultsOf(files: readonly File[], only?: string): string[] {
  const rules = Object.entries(RULES).filter(([name]) => only === undefined || name === only);
  return files.flatMap((file) => rules.flatMap(([name, rule]) => rule(file).map((fault) => `${file.path}: ${fault} (${name})`)));
}

const FILES: readonly File[] = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => posix.join("src", name.replaceAll("\\", "/")))
  .map((path) => ({ path, source: readFileSync(path, "utf8") }));

test("the sources keep to the plan", (t) => {
  t.ok(FILES.length > 40, "the sources are found");
  t.ok(FILES.flatMap(importsOf).length > 100, "their imports are found");
  for (const rule of Object.keys(RULES)) t.same(faultsOf(FILES, rule), [], rule);
  t.end();
});

const BROKEN: readonly (readonly [rule: string, path: string, source: string])[] = [
  ["rooms", "src/cupboard/index.ts", ""],
  ["rooms", "src/connect/http.ts", 'import { createServices } from "../services/index.ts";'],
  ["rooms", "src/rest/index.ts", 'import type { GraphqlOptions } from "../graphql/index.ts";'],
  ["rooms", "src/graphql/index.ts", 'import {\n  type RestOptions,\n} from "../rest/index.ts";'],
  ["rooms", "src/rest/index.ts", 'import { createConnect } from "../connect/index.ts";'],
  ["rooms", "src/rest/index.ts", 'import { type Connect } from "../connect/index.ts";'],
  ["rooms", "src/plugins/auth.ts", 'import { PERMISSIONS } from "../services/index.ts";'],
  ["rooms", "src/plugins/auth.ts", 'import type { Connect } from "../connect/index.ts";'],
  ["rooms", "src/services/index.ts", 'export { parseStrictJson } from "../plugins/strict-json.ts";'],
  ["rooms", "src/services/index.ts", 'const { startGateway } = await import("../app.ts");'],
  ["rooms", "src/config/index.ts", 'import { createConnect } from "../connect/index.ts";'],
  ["rooms", "src/banner.ts", 'import { startGateway } from "./app.ts";'],
  ["rooms", "src/app.ts", 'import "./main.ts";'],
  ["rooms", "src/scrub/index.ts", 'import { createLog } from "../log.ts";'],
  ["rooms", "src/errors.ts", 'import type { Secret } from "./secret.ts";'],
  ["rooms", "src/emulator/index.ts", 'import { Deployment } from "../connect/model.ts";'],
  ["rooms", "src/services/index.ts", 'import type { State } from "../emulator/index.ts";'],
  ["rooms", "src/app.ts", 'import { run } from "../scripts/run.ts";'],
  ["doors", "src/services/index.ts", 'import type { Call } from "../connect/http.ts";'],
  ["doors", "src/rest/schemas.ts", 'export * from "../connect/model-drafts.ts";'],
  ["doors", "src/app.ts", 'import { createAccess } from "./services/access.ts";'],
  ["doors", "src/app.ts", 'const { serve } = await import("./emulator/main.ts");'],
  ["packages", "src/services/index.ts", 'import type { FastifyRequest } from "fastify";'],
  ["packages", "src/connect/index.ts", 'declare module "fastify" {}'],
  ["packages", "src/log.ts", 'type Request = import("fastify").FastifyRequest;'],
  ["packages", "src/services/index.ts", 'import { request } from "undici";'],
  ["packages", "src/store/index.ts", 'import { LRUCache } from "lru-cache";'],
  ["packages", "src/rest/index.ts", 'import { GraphQLError } from "graphql";'],
  ["packages", "src/rest/index.ts", 'import { parse } from "graphql/language/parser.js";'],
  ["packages", "src/app.ts", 'import mercurius, { type IResolvers } from "mercurius";'],
  ["packages", "src/app.ts", 'import jwt from "@fastify/jwt";'],
  ["packages", "src/config/index.ts", 'import { env } from "node:process";'],
  ["computed imports", "src/app.ts", "const room = await import(name);"],
  ["reveal", "src/services/masks.ts", 'import { isMask, reveal } from "../secret.ts";'],
  ["reveal", "src/graphql/types.ts", 'import { reveal as open } from "../secret.ts";'],
  ["reveal", "src/rest/seal.ts", 'import * as secret from "../secret.ts";'],
  ["reveal", "src/log.ts", 'export { reveal } from "./secret.ts";'],
  ["reveal", "src/main.ts", 'const { reveal: open } = await import("./secret.ts");'],
  ["reveal", "src/main.ts", 'const secrets = await import("./secret.ts");'],
  ["process", "src/config/index.ts", 'const port = process.env["PORT"];'],
  ["process", "src/app.ts", "const text = `port ${process.env.PORT}`;"],
  ["process", "src/emulator/index.ts", 'const quoted = /["]/; process.exit(1);'],
  ["process", "src/app.ts", 'const env = process["env"];'],
  ["any", "src/app.ts", "const app = fastify() as any;"],
  ["any", "src/app.ts", "type Row = Record<string, any>;"],
  ["any", "src/app.ts", "function take(value: any[]): void {}"],
  ["silencers", "src/app.ts", "// @ts-ignore\n"],
  ["silencers", "src/app.ts", "/* oxlint-disable no-console */"],
  ["silencers", "src/app.ts", "// eslint-disable-next-line no-console\n"],
  ["leftovers", "src/app.ts", "// TODO: later\n"],
  ["lines", "src/app.ts", "void 0;\n".repeat(MOST_LINES + 1)],
];

test("every rule can fail", (t) => {
  t.same([...new Set(BROKEN.map(([rule]) => rule))], Object.keys(RULES), "each rule has an example that breaks it");
  for (const [rule, path, source] of BROKEN)
    t.equal(faultsOf([{ path, source }], rule).length, 1, `${rule}: ${path}: ${source.slice(0, 70)}`);
  t.end();
});

const SOUND: readonly (readonly [path: string, source: string])[] = [
  ["src/rest/index.ts", 'import type { Connect } from "../connect/index.ts";\nimport * as model from "../connect/model.ts";'],
  [
    "src/services/index.ts",
    '// import { reveal } from "../secret.ts"; any process.env\nimport { isMask, type Secret } from "../secret.ts";',
  ],
  ["src/connect/seal.ts", 'import { reveal } from "../secret.ts";\nexport type * from "./model.ts";'],
  ["src/services/access.ts", 'const first = Promise.any([]);\nconst text = "as any process";\n/* any of these */'],
  ["src/app.ts", 'await import("./connect/index.ts");\nimport { registerAuth } from "./plugins/auth.ts";'],
  ["src/emulator/main.ts", 'import { createEmulator } from "./index.ts";\nconst { argv } = process.argv;'],
  ["src/config/index.ts", "void 0;\n".repeat(MOST_LINES)],
  ["src/graphql/schema.types.ts", "void 0;\n".repeat(MOST_LINES + 1)],
];

test("sound files pass", (t) => {
  for (const [path, source] of SOUND) t.same(faultsOf([{ path, source }]), [], `${path}: ${source.slice(0, 70)}`);
  t.end();
});
