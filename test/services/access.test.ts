import { test } from "tap";
import type { Connect } from "../../src/connect/index.ts";
import { GatewayError, gatewayError } from "../../src/errors.ts";
import type { ProjectId } from "../../src/identifiers.ts";
import { type Caller, createAccess, type Operation, OPERATIONS, type Permission, PERMISSIONS } from "../../src/services/access.ts";

const A: ProjectId = { region: "europe-west1.gcp", projectKey: "a" };
const B: ProjectId = { region: "europe-west1.gcp", projectKey: "b" };
const A_US: ProjectId = { region: "us-central1.gcp", projectKey: "a" };

/** A client of which only the identity is ever read: a check that touched more would fail. */
const connectOf = (project: ProjectId): Connect => ({ project }) as unknown as Connect;

const callerWith = (grants: Readonly<Record<string, readonly Permission[]>>): Caller => ({
  subject: "test",
  introspect: false,
  expiresAt: 0,
  grants: new Map(Object.entries(grants).map(([key, permissions]) => [key, new Set(permissions)])),
});

/** The body of the error that `act` ends with. */
function bodyOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof GatewayError) return JSON.stringify(error.toBody());
    throw error;
  }
  throw new Error("nothing was refused");
}

const MISSING = JSON.stringify(gatewayError("ResourceNotFound").toBody());
const OPERATION_NAMES = Object.keys(OPERATIONS) as Operation[];

/** Written out by hand, apart from the table under test: which single permission opens which operation. */
const READ_CONNECTORS = ["view_connectors", "manage_connectors", "manage_project"] as const;
const WRITE_CONNECTORS = ["manage_connectors", "manage_project"] as const;
const READ_DEPLOYMENTS = ["view_connectors_deployments", "manage_connectors_deployments", "manage_project"] as const;
const WRITE_DEPLOYMENTS = ["manage_connectors_deployments", "manage_project"] as const;
const ALLOWED: Readonly<Record<Operation, readonly Permission[]>> = {
  "connectors.search": READ_CONNECTORS,
  "connectors.get": READ_CONNECTORS,
  "connectorsStaged.list": READ_CONNECTORS,
  "connectorsStaged.get": READ_CONNECTORS,
  "connectorsStaged.create": WRITE_CONNECTORS,
  "connectorsStaged.update": WRITE_CONNECTORS,
  "connectorsStaged.delete": WRITE_CONNECTORS,
  "deployments.list": READ_DEPLOYMENTS,
  "deployments.get": READ_DEPLOYMENTS,
  "deployments.logs": READ_DEPLOYMENTS,
  "deployments.create": WRITE_DEPLOYMENTS,
  "deployments.update": WRITE_DEPLOYMENTS,
  "deployments.delete": WRITE_DEPLOYMENTS,
  "webhooks.manage": ["manage_webhooks", "manage_project"],
};

test("every operation with every single permission", (t) => {
  const connect = connectOf(A);
  const access = createAccess([connect]);
  for (const operation of OPERATION_NAMES) {
    for (const permission of PERMISSIONS) {
      const open = (): Connect => access.open(callerWith({ a: [permission] }), A, operation);
      const label = `${operation} with ${permission}`;
      if (ALLOWED[operation].includes(permission)) t.equal(open(), connect, label);
      else t.match(bodyOf(open), new RegExp(`"statusCode":403.*"AuthorizationError".*"scope":"${OPERATIONS[operation]}:a"`), label);
    }
    const others = PERMISSIONS.filter((permission) => !ALLOWED[operation].includes(permission));
    t.match(
      bodyOf(() => access.open(callerWith({ a: others }), A, operation)),
      /AuthorizationError/,
      `${operation} with all the others`,
    );
    t.match(
      bodyOf(() => access.open(callerWith({ a: [] }), A, operation)),
      /AuthorizationError/,
      `${operation} with none`,
    );
  }
  t.end();
});

