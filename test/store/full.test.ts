import { join } from "node:path";
import { test } from "tap";
import { run, start } from "../helpers/command.ts";
import { type Answer, at, MIRROR, PROJECT, read } from "../helpers/gateway.ts";
import { JWT_SECRET, tokenFor } from "../helpers/token.ts";
import { connectorDraft } from "../helpers/tutorial.ts";

const HOOK = { url: "https://receiver.example/hook" };
const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const DRAFTS = `${MIRROR}/connectors/drafts`;
const UNAVAILABLE = { statusCode: 503, errors: [{ code: "StorageUnavailable" }] };

test("a disk that is full under SQLite", async (t) => {
  const databaseUrl = `sqlite:${join(t.testdir(), "gateway.db")}`;
  const env = {
    PORT: "0",
    JWT_SECRET,
    DATABASE_URL: databaseUrl,
    NODE_DISABLE_COMPILE_CACHE: "1",
    WATCH_INTERVAL_MS: "0",
    RATE_PER_SECOND: "0",
  };
  // A limit on the size of files stands in for the disk: the same refusal of the same write. What the test runner adds to every Node process would end
  // this one by the signal that comes with it.
  const gateway = await start(
    t,
    "bash",
    ["-c", "unset NODE_OPTIONS; ulimit -S -f 400; exec node src/main.ts"],
    env,
    /GraphQL {5}http:\S+\/graphql/,
  );
  const url = /GraphQL {5}(http:\S+)\/graphql/.exec(gateway.output())?.[1] ?? "";
  const headers = { authorization: `Bearer ${tokenFor(`manage_project:${PROJECT}`)}`, "content-type": "application/json" };
  const rest = async (method: string, path: string, body?: object, more: object = {}): Promise<Answer> =>
    read(
      await fetch(url + path, { method, headers: { ...headers, ...more }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    );
  let writes = 0;
  const keys = () => Array.from({ length: 100 }, (_, n) => `${writes++}-${"k".repeat(200)}-${n}`);
  const [large, small] = [await rest("POST", "/v1/webhooks", HOOK), await rest("POST", "/v1/webhooks", HOOK)].map((made) =>
    String(at(made.body, "id")),
  );
  const write = () => rest("PATCH", `/v1/webhooks/${large}`, { keys: keys() });
  let full = await write();
  while (full.status === 200) full = await write();
  // To the last page: where one change does not fit, a smaller one may.
  while ((await rest("PATCH", `/v1/webhooks/${small}`, { description: String(writes++) })).status === 200);
  t.match([full.status, full.body, full.headers.get("retry-after")], [503, UNAVAILABLE, "1"]);
  t.match(
    (await rest("POST", DRAFTS, connectorDraft, { "idempotency-key": "one" })).body,
    UNAVAILABLE,
    "nothing is sent that cannot be claimed",
  );
  t.equal((await rest("GET", DEPLOYMENTS)).status, 200, "reads go on");
  t.equal((await rest("GET", "/v1/events")).status, 200);
  t.match((await rest("GET", "/readyz?verbose")).text, /"store","status":"degraded"/);
  t.equal((await run("prlimit", ["--pid", String(gateway.child.pid), "--fsize=unlimited"])).code, 0);
  t.equal((await write()).status, 200, "it recovers by itself");
  t.equal((await rest("POST", DRAFTS, connectorDraft, { "idempotency-key": "one" })).status, 201);
});
