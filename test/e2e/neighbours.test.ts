import { test } from "tap";
import { SEED } from "../../src/emulator/index.ts";
import { REGION, startTestGateway } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";
import { answer, startUpstream } from "../helpers/upstream.ts";

test("a project whose upstream is silent takes no place that the others need", async (t) => {
  const [silent, well] = [await startUpstream(t), await startUpstream(t)];
  const { clientId, clientSecret } = SEED;
  const project = (projectKey: string, url: string) => ({
    region: REGION,
    projectKey,
    clientId,
    clientSecret,
    authUrl: url,
    connectUrl: url,
  });
  const projects = JSON.stringify([project("silent", silent.url), project("well", well.url)]);
  const none = { CTP_REGION: "", CTP_PROJECT_KEY: "", CTP_CLIENT_ID: "", CTP_CLIENT_SECRET: "", CTP_AUTH_URL: "", CTP_CONNECT_URL: "" };
  const env = { ...none, PROJECTS_FILE: "/projects", MAX_IN_FLIGHT: "8", MAX_QUEUED: "4", QUEUE_WAIT_MS: "50" };
  const gateway = await startTestGateway(t, { upstream: well.url, env, files: { "/projects": projects } });
  const token = tokenFor("manage_project:silent manage_project:well");
  const ask = (key: string, query = "") => gateway.rest("GET", `/connect/${REGION}/${key}/deployments${query}`, undefined, { token });
  t.equal((await ask("silent")).status, 200);
  t.equal((await ask("well")).status, 200);

  const held: (() => void)[] = [];
  silent.api((_request, response) => void held.push(() => answer(response, 503, "")));
  const waiting = Array.from({ length: 40 }, (_none, n) => ask("silent", `?limit=${(n % 2) + 1}`));
  while (held.length < 2) await new Promise(setImmediate);
  const others = [];
  for (let n = 0; n < 30; n++) others.push((await ask("well", `?limit=${n + 1}`)).status);
  t.same([...new Set(others)], [200], "the neighbour is served all the time");
  t.equal((await ask("silent")).status, 200, "and what was known of the silent one is told");
  for (const respond of held) respond();
  silent.api((_request, response) => answer(response, 503, ""));
  const statuses = (await Promise.all(waiting)).map(({ status }) => status);
  t.same([...new Set(statuses)], [503]);
});
