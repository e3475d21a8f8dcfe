import type { Test } from "tap";
import { startGateway } from "../../src/app.ts";
import { readConfig } from "../../src/config/index.ts";
import { createEmulator, type EmulatorOptions, SEED } from "../../src/emulator/index.ts";
import { Secret } from "../../src/secret.ts";
import { JWT_SECRET, tokenFor } from "./token.ts";

export const REGION = SEED.region;
export const PROJECT = SEED.projectKey;
/** Prefix of the mirrored Connect API in the tests' region. */
export const MIRROR = `/connect/${REGION}`;

/** The key from which test gateways derive signing secrets. */
export const WEBHOOK_SECRET = "test-webhook-key-of-more-than-32-bytes";

/** The settings for the one project of an upstream that knows the emulator's client. */
export const settingsFor = (upstream: string): Readonly<Record<string, string>> => ({
  CTP_REGION: REGION,
  CTP_PROJECT_KEY: PROJECT,
  CTP_CLIENT_ID: SEED.clientId,
  CTP_CLIENT_SECRET: SEED.clientSecret,
  CTP_AUTH_URL: upstream,
  CTP_CONNECT_URL: upstream,
});

/** A JSON object of an answer. */
export type Json = Readonly<Record<string, unknown>>;
export type Answer = { readonly status: number; readonly headers: Headers; readonly text: string; readonly body: Json };

/** What stands at a path such as `results.0.key`; undefined when the way there ends before. */
export function at(body: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((held, name) => (held !== null && typeof held === "object" ? Reflect.get(held, name) : undefined), body);
}

/** The objects of the list at a path; none when there is no list. */
export function rows(body: unknown, path: string): readonly Json[] {
  const list = at(body, path);
  return Array.isArray(list) ? list : [];
}

type CallOptions = { readonly token?: string; readonly headers?: Readonly<Record<string, string>> };

/** A running gateway and what stands behind it. */
export type TestGateway = {
  readonly url: string;
  /** Everything that it logged, as one text. */
  log(): string;
  /** One REST call; `body` is sent as JSON unless it is a string. */
  rest(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer>;
  /** One GraphQL request. */
  graphql(query: string, variables?: object, options?: CallOptions): Promise<Answer>;
  /** Stops it before the test ends. */
  stop(): Promise<void>;
};

type GatewayOptions = {
  readonly upstream: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Texts of the files that settings name. */
  readonly files?: Readonly<Record<string, string>>;
  /** The share of its memory that it has taken, 0 to 1. */
  readonly takenShare?: () => number;
};

/** Starts a gateway in front of `upstream`, at every log level; it is stopped when the test ends. */
export async function startTestGateway(
  t: Test,
  { upstream, env = {}, files = {}, takenShare = () => 0 }: GatewayOptions,
): Promise<TestGateway> {
  const lines: string[] = [];
  const settings = {
    PORT: "0",
    LOG_LEVEL: "trace",
    JWT_SECRET,
    DATABASE_URL: "sqlite::memory:",
    WATCH_INTERVAL_MS: "0",
    // Most tests change upstream behind the gateway's back.
    CACHE_TTL_MS: "0",
    RATE_PER_SECOND: "0",
    FAILED_AUTH_PER_SECOND: "0",
    ...settingsFor(upstream),
    ...env,
  };
  const config = readConfig(settings, (path) => files[path] ?? "");
  const gateway = await startGateway(config, {
    write: (line) => void lines.push(line),
    mostMemory: 2 ** 32,
    mostFiles: 4_096,
    takenShare,
    jwtSecret: new Secret(JWT_SECRET),
    webhookSecret: () => new Secret(WEBHOOK_SECRET),
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= gateway.stop());
  t.teardown(stop);
  const token = tokenFor(`manage_project:${PROJECT}`);

  async function rest(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Answer> {
    const headers = { authorization: `Bearer ${options.token ?? token}`, "content-type": "application/json", ...options.headers };
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    return read(await fetch(gateway.url + path, { method, headers, ...(text === undefined ? {} : { body: text }) }));
  }
  return {
    url: gateway.url,
    stop,
    log: () => lines.join(""),
    rest,
    graphql: (query, variables, options) => rest("POST", "/graphql", { query, variables }, options),
  };
}

/** An answer, read whole. */
export async function read(response: Response): Promise<Answer> {
  const text = await response.text();
  const json = /json/.test(response.headers.get("content-type") ?? "") && text !== "";
  return { status: response.status, headers: response.headers, text, body: (json ? JSON.parse(text) : {}) as Json };
}

/** An emulator whose clock only the test moves. */
export type TestEmulator = {
  readonly url: string;
  advance(ms: number): void;
  /** A call to one of its controls. */
  control(method: string, path: string, body?: object): Promise<Answer>;
  /** Requests and status changes that it noted. */
  journal(): Promise<readonly Json[]>;
  /** A call to its API with a token of its own, past the gateway. */
  api(method: string, path: string, body?: unknown): Promise<Answer>;
};

/** Starts an emulator that is stopped when the test ends. */
export async function startTestEmulator(t: Test, options: EmulatorOptions = {}): Promise<TestEmulator> {
  let time = Date.UTC(2026, 10, 1, 12);
  const emulator = await createEmulator({ now: () => time, ...options });
  t.teardown(() => emulator.close());
  let token: string | undefined;

  const send = async (method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Answer> => {
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const type: Record<string, string> = text === undefined ? {} : { "content-type": "application/json" };
    return read(
      await fetch(emulator.url + path, { method, headers: { ...type, ...headers }, ...(text === undefined ? {} : { body: text }) }),
    );
  };
  const control = (method: string, path: string, body?: object) => send(method, `/_emulator/${path}`, body, {});

  return {
    url: emulator.url,
    advance: (ms) => void (time += ms),
    control,
    journal: async () => rows((await control("GET", "journal")).body, "results"),
    api: async (method, path, body) => {
      token ??= await emulatorToken(emulator.url, options.clients?.[0] ?? SEED);
      return send(method, path, body, { authorization: `Bearer ${token}` });
    },
  };
}

/** A token of the emulator. */
export async function emulatorToken(url: string, client: { clientId: string; clientSecret: string }, scope?: string): Promise<string> {
  const form = new URLSearchParams({ grant_type: "client_credentials", ...(scope === undefined ? {} : { scope }) });
  const authorization = `Basic ${Buffer.from(`${client.clientId}:${client.clientSecret}`).toString("base64")}`;
  const answer = await read(await fetch(`${url}/oauth/token`, { method: "POST", headers: { authorization }, body: form }));
  return String(answer.body["access_token"]);
}

/** Both, the gateway in front of the emulator. */
export async function startBoth(t: Test, options: EmulatorOptions = {}, env: Readonly<Record<string, string>> = {}) {
  const emulator = await startTestEmulator(t, options);
  // Torn down in reverse: first the gateway, which still talks to the emulator while it stops.
  const gateway = await startTestGateway(t, { upstream: emulator.url, env });
  return { emulator, gateway };
}
