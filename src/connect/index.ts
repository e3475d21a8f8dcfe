import { toGatewayError } from "../errors.ts";
import { type Meter, NO_METER } from "../meter.ts";
import type { Scrubber } from "../scrub.ts";
import type { Tracer } from "../tracer.ts";
import { reveal, type Secret } from "../secret.ts";
import { Answer } from "./answer.ts";
import { badAnswer } from "./answer-errors.ts";
import { createBreaker } from "./breaker.ts";
import type { Call, CallReport } from "./call.ts";
import { countCall, countTokens, traceCalls } from "./figures.ts";
import { createForm, type Form } from "./form.ts";
import { createHttp, type Http, type UpstreamRequest } from "./http.ts";
import { createPlaces } from "./limits.ts";
import * as model from "./model.ts";
import type { Proxy } from "./outbound.ts";
import { createOauth } from "./oauth.ts";
import { createReads, type ReadLimits, type Reads } from "./reads.ts";
import { createTokenCache, type TokenCache } from "./token-cache.ts";
import { createTransport, DEFAULT_LIMITS, type TransportLimits } from "./transport.ts";

export type { Call, CallReport, Fields, ReadNote } from "./call.ts";
export type { ReadLimits } from "./reads.ts";
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
  /** Nothing is remembered when left out. */
  readonly reads?: ReadLimits;
  /** Requests to upstream under way at once, for this project. */
  readonly places?: number;
  readonly meter?: Meter;
  /** No spans when left out. */
  readonly tracer?: Tracer | undefined;
};

/** The Connect API of one project, with that project's own token. Every method throws GatewayErrors only. */
export type Connect = ReturnType<typeof createConnect>;

const connectorStaged = createForm<model.ConnectorStaged>(model.ConnectorStaged);
const connectorsStaged = createForm<Page<model.ConnectorStaged>>(model.ConnectorStagedPagedQueryResponse);
const connector = createForm<model.Connector>(model.Connector);
const connectors = createForm<Page<model.Connector>>(model.ConnectorSearchPagedQueryResponse);
const deployment = createForm<model.Sealed<model.Deployment>>(model.Deployment);
const deployments = createForm<Page<model.Sealed<model.Deployment>>>(model.DeploymentPagedQueryResponse);
const logPage = createForm<model.DeploymentLogCursorPagedQueryResponse>(model.DeploymentLogCursorPagedQueryResponse);

/** Writes of which it is certain that they never arrived. */
const NOT_SENT = new Set(["UpstreamUnavailable", "UpstreamThrottled", "UpstreamTimeout", "Overloaded"]);

