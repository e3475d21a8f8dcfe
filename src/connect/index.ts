import { Compile } from "typebox/compile";
import type { TSchema } from "typebox";
import { gatewayError } from "../errors.ts";
import type { Scrubber } from "../scrub.ts";
import { reveal, type Secret } from "../secret.ts";
import { type Call, type CallReport, createHttp } from "./http.ts";
import * as model from "./model.ts";
import type { Proxy } from "./outbound.ts";
import { createOauth } from "./oauth.ts";
import { createTokenCache } from "./token-cache.ts";
import { createTransport, DEFAULT_LIMITS, type TransportLimits } from "./transport.ts";

export type { Call, CallReport } from "./http.ts";
export type * from "./model.ts";
export { createFetch } from "./outbound.ts";

/** Names one resource: by its id, or by the key that its creator gave it. */
export type Ref = { readonly id: string } | { readonly key: string };

/** One page of a listing, as upstream counts it. */
export type Page<T> = {
  readonly limit: number;
  readonly offset: number;
  readonly count: number;
  readonly total: number;
  readonly results: T[];
};

export type ConnectOptions = {
  readonly region: string;
  readonly projectKey: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** Scopes to ask for, separated by spaces; undefined asks for all of the credential's. */
  readonly scope: string | undefined;
  readonly authUrl: string;
  readonly connectUrl: string;
  /** Ways out, direct when left out. */
  readonly proxies?: { readonly connect: Proxy | undefined; readonly auth: Proxy | undefined };
  readonly scrubber: Scrubber;
  readonly userAgent: string;
  readonly report: (report: CallReport & { readonly region: string; readonly projectKey: string }) => void;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly limits?: Partial<TransportLimits>;
};

/** The Connect API of one project, with that project's own token. Every method throws GatewayErrors only. */
export type Connect = ReturnType<typeof createConnect>;

const connectorStaged = checked<model.ConnectorStaged>(model.ConnectorStaged);
const connectorsStaged = checked<Page<model.ConnectorStaged>>(model.ConnectorStagedPagedQueryResponse);
const connector = checked<model.Connector>(model.Connector);
const connectors = checked<Page<model.Connector>>(model.ConnectorSearchPagedQueryResponse);
const deployment = checked<model.Sealed<model.Deployment>>(model.Deployment);
const deployments = checked<Page<model.Sealed<model.Deployment>>>(model.DeploymentPagedQueryResponse);
const logPage = checked<model.DeploymentLogCursorPagedQueryResponse>(model.DeploymentLogCursorPagedQueryResponse);

/** Makes the client of one project. `close` ends its connections. */
export function createConnect(options: ConnectOptions) {
  const { region, projectKey, clientId, clientSecret, scope, authUrl, scrubber } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const transport = createTransport(options.connectUrl, limits, options.proxies?.connect);
  const authTransport = createTransport(authUrl, limits, options.proxies?.auth);
  scrubber.add(reveal(clientSecret));
  const tokens = createTokenCache({
    key: `${authUrl} ${clientId} ${scope ?? ""}`,
    request: createOauth({
      transport: authTransport,
      clientId,
      clientSecret,
      scope,
      scrubber,
      userAgent: options.userAgent,
      totalMs: limits.totalMs,
    }),
    now: options.now ?? Date.now,
  });
  const http = createHttp({
    transport,
    tokens,
    scrubber,
    totalMs: limits.totalMs,
    userAgent: options.userAgent,
    random: options.random ?? Math.random,
    report: (report) => options.report({ ...report, region, projectKey }),
  });
  const root = `/${encodeURIComponent(projectKey)}/deployments`;
  const get = (call: Call, path: string, query?: object) => http.request(call, { method: "GET", path, query: toSearchParams(query) });
  const post = (call: Call, path: string, body: unknown) => http.request(call, { method: "POST", path, body });
  const remove = (call: Call, path: string) => http.request(call, { method: "DELETE", path });

  return {
    project: { region, projectKey },

    connectors: {
      search: async (call: Call, query: model.ConnectorSearchQuery) => connectors(await get(call, "/connectors/search", query)),
      get: async (call: Call, ref: Ref) => connector(await get(call, `/connectors/${segment(ref)}`)),
    },

    drafts: {
      list: async (call: Call, query: model.ConnectorsStagedQuery) => connectorsStaged(await get(call, "/connectors/drafts", query)),
      get: async (call: Call, ref: Ref) => connectorStaged(await get(call, `/connectors/drafts/${segment(ref)}`)),
      create: async (call: Call, draft: model.ConnectorStagedDraft) => connectorStaged(await post(call, "/connectors/drafts", draft)),
      update: async (call: Call, ref: Ref, update: model.ConnectorUpdate) =>
        connectorStaged(await post(call, `/connectors/drafts/${segment(ref)}`, update)),
      remove: async (call: Call, ref: Ref) => connectorStaged(await remove(call, `/connectors/drafts/${segment(ref)}`)),
    },

    deployments: {
      list: async (call: Call, query: model.DeploymentsQuery) => deployments(await get(call, root, query)),
      get: async (call: Call, ref: Ref) => deployment(await get(call, `${root}/${segment(ref)}`)),
      create: async (call: Call, draft: model.Sealed<model.DeploymentDraft>) => deployment(await post(call, root, draft)),
      update: async (call: Call, ref: Ref, update: model.Sealed<model.DeploymentUpdate>) =>
        deployment(await post(call, `${root}/${segment(ref)}`, update)),
      remove: async (call: Call, ref: Ref) => deployment(await remove(call, `${root}/${segment(ref)}`)),
      logs: async (call: Call, ref: Ref, query: model.DeploymentLogsQuery) => {
        const page = logPage(await get(call, `${root}/${segment(ref)}/logs`, query));
        return scrubber.scrubTree(page) as model.DeploymentLogCursorPagedQueryResponse;
      },
    },

    /** Asks for a token if none is held: tells whether the credential works. */
    ready: async (): Promise<void> => void (await tokens.get()),

    close: async (): Promise<void> => void (await Promise.all([transport.close(), authTransport.close()])),
  };
}

/** Accepts an answer only in the form that the rest of the gateway relies on; additional fields pass. */
function checked<T>(schema: TSchema): (answer: unknown) => T {
  const validator = Compile(schema);
  return (answer) => {
    if (!validator.Check(answer)) throw gatewayError("UpstreamBadResponse");
    return answer as T;
  };
}

function segment(ref: Ref): string {
  return "id" in ref ? encodeURIComponent(ref.id) : `key=${encodeURIComponent(ref.key)}`;
}

/** Query parameters as Connect reads them: a list is a repeated key, nothing is sent for what is left out. */
function toSearchParams(query: object | undefined): URLSearchParams | undefined {
  if (query === undefined) return undefined;
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) if (item !== undefined && item !== null) params.append(name, String(item));
  }
  return params;
}
