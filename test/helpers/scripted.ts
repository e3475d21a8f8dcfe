import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Test } from "tap";
import { type Answer, at, type Json, MIRROR, PROJECT, startTestGateway } from "./gateway.ts";
import { answer, DEPLOYMENT, ID, type Received, startUpstream, type Upstream } from "./upstream.ts";

export const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
export const DRAFTS = `${MIRROR}/connectors/drafts`;
export const REGION = "europe-west1.gcp";
export const REDEPLOY = { actions: [{ action: "redeploy" }] };
export const keyed = (key: string) => ({ headers: { "idempotency-key": key } });

export type Say = (response: ServerResponse, thing: Json) => void;
export const say =
  (status: number, body?: unknown): Say =>
  (response, thing) =>
    answer(response, status, body ?? thing);
export const refusal = (status: number, code: string, fields: object = {}): Say =>
  say(status, { statusCode: status, message: "m", errors: [{ code, message: "m", ...fields }] });

export function deployment(key: unknown, more: object = {}): Json {
  const connector = { ...DEPLOYMENT.connector, key: "kk" };
  return { id: ID, key, version: 1, connector, deployedRegion: REGION, applications: [], preview: false, status: "Deployed", ...more };
}

export function draft(key: unknown, more: object = {}): Json {
  const repository = { url: "https://github.com/a/b.git", tag: "t" };
  const rest = {
    supportedRegions: [],
    configurations: [],
    integrationTypes: [],
    privateProjects: [],
    status: "Draft",
    isPreviewable: "none",
  };
  const flags = { alreadyListed: false, hasChanges: false, private: false };
  return { id: ID, key, version: 1, name: "n", creator: { email: "a@b.example" }, repository, ...rest, ...flags, ...more };
}

/** Upstream with deployments and drafts of which it does what it is asked to; how it answers a write, and then a read, is scripted. */
export function script(upstream: Upstream) {
  const things = new Map<string, Json>();
  const says: { write: Say; read: Say } = { write: say(201), read: say(200) };
  const keyOf = ({ url }: Received): string => {
    const [, key] = url.split("key=");
    if (key !== undefined) return decodeURIComponent(key);
    return [...things].find(([, { id }]) => typeof id === "string" && url.endsWith(id))?.[0] ?? "";
  };
  const change = (request: Received): Json => {
    const body = JSON.parse(request.body) as { key?: string; name?: string; actions?: readonly { name?: string }[] };
    const { key = keyOf(request), name = body.actions?.[0]?.name } = body;
    const known = things.get(key);
    const make = request.url.includes("/drafts") ? draft : deployment;
    const named = name === undefined ? {} : { name };
    const thing =
      known === undefined ? make(key, { id: randomUUID(), ...named }) : { ...known, ...named, version: Number(known["version"]) + 1 };
    things.set(key, thing);
    return thing;
  };
  upstream.api((request, response) => {
    const held = things.get(keyOf(request));
    if (request.method === "GET") return held === undefined ? refusal(404, "ResourceNotFound")(response, {}) : says.read(response, held);
    if (request.method === "POST") return says.write(response, change(request));
    things.delete(keyOf(request));
    return says.write(response, held ?? {});
  });
  const sent = (method: string): number => upstream.requests.filter((each) => each.method === method).length;
  return { things, says, posts: () => sent("POST"), deletes: () => sent("DELETE") };
}

export async function start(t: Test, env: Readonly<Record<string, string>> = {}) {
  const upstream = await startUpstream(t);
  return { upstream, ...script(upstream), gateway: await startTestGateway(t, { upstream: upstream.url, env }) };
}
export const told = ({ status, body, headers }: Answer): unknown[] => [
  status,
  at(body, "errors.0.code") ?? "ok",
  headers.get("idempotency-replayed"),
];
