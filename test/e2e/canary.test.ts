import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Test, test } from "tap";
import { CANARY, leaks } from "../helpers/canary.ts";
import { startCollector } from "../helpers/collector.ts";
import { type Answer, MIRROR, PROJECT, rows, startBoth } from "../helpers/gateway.ts";
import { openTalk } from "../helpers/talk.ts";
import { tokenFor } from "../helpers/token.ts";
import { connectorDraft, DEPLOYMENT_KEY, deploymentDraft, DRAFT_KEY } from "../helpers/tutorial.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const DEPLOYMENT = `${DEPLOYMENTS}/key=${DEPLOYMENT_KEY}`;
const DRAFTS = `${MIRROR}/connectors/drafts`;

const secured = (value: unknown) => [{ key: "BASIC_AUTH_SECRET", value }];
const application = (more: object) => ({ applicationName: "service", ...more });
const draft = (more: object, name = "configurations") => ({ ...deploymentDraft, [name]: [application(more)] });
const redeploy = (more: object) => ({ actions: [{ action: "redeploy", configurationValues: [application(more)], ...more }] });

/** Bodies of a write, with the canary where it belongs and in every wrong place. */
const bodies = (body: (more: object) => object): readonly (readonly [name: string, body: unknown])[] => [
  ["in its place", body({ securedConfiguration: secured(CANARY) })],
  ["as an object", body({ securedConfiguration: secured({ value: CANARY }) })],
  ["as a list", body({ securedConfiguration: secured([CANARY]) })],
  ["as a map", body({ securedConfiguration: { BASIC_AUTH_SECRET: CANARY } })],
  ["as the whole list", body({ securedConfiguration: CANARY })],
  ["in a misspelt field", body({ securedConfigurations: secured(CANARY) })],
  ["in another misspelt field", body({ secureConfiguration: secured(CANARY) })],
  ["in a misspelt value", body({ securedConfiguration: [{ key: "BASIC_AUTH_SECRET", vlaue: CANARY }] })],
  ["as a field's name", body({ [CANARY]: true })],
  ["beside the value", body({ securedConfiguration: [{ key: "BASIC_AUTH_SECRET", value: "x", [CANARY]: CANARY }] })],
  ["as a schedule of the wrong type", body({ schedule: { cron: CANARY } })],
  ["with a mask beside it", body({ securedConfiguration: [...secured(CANARY), { key: "CTP_SCOPE", value: "***" }] })],
  ["in broken JSON", `${JSON.stringify(body({ securedConfiguration: secured(CANARY) }))}}`],
  ["in cut JSON", JSON.stringify(body({ securedConfiguration: secured(CANARY) })).slice(0, -3)],
  ["twice under one name", `{"key":${JSON.stringify(CANARY)},"key":${JSON.stringify(CANARY)}}`],
  ["as the whole body", JSON.stringify(CANARY)],
  ["in a body that is no JSON", CANARY],
];

/** The same for GraphQL. */
const CREATE =
  "mutation ($draft: DeploymentDraft!) { createDeployment(draft: $draft) { key applications { securedConfiguration { key value } } } }";
const text = JSON.stringify(CANARY);
const documents: readonly (readonly [name: string, query: string, variables?: object])[] = [
  ...bodies((more) => draft(more)).flatMap(([name, body]) => (typeof body === "string" ? [] : [[name, CREATE, { draft: body }] as const])),
  [
    "as a literal",
    `mutation { createDeployment(draft: { key: "k1", region: "us-central1.gcp", connector: { key: "k" }, configurations: [{ applicationName: "service", securedConfiguration: [{ key: "K", value: ${text} }] }] }) { key } }`,
  ],
  ["as a block literal", `mutation { deleteDeployment(key: """${CANARY}""") { key } }`],
  ["as an unknown field", "{ cnry7Secret4291 }"],
  ["as an unknown argument", "{ projects(cnry7Secret4291: 1) { id } }"],
  ["as an unknown type", "query ($a: cnry7Secret4291) { projects { id } }"],
  ["as an unknown fragment", "{ ...cnry7Secret4291 }"],
  ["as an unknown directive", "{ projects @cnry7Secret4291 { id } }"],
  ["in a syntax error", `{ projects ${text} }`],
  ["as an enum value", "{ deployments(deploymentType: cnry7Secret4291) { total } }"],
  ["as a number", `{ deployments(limit: ${text}) { total } }`],
  ["as a region", `mutation { createDeployment(draft: { region: ${text}, connector: {}, configurations: [] }) { key } }`],
  ["as a variable nobody asked for", "{ projects { id } }", { [CANARY]: CANARY }],
  ["as a key", `query ($key: String) { deployment(key: $key) { key } }`, { key: CANARY }],
  [
    "as two actions",
    'mutation ($a: [DeploymentUpdateAction!]!) { updateDeployment(key: "kk", actions: $a) { key } }',
    { a: [{ redeploy: { skipScripts: CANARY }, other: CANARY }] },
  ],
];