/** Makes the client of one project. `close` ends its connections. */
export function createConnect(options: ConnectOptions) {
  const { region, projectKey, scrubber } = options;
  const { http, reads, tokens, close } = createParts(options);
  const root = `/${encodeURIComponent(projectKey)}/deployments`;
  const deploymentPath = (ref: Ref): string => `${root}/${segment(ref)}`;
  const draftPath = (ref: Ref): string => `/connectors/drafts/${segment(ref)}`;

  const deploymentPage = (query: model.DeploymentsQuery) => ({
    operation: "deployments.list",
    path: root + toQuery(query),
    form: deployments,
  });
  const draftPage = (query: model.ConnectorsStagedQuery) => ({
    operation: "connectorsStaged.list",
    path: `/connectors/drafts${toQuery(query)}`,
    form: connectorsStaged,
  });

  async function write<T>(call: Call, form: Form<T>, request: Omit<UpstreamRequest, "expected">): Promise<T> {
    const started = performance.now();
    try {
      const answer = await http.write(call, request);
      reads.changed(call.principal);
      return written(form, answer);
    } catch (error) {
      if (!NOT_SENT.has(toGatewayError(error).code)) reads.changed(call.principal);
      throw error;
    } finally {
      call.noted?.({ from: "write", ageMs: 0, ms: performance.now() - started });
    }
  }

  return {
    project: { region, projectKey },

    connectors: {
      search: (call: Call, query: model.ConnectorSearchQuery) =>
        reads.get(call, { operation: "connectors.search", path: `/connectors/search${toQuery(query)}`, form: connectors }),
      get: (call: Call, ref: Ref) => reads.get(call, { operation: "connectors.get", path: `/connectors/${segment(ref)}`, form: connector }),
    },

    drafts: {
      list: (call: Call, query: model.ConnectorsStagedQuery) => reads.get(call, draftPage(query)),
      /** A page unless it is still as marked; it is not remembered. */
      listMarked: (call: Call, query: model.ConnectorsStagedQuery, mark?: string) => reads.getMarked(call, draftPage(query), mark),
      get: (call: Call, ref: Ref) => reads.get(call, { operation: "connectorsStaged.get", path: draftPath(ref), form: connectorStaged }),
      create: (call: Call, draft: model.ConnectorStagedDraft) =>
        write(call, connectorStaged, { operation: "connectorsStaged.create", method: "POST", path: "/connectors/drafts", body: draft }),
      update: (call: Call, ref: Ref, update: model.ConnectorUpdate) =>
        write(call, connectorStaged, { operation: "connectorsStaged.update", method: "POST", path: draftPath(ref), body: update }),
      remove: (call: Call, ref: Ref) =>
        write(call, connectorStaged, { operation: "connectorsStaged.delete", method: "DELETE", path: draftPath(ref) }),
    },

    deployments: {
      list: (call: Call, query: model.DeploymentsQuery) => reads.get(call, deploymentPage(query)),
      /** A page unless it is still as marked; it is not remembered. */
      listMarked: (call: Call, query: model.DeploymentsQuery, mark?: string) => reads.getMarked(call, deploymentPage(query), mark),
      get: (call: Call, ref: Ref) => reads.get(call, { operation: "deployments.get", path: deploymentPath(ref), form: deployment }),
      create: (call: Call, draft: model.Sealed<model.DeploymentDraft>) =>
        write(call, deployment, { operation: "deployments.create", method: "POST", path: root, body: draft }),
      update: (call: Call, ref: Ref, update: model.Sealed<model.DeploymentUpdate>) =>
        write(call, deployment, { operation: "deployments.update", method: "POST", path: deploymentPath(ref), body: update }),
      remove: (call: Call, ref: Ref) =>
        write(call, deployment, { operation: "deployments.delete", method: "DELETE", path: deploymentPath(ref) }),
      /** Logs are of the moment: they are never remembered. */
      logs: async (call: Call, ref: Ref, query: model.DeploymentLogsQuery) => {
        const path = `${deploymentPath(ref)}/logs${toQuery(query)}`;
        const answer = new Answer(await http.read(call, { method: "GET", operation: "deployments.logs", path }), scrubber);
        return scrubber.scrubTree(answer.read(logPage, undefined, scrubber)) as model.DeploymentLogCursorPagedQueryResponse;
      },
    },

    /** Something changed upstream that did not come through here: what is remembered of the project is old. */
    changed: (): void => reads.changed(undefined),

    /** Asks for a token if none is held: tells whether the credential works. */
    ready: async (): Promise<void> => void (await tokens.get()),

    close,
  };
}

type Parts = { readonly http: Http; readonly reads: Reads; readonly tokens: TokenCache; close(): Promise<void> };

/** What one project's client is made of. */
function createParts(options: ConnectOptions): Parts {
  const { region, projectKey, clientId, clientSecret, scope, authUrl, scrubber, userAgent, proxies } = options;
  const { now = () => performance.now(), random = Math.random, meter = NO_METER, reads = { cacheMs: 0, staleMs: 0 } } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const transport = createTransport(options.connectUrl, limits, proxies?.connect);
  const authTransport = createTransport(authUrl, limits, proxies?.auth);
  scrubber.add(reveal(clientSecret));
  const { totalMs } = limits;
  const tokens = createTokenCache({
    key: `${authUrl} ${clientId} ${scope ?? ""}`,
    request: countTokens(meter, createOauth({ transport: authTransport, clientId, clientSecret, scope, scrubber, userAgent, totalMs })),
    now,
  });
  const breaker = createBreaker(now, random);
  meter.gauge("breakers_open", () => (breaker.open() ? 1 : 0), { region });
  const plain = createHttp({
    transport,
    tokens,
    breaker,
    places: createPlaces(options.places ?? Number.POSITIVE_INFINITY),
    scrubber,
    totalMs,
    userAgent,
    now,
    random,
    report: (report) => {
      countCall(meter, report);
      options.report({ ...report, region, projectKey });
    },
  });
  const http = traceCalls(plain, options.tracer, region);
  return {
    http,
    reads: createReads({ http, scrubber, now, meter, ...reads }),
    tokens,
    close: async () => void (await Promise.all([transport.close(), authTransport.close()])),
  };
}

/** The answer to a write, which was done in some way; one of another form does not say in which. */
function written<T>(form: Form<T>, answer: unknown): T {
  try {
    return form.check(answer);
  } catch {
    throw badAnswer(true);
  }
}

function segment(ref: Ref): string {
  return "id" in ref ? encodeURIComponent(ref.id) : `key=${encodeURIComponent(ref.key)}`;
}

/** Query parameters as Connect reads them, with their question mark: a list is a repeated key, nothing is sent for what is left out. */
function toQuery(query: object): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) if (item !== undefined && item !== null) params.append(name, String(item));
  }
  return params.size === 0 ? "" : `?${params.toString()}`;
}
