import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "tap";
import { run, start } from "../helpers/command.ts";
import { PROJECT, startBoth } from "../helpers/gateway.ts";

test("the receiver of the README tells deliveries from anything else", async (t) => {
  const [, block = ""] = /^```ts\n([\s\S]*?)^```$/m.exec(readFileSync("README.md", "utf8")) ?? [];
  t.match(block, /verifyWebhook\(process\.env\.WEBHOOK_SIGNING_SECRET/);
  const { gateway } = await startBoth(t, {}, { WEBHOOK_ALLOW: "127.0.0.1" });
  // What the test runner adds to every Node process does not go with the compiler's.
  const built = await run("bash", ["-c", "unset NODE_OPTIONS; npm run -s build"]);
  t.equal(built.code, 0, built.stderr);

  // The port comes first and the secret after it, so the receiver is told the secret by a file that it reads for each request.
  const file = `readme-receiver-${process.pid}.ts`;
  const secretFile = `${t.testdir({ secret: "" })}/secret`;
  const where = `.listen(0, "127.0.0.1", function () { console.log("port " + this.address().port); })`;
  const source = block
    .replace("process.env.WEBHOOK_SIGNING_SECRET", `(await import("node:fs")).readFileSync(${JSON.stringify(secretFile)}, "utf8")`)
    .replace(".listen(8080)", where);
  writeFileSync(file, source);
  t.teardown(() => rmSync(file));
  const receiver = await start(t, "node", [file], {}, /port \d+/);
  const url = `http://127.0.0.1:${/port (\d+)/.exec(receiver.output())?.[1]}/`;

  const made = await gateway.rest("POST", "/v1/webhooks", { url });
  writeFileSync(secretFile, String(made.body["secret"]));
  t.equal((await fetch(url, { method: "POST", body: "{}" })).status, 401, "what is not signed");
  t.equal((await gateway.rest("POST", `/v1/webhooks/${String(made.body["id"])}/test`)).status, 202);
  while (!receiver.output().includes("webhook.test")) await new Promise(setImmediate);
  t.match(receiver.output(), /^webhook\.test$/m, "what is genuine is read");
  t.notMatch(receiver.output(), new RegExp(PROJECT), "nothing else is written");
});