test("a marked secret leaves through no door", async (t) => {
  const collector = await startCollector(t);
  const { emulator, gateway } = await startBoth(t, {}, { METRICS: "on", OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  const { rest, graphql } = gateway;
  await rest("POST", DRAFTS, connectorDraft);
  await rest("POST", `${DRAFTS}/key=${DRAFT_KEY}`, { actions: [{ action: "updatePreviewable" }] });
  emulator.advance(2_000);
  const named = { headers: { "idempotency-key": "canary" } };
  t.equal((await rest("POST", DEPLOYMENTS, deploymentDraft, named)).status, 201);

  let answers = 0;
  const check = (t: Test, name: string, answer: Answer): Answer => {
    answers += 1;
    const shown = `${answer.status} ${JSON.stringify([...answer.headers])} ${answer.text}`;
    t.same(leaks(shown), [], name);
    t.not(answer.status, 500, `${name}: not a failure of ours`);
    return answer;
  };
  check(t, "the same request again", await rest("POST", DEPLOYMENTS, deploymentDraft, named));

  await t.test("in REST bodies", async (t) => {
    for (const [name, body] of bodies((more) => draft(more))) check(t, `create, ${name}`, await rest("POST", DEPLOYMENTS, body));
    for (const [name, body] of bodies((more) => draft(more, "configurationValues")))
      check(t, `create by the wrong list, ${name}`, await rest("POST", DEPLOYMENTS, body));
    for (const [name, body] of bodies((more) => ({ ...deploymentDraft, globalConfiguration: more })))
      check(t, `create, shared, ${name}`, await rest("POST", DEPLOYMENTS, body));
    for (const [name, body] of bodies(redeploy)) {
      emulator.advance(4_000);
      check(t, `redeploy, ${name}`, await rest("POST", DEPLOYMENT, body));
    }
    for (const [name, body] of bodies((more) => ({ ...connectorDraft, ...more })))
      check(t, `draft, ${name}`, await rest("POST", DRAFTS, body));
    for (const [name, body] of bodies((more) => ({ actions: [{ action: "setName", ...more }] })))
      check(t, `update, ${name}`, await rest("POST", `${DRAFTS}/key=${DRAFT_KEY}`, body));
    t.end();
  });

  await t.test("in other parts of a request", async (t) => {
    const encoded = encodeURIComponent(CANARY);
    for (const path of [
      `/${encoded}`,
      `${DEPLOYMENTS}/${encoded}`,
      `${DEPLOYMENTS}/key=${encoded}`,
      `/connect/${encoded}/connectors/drafts`,
      `${MIRROR}/${encoded}/deployments`,
    ])
      for (const method of ["GET", "POST", "DELETE", "PUT"])
        check(t, `${method} ${path}`, await rest(method, path, method === "GET" ? undefined : {}));
    const url = "https://receiver.example/hook";
    const { id } = (await rest("POST", "/v1/webhooks", { url })).body;
    for (const field of ["types", "projects", "deploymentTypes", "keys"]) {
      check(t, `a filter, ${field}`, await rest("POST", "/v1/webhooks", { url, [field]: [CANARY] }));
      check(t, `a filter that is changed, ${field}`, await rest("PATCH", `/v1/webhooks/${String(id)}`, { [field]: [CANARY] }));
    }
    for (const body of [{ eventId: CANARY }, { after: CANARY }])
      check(t, "what is to be replayed", await rest("POST", `/v1/webhooks/${String(id)}/replay`, body));
    check(t, "a place in the deliveries", await rest("GET", `/v1/webhooks/${String(id)}/deliveries?before=${encoded}`));
    for (const name of ["type", "key", "project", "after"])
      check(t, `events by ${name}`, await rest("GET", `/v1/events?${name}=${encoded}`));
    for (const name of ["limit", "sort", "deploymentType", encoded])
      check(t, `query ${name}`, await rest("GET", `${DEPLOYMENTS}?${name}=${encoded}`));
    check(t, "page token", await rest("GET", `${DEPLOYMENT}/logs?pageToken=${encoded}`));
    const plain = "cnry7Secret4291";
    for (const header of [
      "x-project-key",
      "if-match",
      "accept",
      "content-type",
      "authorization",
      "idempotency-key",
      "traceparent",
      "prefer",
    ])
      check(t, `header ${header}`, await rest("POST", `${DRAFTS}/key=${DRAFT_KEY}`, {}, { headers: { [header]: plain } }));
    check(t, "bearer", await rest("GET", DEPLOYMENTS, undefined, { token: `a.${plain}.b` }));
  });

  await t.test("in GraphQL", async (t) => {
    for (const [name, query, variables] of documents) check(t, `GraphQL, ${name}`, await graphql(query, variables));
    for (const body of [
      { query: CREATE, variables: CANARY },
      { query: CANARY },
      { query: { CANARY } },
      { query: CREATE, operationName: CANARY },
      [{ query: CANARY }],
    ])
      check(t, "GraphQL, in the envelope", await rest("POST", "/graphql", body));
  });

  await t.test("in what upstream says", async (t) => {
    const error = {
      code: "DuplicateField",
      message: `A duplicate value ${CANARY}`,
      field: "x",
      duplicateValue: CANARY,
      detailedErrorMessage: text,
    };
    const deployment = JSON.parse((await rest("GET", DEPLOYMENT)).text) as object;
    const entries = [
      { type: "Error", title: `failed with ${CANARY}`, message: encodeURIComponent(CANARY), createdAt: "2026-01-01T00:00:00.000Z" },
    ];
    const report = { details: { build: { id: "b", report: { entries } } } };
    const unmasked = {
      globalConfiguration: { securedConfiguration: secured(CANARY) },
      future: { deep: [{ securedConfiguration: secured(CANARY) }] },
    };
    const said = [
      { kind: "status", status: 400, body: { statusCode: 400, message: error.message, errors: [error] } },
      {
        kind: "status",
        status: 409,
        body: { statusCode: 409, message: CANARY, errors: [{ code: "X", message: Buffer.from(CANARY).toString("base64") }] },
      },
      {
        kind: "status",
        status: 400,
        body: { statusCode: 400, message: "m", errors: [{ code: "X", message: JSON.stringify(CANARY).replaceAll("/", "\\/") }] },
      },
      { kind: "status", status: 403, body: { statusCode: 403, message: CANARY, errors: [{ code: "access_denied", message: CANARY }] } },
      { kind: "status", status: 418, body: CANARY },
      { kind: "status", status: 200, body: CANARY },
      {
        kind: "status",
        status: 200,
        headers: { "x-echo": "cnry7Secret4291", location: "http://cnry7Secret4291/" },
        body: { ...deployment, ...unmasked },
      },
      { kind: "status", status: 200, body: { ...deployment, ...report } },
      { kind: "status", status: 500, body: { message: CANARY } },
      { kind: "status", status: 302, headers: { location: `http://127.0.0.1/${encodeURIComponent(CANARY)}` }, body: {} },
    ];
    for (const fault of said) {
      for (const query of [
        () => rest("GET", DEPLOYMENT),
        () => rest("POST", DEPLOYMENT, redeploy({ securedConfiguration: secured(CANARY) })),
        () =>
          graphql(
            `{ deployment(key: "${DEPLOYMENT_KEY}") { status globalConfiguration { securedConfiguration { value } } details { build { report { entries { title message } } } } } }`,
          ),
      ]) {
        await emulator.control("DELETE", "faults");
        await emulator.control("POST", "faults", { ...fault, times: 3, match: { path: "/deployments" } });
        check(t, `upstream says ${fault.status}`, await query());
      }
    }
    await emulator.control("DELETE", "faults");
    const line = {
      type: "APPLICATION_TEXT",
      deploymentId: "d",
      applicationName: "service",
      severity: "INFO",
      timestamp: "2026-01-01T00:00:00.000Z",
      details: { message: `password: ${CANARY}` },
    };
    await emulator.control("POST", "faults", { kind: "status", status: 200, body: { data: [line], next: "" } });
    check(t, "in a log line", await rest("GET", `${DEPLOYMENT}/logs`));
  });

  t.ok(answers > 190, `${answers} answers were searched`);
  t.same(leaks(gateway.log()), [], "nor into the log, at level trace");
  t.ok(gateway.log().length > 10_000, "which was written");

  const figures = check(t, "in the figures", await rest("GET", "/metrics"));
  t.match(figures.text, /requests_total\{face="graphql",route="POST \/graphql",status="4xx"\} \d/, "which were kept");
  await gateway.stop();
  t.ok(collector.spans().length > 190, "spans were made");
  for (const post of collector.posts) t.same(leaks(`${JSON.stringify(post.headers)} ${post.body}`), [], "nor into spans");
});

test("nor does it leave with what is answered at once", async (t) => {
  const { emulator, gateway } = await startBoth(t, {}, { METRICS: "on", CACHE_TTL_MS: "60000" });
  const { rest } = gateway;
  const known = "demo-shipping-deployment";
  const [shown] = rows((await rest("GET", DEPLOYMENTS)).body, "results");
  // Now it is known, and upstream says it all the same.
  await rest("POST", DEPLOYMENTS, draft({ securedConfiguration: secured(CANARY) }));
  const entries = [
    { type: "Error", title: `failed with ${CANARY}`, message: encodeURIComponent(CANARY), createdAt: "2026-01-01T00:00:00.000Z" },
  ];
  const more = { globalConfiguration: { securedConfiguration: secured(CANARY) }, details: { build: { id: "b", report: { entries } } } };
  const fault = { kind: "status", status: 200, body: { ...shown, ...more }, times: 2, match: { path: "/deployments" } };
  await emulator.control("POST", "faults", fault);
  const query = `{ deployment(key: "${known}") { globalConfiguration { securedConfiguration { value } } details { build { report { entries { title message } } } } } }`;
  const body = JSON.stringify({ query });
  const bearer = `Host: 127.0.0.1\r\nAuthorization: Bearer ${tokenFor(`manage_project:${PROJECT}`)}\r\n`;
  const talk = await openTalk(t, gateway);
  for (const text of [
    `GET ${DEPLOYMENTS}/key=${known} HTTP/1.1\r\n${bearer}\r\n`,
    `POST /graphql HTTP/1.1\r\n${bearer}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  ])
    for (let turn = 0; turn < 10; turn++) {
      const told = await talk.ask(text);
      t.match(told.body, /failed with \*+/);
      t.same(leaks(JSON.stringify([...told.headers]) + told.body), []);
    }
  const figures = (await rest("GET", "/metrics")).text;
  t.ok(Number(/^connect_gateway_repeats_total (\d+)$/m.exec(figures)?.[1]) >= 8, "most of them at once");
  t.same(leaks(gateway.log() + figures), []);
});

test("a secured value that this process never saw leaves with no error of upstream, and is kept nowhere", async (t) => {
  const STORED = "stored-elsewhere-4711";
  const folder = t.testdir();
  const { emulator, gateway } = await startBoth(t, {}, { DATABASE_URL: `sqlite:${join(folder, "gateway.db")}` });
  const { rest, graphql } = gateway;
  const entries = secured(STORED);
  const error = {
    code: "DeploymentUnknownApplicationConfigurationKey",
    message: "m",
    securedConfiguration: entries,
    deep: [{ configurations: [{ securedConfiguration: entries }] }],
  };
  const deepest = {
    ...error,
    far: JSON.parse(`${'{"a":'.repeat(45)}{"securedConfiguration":${JSON.stringify(entries)}}${"}".repeat(45)}`) as object,
  };
  const asked: readonly (() => Promise<Answer>)[] = [
    () => rest("GET", DEPLOYMENT),
    () => rest("GET", DEPLOYMENT, undefined, { headers: { accept: "application/problem+json" } }),
    () => graphql(`{ deployment(key: "${DEPLOYMENT_KEY}") { status } }`),
    () => rest("POST", DEPLOYMENT, redeploy({}), { headers: { "idempotency-key": "stored" } }),
    () => rest("POST", DEPLOYMENT, redeploy({}), { headers: { "idempotency-key": "stored" } }),
  ];
  for (const [status, said] of [
    [400, error],
    [403, error],
    [404, error],
    [409, error],
    [400, deepest],
  ] as const) {
    await emulator.control("DELETE", "faults");
    const body = { statusCode: status, message: "m", errors: [said] };
    await emulator.control("POST", "faults", { kind: "status", status, body, times: 50, match: { path: "/deployments" } });
    for (const ask of asked) {
      const { status: told, text } = await ask();
      t.notMatch(text, STORED, `${status}, told as ${told}`);
      t.match(text, /DeploymentUnknown|Upstream/);
    }
  }
  for (const name of readdirSync(folder)) t.notOk(readFileSync(join(folder, name)).includes(STORED), name);
  t.notMatch(gateway.log(), STORED);
});

test("a secret of digits alone comes back as no number", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  const { rest, graphql } = gateway;
  const [pin, long] = ["48151623", "48151623421081517274"];
  const entries = [pin, long].map((value, place) => ({ key: `K${place}`, value }));
  await rest("POST", DEPLOYMENTS, draft({ securedConfiguration: entries }));
  const numbers = { pin: Number(pin), pins: [Number(pin)], long: Number(long), currentVersion: 3 };
  const hidden = { pin: "***", pins: ["***"], long: "***", currentVersion: 3 };
  const fault = (status: number, body: object) =>
    emulator.control("POST", "faults", { kind: "status", status, body, times: 1, match: { path: "/deployments" } });
  const error = { code: "X", message: "m", ...numbers };
  await fault(400, { statusCode: 400, message: "m", errors: [error] });
  t.match((await rest("GET", DEPLOYMENT)).body, { errors: [{ ...error, ...hidden }] });
  const line = {
    type: "APPLICATION_JSON",
    deploymentId: "d",
    applicationName: "service",
    severity: "INFO",
    timestamp: "t",
    details: numbers,
  };
  const page = { data: [line], next: "" };
  await fault(200, page);
  t.match((await rest("GET", `${DEPLOYMENTS}/key=demo-shipping-deployment/logs`)).body, {
    data: [{ details: { ...hidden, currentVersion: 3 } }],
  });
  await fault(200, page);
  const { text } = await graphql('{ deploymentLogs(key: "demo-shipping-deployment") { data { details } } }');
  t.match(text, /"long":"\*\*\*"/);
  t.notMatch(text, /481516/);
  const demo = JSON.parse((await rest("GET", `${DEPLOYMENTS}/key=demo-shipping-deployment`)).text) as object;
  const report = { entries: [{ type: "Error", title: "t", createdAt: "t", ...numbers }] };
  await fault(200, { ...demo, details: { build: { id: "b", report } } });
  t.match((await rest("GET", `${DEPLOYMENTS}/key=demo-shipping-deployment`)).body, {
    details: { build: { report: { entries: [hidden] } } },
  });
});

test("a mask on its way back is refused, and nothing goes upstream", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  await gateway.rest("GET", DEPLOYMENTS);
  await emulator.control("DELETE", "journal");
  for (const mask of ["*", "***", "*".repeat(88)]) {
    for (const body of [
      draft({ securedConfiguration: secured(mask) }),
      { ...deploymentDraft, configurations: [], globalConfiguration: { securedConfiguration: secured(mask) } },
    ]) {
      const { status, body: error } = await gateway.rest("POST", DEPLOYMENTS, body);
      t.match([status, error["errors"]], [400, [{ code: "MaskedValue", message: /BASIC_AUTH_SECRET/ }]]);
      const asked = await gateway.graphql(CREATE, { draft: body });
      t.match(asked.body["errors"], [{ extensions: { code: "MaskedValue", statusCode: 400 } }]);
    }
    const again = await gateway.rest("POST", DEPLOYMENT, { version: 1, ...redeploy({ securedConfiguration: secured(mask) }) });
    t.match([again.status, again.body["errors"]], [400, [{ code: /MaskedValue|InvalidJsonInput/ }]]);
  }
  t.same(await emulator.journal(), [], "nothing went upstream");
});

test("the search finds what it looks for", (t) => {
  const shifted = (by: number) => Buffer.from("a".repeat(by) + CANARY).toString("base64");
  const forms = [
    CANARY,
    JSON.stringify(CANARY),
    encodeURIComponent(CANARY),
    Buffer.from(CANARY).toString("hex"),
    shifted(0),
    shifted(1),
    shifted(2),
    Buffer.from(`xy${CANARY}`).toString("base64url"),
  ];
  for (const form of forms) t.ok(leaks(`a ${form} b`).length > 0, form);
  t.same(leaks("nothing here"), []);
  t.end();
});