test("a grant is for its own project", (t) => {
  const access = createAccess([connectOf(A), connectOf(B)]);
  const caller = callerWith({ a: ["view_connectors_deployments"], b: ["manage_project"] });
  t.equal(access.open(caller, B, "deployments.delete").project, B);
  t.match(
    bodyOf(() => access.open(caller, A, "deployments.delete")),
    /AuthorizationError.*manage_connectors_deployments:a/,
  );
  t.end();
});

test("a project of others, one that is nowhere and a missing resource answer the same bytes", (t) => {
  const access = createAccess([connectOf(A), connectOf(B)]);
  const caller = callerWith({ a: ["manage_project"], nowhere: ["manage_project"] });
  const hidden: readonly ProjectId[] = [
    B,
    { ...A, projectKey: "nowhere" },
    { ...A, projectKey: "unheard-of" },
    { ...A, region: "us-central1.gcp" },
    { ...A, projectKey: "A" },
    { ...A, projectKey: "constructor" },
    { region: "", projectKey: "" },
  ];
  for (const project of hidden) {
    for (const operation of OPERATION_NAMES)
      t.equal(
        bodyOf(() => access.open(caller, project, operation)),
        MISSING,
        JSON.stringify(project),
      );
    t.equal(
      bodyOf(() => access.resolve(caller, { project: `${project.region}:${project.projectKey}` })),
      MISSING,
    );
    t.equal(
      bodyOf(() => access.resolve(caller, { region: project.region, project: project.projectKey })),
      MISSING,
    );
  }
  t.end();
});

test("the project a request means", (t) => {
  const access = createAccess([connectOf(A), connectOf(B), connectOf(A_US)]);
  const both = callerWith({ a: ["view_connectors"], b: ["view_connectors"] });
  const onlyB = callerWith({ b: ["view_connectors"] });
  const onlyA = callerWith({ a: ["view_connectors"] });
  const none = callerWith({ elsewhere: ["manage_project"] });
  const required = JSON.stringify(gatewayError("ProjectRequired").toBody());
  const found: readonly (readonly [caller: Caller, named: { region?: string; project?: string }, meant: ProjectId])[] = [
    [both, { project: "europe-west1.gcp:a" }, A],
    [both, { project: "us-central1.gcp:a" }, A_US],
    [both, { region: B.region, project: "b" }, B],
    [both, { region: A_US.region, project: "a" }, A_US],
    [both, { region: A_US.region }, A_US],
    [onlyB, {}, B],
    [onlyB, { region: B.region }, B],
    [onlyA, { region: A.region }, A],
  ];
  for (const [caller, named, meant] of found) t.equal(access.resolve(caller, named), meant, JSON.stringify(named));
  const refused: readonly (readonly [caller: Caller, named: { region?: string; project?: string }, body: string])[] = [
    [both, {}, required],
    [both, { region: B.region }, required],
    [onlyA, {}, required],
    [onlyB, { region: A_US.region }, required],
    [none, {}, required],
    [none, { region: A.region }, required],
    [both, { project: "" }, MISSING],
    [both, { region: A.region, project: "europe-west1.gcp:a" }, MISSING],
    [both, { region: A_US.region, project: "b" }, MISSING],
    [both, { region: "nowhere.gcp", project: "a" }, MISSING],
    [onlyB, { project: "europe-west1.gcp:a" }, MISSING],
    [none, { project: "europe-west1.gcp:a" }, MISSING],
  ];
  for (const [caller, named, body] of refused)
    t.equal(
      bodyOf(() => access.resolve(caller, named)),
      body,
      JSON.stringify(named),
    );
  t.equal(
    bodyOf(() => createAccess([]).resolve(onlyA, {})),
    required,
    "without any project",
  );
  t.end();
});

test("a caller sees its own projects and scopes", (t) => {
  const access = createAccess([connectOf(A), connectOf(B), connectOf(A_US)]);
  const scopes = ["view_connectors:a", "manage_connectors_deployments:a"];
  const caller = callerWith({ a: ["view_connectors", "manage_connectors_deployments"], nowhere: ["manage_project"] });
  t.same(access.visible(caller), [
    { ...A, scopes },
    { ...A_US, scopes },
  ]);
  t.same(access.visible(callerWith({})), []);
  t.end();
});
