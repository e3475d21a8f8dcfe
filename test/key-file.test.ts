import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "tap";
import { KeyFileError, keepSecret } from "../src/key-file.ts";
import { reveal } from "../src/secret.ts";
import { run } from "./helpers/command.ts";

test("the key beside the database is made once, whole, for its owner alone", (t) => {
  const folder = join(t.testdir(), "new", "data");
  const url = `sqlite:${join(folder, "gateway.db")}`;
  const key = reveal(keepSecret(url));
  t.match(key, /^[\w-]{43}$/);
  t.same(readdirSync(folder), ["gateway.db.key"], "nothing else is left");
  t.equal(readFileSync(join(folder, "gateway.db.key"), "utf8"), key);
  t.equal(statSync(join(folder, "gateway.db.key")).mode & 0o777, 0o600);
  t.equal(reveal(keepSecret(url)), key, "and is the same from then on");
  t.not(reveal(keepSecret("sqlite::memory:")), reveal(keepSecret("sqlite::memory:")));
  t.end();
});

test("a key file that holds no whole key is not used", async (t) => {
  for (const text of ["", "\n", "k".repeat(31)]) {
    const folder = t.testdir();
    const path = join(folder, "gateway.db.key");
    writeFileSync(path, text);
    t.throws(() => keepSecret(`sqlite:${join(folder, "gateway.db")}`), KeyFileError);
    t.equal(readFileSync(path, "utf8"), text, "and stays as it is");
  }
  const folder = t.testdir({ "gateway.db.key": "" });
  const { code, stderr } = await run("node", ["src/main.ts"], { PORT: "0", DATABASE_URL: `sqlite:${join(folder, "gateway.db")}` });
  t.equal(code, 1);
  t.match(stderr, /^connect-gateway: cannot start\. The key file \S+gateway\.db\.key holds less than 32 bytes: [^\n]*\n$/);
});

test("settings that open networks by mistake are refused at the start", async (t) => {
  const { code, stderr } = await run("node", ["src/main.ts"], { PORT: "0", DATABASE_URL: "sqlite::memory:", WEBHOOK_ALLOW: "10.0.0.0/" });
  t.equal(code, 78);
  t.match(stderr, /^connect-gateway: cannot start\. WEBHOOK_ALLOW, entry 1: [^\n]*\n$/);
});
