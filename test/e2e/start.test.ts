import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { open, watch } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { test } from "tap";
import { SEED } from "../../src/emulator/index.ts";
import { environment, run, start } from "../helpers/command.ts";
import { PROJECT, REGION } from "../helpers/gateway.ts";
import { JWT_SECRET } from "../helpers/token.ts";

const ENV = { PORT: "0", JWT_SECRET };
const UPSTREAM = {
  CTP_REGION: REGION,
  CTP_PROJECT_KEY: PROJECT,
  CTP_CLIENT_ID: SEED.clientId,
  CTP_CLIENT_SECRET: SEED.clientSecret,
  CTP_AUTH_URL: "http://127.0.0.1:9",
  CTP_CONNECT_URL: "http://127.0.0.1:9",
};

test("a gateway that cannot start says why in a line, and ends", async (t) => {
  const folder = t.testdir();
  const path = (name: string): string => join(folder, `${name}.db`);
  const held = await start(t, "node", ["src/main.ts"], { ...ENV, DATABASE_URL: `sqlite:${path("held")}` }, /OpenAPI {5}http/);
  const port = /GraphQL {5}http:\/\/127\.0\.0\.1:(\d+)/.exec(held.output())?.[1] ?? "";

  const made = await start(t, "node", ["src/main.ts"], { ...ENV, DATABASE_URL: `sqlite:${path("newer")}` }, /OpenAPI {5}http/);
  await made.stop();
  copyFileSync(path("newer"), path("malformed"));
  const newer = new DatabaseSync(path("newer"));
  newer.exec("insert into kysely_migration values ('2999-01-later', '2999')");
  newer.close();
  const bytes = readFileSync(path("malformed"));
  writeFileSync(path("malformed"), bytes.fill(0xaa, 4_096));
  writeFileSync(path("garbage"), "This is no database at all, whatever its name says. ".repeat(100));

  const refusals: readonly (readonly [env: Record<string, string>, line: RegExp])[] = [
    [{ DATABASE_URL: `sqlite:${path("held")}` }, /in use by another process\. Stop that one/],
    [{ DATABASE_URL: `sqlite:${path("garbage")}` }, /is not a database\. It is left as it is\./],
    [{ DATABASE_URL: `sqlite:${path("malformed")}` }, /is malformed\. It is left as it is/],
    [{ DATABASE_URL: `sqlite:${path("newer")}` }, /of a newer version of the gateway/],
    [{ DATABASE_URL: `sqlite:${folder}` }, /The database file cannot be opened: DATABASE_URL must name a file/],
    [
      { DATABASE_URL: `sqlite:${path("garbage")}/x/y.db` },
      /garbage\.db\/x\S* cannot be read or made: a part of the path is a file \(ENOTDIR\)/,
    ],
    [{ DATABASE_URL: "sqlite:/proc/no/such.db" }, /\/proc\/no cannot be read or made: there is no such place \(ENOENT\)/],
    [
      { DATABASE_URL: "sqlite:/proc/no/such.db", WEBHOOK_SECRET: JWT_SECRET },
      /\/proc\/no cannot be read or made: there is no such place \(ENOENT\)/,
    ],
    [{ DATABASE_URL: "postgres://u@127.0.0.1:9/x", WEBHOOK_SECRET: JWT_SECRET }, /PostgreSQL server .* cannot be reached \(ECONNREFUSED\)/],
    [
      { DATABASE_URL: "sqlite::memory:", HOST: "no-such-host.invalid" },
      /The name in HOST is known nowhere: name an address of this machine/,
    ],
    [{ DATABASE_URL: "sqlite::memory:", PORT: port }, /The address is in use: set PORT to a free one\./],
  ];
  for (const upstream of [{}, UPSTREAM]) {
    for (const [env, line] of upstream === UPSTREAM ? refusals.slice(0, 2) : refusals) {
      const { code, stderr } = await run("node", ["src/main.ts"], { ...ENV, ...upstream, ...env });
      t.match(stderr, new RegExp(`^connect-gateway: cannot start\\. [^\\n]*${line.source}[^\\n]*\\n$`));
      t.equal(code, 1);
    }
  }
  t.equal((await run("node", ["src/main.ts"], { ...ENV, LOG_LEVEL: "loud" })).code, 78, "settings have a code of their own");
});

test("a signal that comes before the gateway runs ends it in order", async (t) => {
  const begin = (env: Record<string, string>) => {
    const child = spawn("node", ["src/main.ts"], { env: environment({ PORT: "0", ...env }), stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => void (output += text));
    return { child, output: () => output, ended: once(child, "exit") };
  };
  const folder = t.testdir();
  const database = `sqlite:${join(folder, "gateway.db")}`;

  // The settings are read for as long as this pipe is open.
  const pipe = join(folder, "secret");
  t.equal(spawnSync("mkfifo", [pipe]).status, 0);
  const early = begin({ JWT_SECRET_FILE: pipe, DATABASE_URL: database });
  const held = await open(pipe, "w");
  early.child.kill("SIGTERM");
  await held.writeFile(JWT_SECRET);
  await held.close();
  t.same(await early.ended, [0, null]);
  t.equal(early.output(), "", "it did not run");
  t.same(readdirSync(folder), ["secret"], "and opened nothing");

  const watched = watch(folder);
  const late = begin({ JWT_SECRET, DATABASE_URL: database });
  for await (const { filename } of watched) if (filename === "gateway.db-wal") break;
  late.child.kill("SIGTERM");
  t.same(await late.ended, [0, null]);
  t.same(readdirSync(folder).toSorted(), ["gateway.db", "gateway.db.key", "secret"], "the database is closed");
});
