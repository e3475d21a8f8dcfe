import type { FastifyInstance } from "fastify";
import { type Static, Type } from "typebox";
import { fail } from "./errors.ts";
import { readBody } from "./input.ts";
import type { Fixture } from "./repositories.ts";
import { seedMany } from "./seed.ts";
import type { PlannedOutcome, State } from "./state.ts";

const text = Type.String();
const OutcomeBody = Type.Object({
  phase: Type.Enum(["preview", "publish", "review", "deploy", "undeploy"]),
  outcome: Type.Enum(["ok", "fail", "stuck", "manual"]),
  key: Type.Optional(text),
  times: Type.Optional(Type.Integer({ minimum: 1 })),
});
const ClockBody = Type.Object({ advanceMs: Type.Integer({ minimum: 0, maximum: 400 * 86_400_000 }) });
const FixtureBody = Type.Union([
  Type.Object({ url: text, tag: text, connectYaml: text }),
  Type.Object({ url: text, tag: text, missing: Type.Literal(true) }),
  Type.Object({ url: text, tag: text, unreachable: Type.Literal(true) }),
]);
const ReviewBody = Type.Object({ key: text, decision: Type.Enum(["publish", "fail"]), comment: Type.Optional(text) });
const SeedBody = Type.Object({
  connectors: Type.Integer({ minimum: 0, maximum: 10_000 }),
  deployments: Type.Integer({ minimum: 0, maximum: 10_000 }),
  projectKey: Type.Optional(text),
});

/**
 * Adds the controls under `/_emulator/`, which Connect does not have. They need no token.
 *
 * - `POST outcomes` `{phase, outcome, key?, times?}`: how the next preview, publish, review, deploy or undeploy ends; `manual` is for reviews.
 * - `POST certification` `{key, decision, comment?}`: ends a review whose outcome is `manual`.
 * - `POST tokens/revoke`: ends every token.
 * - `POST clock` `{advanceMs}`: moves the clock forward.
 * - `PUT fixtures` `{url, tag, connectYaml}`, or `missing: true`, or `unreachable: true`: what a Git tag holds.
 * - `POST seed` `{connectors, deployments}`: many published connectors and deployments of them.
 * - `GET journal`, `DELETE journal`: requests and status changes since the start or the last deletion.
 * - `faults`: see faults.ts.
 */
export function registerControls(app: FastifyInstance, state: State): void {
  app.post("/_emulator/outcomes", async (request, reply) => {
    const { times = 1, ...outcome } = readBody<Omit<PlannedOutcome, "times"> & { times?: number }>(state, OutcomeBody, request.body);
    if (outcome.outcome === "manual" && outcome.phase !== "review") throw fail.invalidJson("outcome: manual is for the phase review alone");
    state.planned.push({ ...outcome, times });
    return reply.code(201).send({ ...outcome, times });
  });

  app.post("/_emulator/certification", async (request) => {
    const { key, decision, comment } = readBody<Static<typeof ReviewBody>>(state, ReviewBody, request.body);
    if (!state.review(key, decision === "publish", comment)) throw fail.valueNotFound("key", key);
    return { key, decision };
  });

  app.post("/_emulator/tokens/revoke", async () => {
    const revoked = state.tokens.size;
    state.tokens.clear();
    return { revoked };
  });

  app.post("/_emulator/clock", async (request) => {
    state.advance(readBody<Static<typeof ClockBody>>(state, ClockBody, request.body).advanceMs);
    state.settle();
    return { now: new Date(state.now()).toISOString() };
  });

  app.put("/_emulator/fixtures", async (request, reply) => {
    state.repositories.put(readBody<Fixture>(state, FixtureBody, request.body));
    return reply.code(204).send();
  });

  app.post("/_emulator/seed", async (request, reply) => {
    const { connectors, deployments, projectKey } = readBody<Static<typeof SeedBody>>(state, SeedBody, request.body);
    seedMany(state, connectors, deployments, projectKey);
    return reply.code(201).send({ connectors: state.connectors.size, deployments: state.deployments.size });
  });

  app.get("/_emulator/journal", async () => {
    state.settle();
    return { results: state.journal.entries() };
  });
  app.delete("/_emulator/journal", async (_request, reply) => {
    state.journal.clear();
    return reply.code(204).send();
  });
}
