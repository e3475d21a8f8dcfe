import { randomBytes, timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { fail, oauthError } from "./errors.ts";
import type { Client, State, Token } from "./state.ts";

/** The scopes of Connect and what each includes. */
const INCLUDES: Readonly<Record<string, readonly string[]>> = {
  manage_project: ["view_connectors", "manage_connectors", "view_connectors_deployments", "manage_connectors_deployments"],
  manage_connectors: ["view_connectors"],
  manage_connectors_deployments: ["view_connectors_deployments"],
};

/** Adds `POST /oauth/token`: credentials in the Basic header or the form; parameters in the form or, as some scripts do, in the query. */
export function registerOauth(app: FastifyInstance, state: State): void {
  app.post("/oauth/token", async (request, reply) => {
    const form = { ...(request.query as Record<string, unknown>), ...(request.body as Record<string, unknown> | undefined) };
    const { grant_type: grant, scope } = form;
    if (grant === undefined) throw oauthError(400, "invalid_request", "Missing required parameter: grant_type");
    if (grant !== "client_credentials") throw oauthError(400, "unsupported_grant_type", "Grant type is not supported.");
    const client = findClient(state, request, form);
    if (client === undefined)
      throw oauthError(401, "invalid_client", "Please provide valid client credentials using HTTP Basic Authentication.");
    const granted = client.scopes.map((name) => `${name}:${client.projectKey}`);
    const asked = typeof scope === "string" && scope.trim() !== "" ? scope.trim().split(/\s+/) : granted;
    if (!asked.every((each) => granted.includes(each))) throw oauthError(400, "invalid_scope", "Malformed or not permitted scope.");
    // Nobody else takes them away: an emulator may run for months.
    for (const [old, { expiresAt }] of state.tokens) if (expiresAt <= state.now()) state.tokens.delete(old);
    const token = randomBytes(24).toString("base64url");
    const lifetime = state.options.tokenLifetimeSeconds;
    state.tokens.set(token, { client, scopes: new Set(asked), expiresAt: state.now() + lifetime * 1_000 });
    reply.header("cache-control", "no-store");
    return { access_token: token, token_type: "Bearer", expires_in: lifetime, scope: asked.join(" ") };
  });
}

function findClient(state: State, request: FastifyRequest, form: Record<string, unknown>): Client | undefined {
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const pair = basic === undefined ? undefined : Buffer.from(basic, "base64").toString();
  const [id, secret] =
    pair === undefined ? [form["client_id"], form["client_secret"]] : [pair.slice(0, pair.indexOf(":")), pair.slice(pair.indexOf(":") + 1)];
  if (typeof id !== "string" || typeof secret !== "string") return undefined;
  return state.options.clients.find((client) => client.clientId === id && same(client.clientSecret, secret));
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The token of a request, or 401. */
export function authenticate(state: State, request: FastifyRequest): Token {
  const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const token = bearer === undefined ? undefined : state.tokens.get(bearer);
  if (token === undefined || token.expiresAt <= state.now()) throw fail.unauthenticated();
  return token;
}

/** Whether a token holds a scope for a project, by itself or within a larger one. */
export function holds(token: Token, scope: string, projectKey: string): boolean {
  if (token.scopes.has(`${scope}:${projectKey}`)) return true;
  return Object.entries(INCLUDES).some(([larger, included]) => included.includes(scope) && token.scopes.has(`${larger}:${projectKey}`));
}

/** The token of a request if it holds `scope` for `projectKey`, which is the token's own project when left out; else 401 or 403. */
export function authorize(state: State, request: FastifyRequest, scope: string, projectKey?: string): Token {
  const token = authenticate(state, request);
  const project = projectKey ?? token.client.projectKey;
  if (!holds(token, scope, project)) throw fail.forbidden(`${scope}:${project}`);
  return token;
}
