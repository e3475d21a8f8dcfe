import { toGatewayError } from "../errors.ts";
import { type Meter, NO_METER } from "../meter.ts";
import type { Scrubber } from "../scrub.ts";
import type { Tracer } from "../tracer.ts";
import { reveal, type Secret } from "../secret.ts";
import { Answer } from "./answer.ts";
import { badAnswer, isUnchanged } from "./answer-errors.ts";
import { createBreaker } from "./breaker.ts";
import type { Call, CallReport } from "./call.ts";
import { countCall, countTokens, traceCalls } from "./figures.ts";
import { createForm, type Form } from "./form.ts";
import { createHttp, type Http, type UpstreamRequest } from "./http.ts";
import { createPlaces } from "./limits.ts";
import type { Subject } from "./marks.ts";
import { createMemory, type Memory } from "./memory.ts";
import * as model from "./model.ts";
import type { Proxy } from "./outbound.ts";
import { createOauth } from "./oauth.ts";
import { createReads, type ReadLimits, type Reads } from "./reads.ts";
import { createTokenCache, type TokenCache } from "./token-cache.ts";
import { createTransport, DEFAULT_LIMITS, type TransportLimits } from "./transport.ts";

export type { Call, CallReport, Fields, ReadNote } from "./call.ts";
export type { ReadLimits } from "./reads.ts";
export { createMemory, type Memory } from "./memory.ts";
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
  /** What all projects of the process remember; a memory of its own when left out. */
  readonly memory?: Memory;
  /** Requests to upstream under way at once, for this project, and readers who wait for one. */
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

/** Refusals that say that a resource is not what it was taken for. */
const NEWS = new Set([404, 409, 412]);

/** Makes the client of one project. `close` ends its connections. */
export function createConnect(options: ConnectOptions) {
  const { region, projectKey, scrubber } = options;
  const { http, reads, tokens, close } = createParts(options);
  const root = `/${encodeURIComponent(projectKey)}/deployments`;
  const deploymentAt = (ref: Ref) => ({ path: `${root}/${segment(ref)}`, subject: deploymentOf(ref) });
  const draftAt = (ref: Ref) => ({ path: `/connectors/drafts/${segment(ref)}`, subject: connectorOf(ref) });

  const deploymentPage = (query: model.DeploymentsQuery) => ({
    operation: "deployments.list",
    path: root + toQuery(query),
    subject: deploymentOf(),
    form: deployments,
  });
  const draftPage = (query: model.ConnectorsStagedQuery) => ({
    operation: "connectorsStaged.list",
    path: `/connectors/drafts${toQuery(query)}`,
    subject: connectorOf(),
    form: connectorsStaged,
  });

  type Write = Omit<UpstreamRequest, "expected"> & { readonly subject: Subject };
  async function write<T>(call: Call, form: Form<T>, { subject, ...request }: Write): Promise<T> {
    const started = performance.now();
    try {
      const answer = await http.write(call, request);
      reads.wrote(call.principal, subject);
      return written(form, answer);
    } catch (thrown) {
      const error = toGatewayError(thrown);
      // In doubt it happened.
      if (!isUnchanged(error)) reads.wrote(call.principal, subject);
      else if (NEWS.has(error.statusCode)) reads.changed();
      throw error;
    } finally {
      call.noted?.({ from: "write", ageMs: 0, ms: performance.now() - started });
    }
  }

  return {
    project: { region, projectKey },

    connectors: {
      search: (call: Call, query: model.ConnectorSearchQuery) => {
        const path = `/connectors/search${toQuery(query)}`;
        return reads.get(call, { operation: "connectors.search", path, subject: connectorOf(), form: connectors });
      },
      get: (call: Call, ref: Ref) =>
        reads.get(call, { operation: "connectors.get", path: `/connectors/${segment(ref)}`, subject: connectorOf(ref), form: connector }),
    },

    drafts: {
      list: (call: Call, query: model.ConnectorsStagedQuery) => reads.get(call, draftPage(query)),
      /** A page unless it is still as marked; it is not remembered. */
      listMarked: (call: Call, query: model.ConnectorsStagedQuery, mark?: string) => reads.getMarked(call, draftPage(query), mark),
      get: (call: Call, ref: Ref) => reads.get(call, { operation: "connectorsStaged.get", ...draftAt(ref), form: connectorStaged }),
      create: (call: Call, body: model.ConnectorStagedDraft) =>
        write(call, connectorStaged, { operation: "connectorsStaged.create", method: "POST", ...newDraft(body), body }),
      update: (call: Call, ref: Ref, body: model.ConnectorUpdate) =>
        write(call, connectorStaged, { operation: "connectorsStaged.update", method: "POST", ...draftAt(ref), body }),
      remove: (call: Call, ref: Ref) =>
        write(call, connectorStaged, { operation: "connectorsStaged.delete", method: "DELETE", ...draftAt(ref) }),
    },

    deployments: {
      list: (call: Call, query: model.DeploymentsQuery) => reads.get(call, deploymentPage(query)),
      /** A page unless it is still as marked; it is not remembered. */
      listMarked: (call: Call, query: model.DeploymentsQuery, mark?: string) => reads.getMarked(call, deploymentPage(query), mark),
      get: (call: Call, ref: Ref) => reads.get(call, { operation: "deployments.get", ...deploymentAt(ref), form: deployment }),
      create: (call: Call, body: model.Sealed<model.DeploymentDraft>) =>
        write(call, deployment, { operation: "deployments.create", method: "POST", path: root, subject: deploymentOf(keyOf(body)), body }),
      update: (call: Call, ref: Ref, body: model.Sealed<model.DeploymentUpdate>) =>
        write(call, deployment, { operation: "deployments.update", method: "POST", ...deploymentAt(ref), body }),
      remove: (call: Call, ref: Ref) =>
        write(call, deployment, { operation: "deployments.delete", method: "DELETE", ...deploymentAt(ref) }),
      /** Logs are of the moment: they are never remembered. */
      logs: async (call: Call, ref: Ref, query: model.DeploymentLogsQuery) => {
        const path = `${deploymentAt(ref).path}/logs${toQuery(query)}`;
        const answer = new Answer(await http.read(call, { method: "GET", operation: "deployments.logs", path }), scrubber);
        return scrubber.scrubTree(answer.read(logPage, undefined, scrubber)) as model.DeploymentLogCursorPagedQueryResponse;
      },
    },

    /** Something changed upstream that did not come through here: what is remembered of the project is old. */
    changed: (): void => reads.changed(),

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
  const { memory = createMemory({ ...reads, now }), places = Number.POSITIVE_INFINITY } = options;
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
    places: createPlaces(places),
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
    reads: createReads({ http, scrubber, now, meter, memory, callers: createPlaces(places), project: `${region}:${projectKey}`, ...reads }),
    tokens,
    close: async () => {
      if (memory !== options.memory) memory.close();
      await Promise.all([transport.close(), authTransport.close()]);
    },
  };
}

const deploymentOf = (ref?: Ref): Subject => ({ kind: "deployment", ref });
const connectorOf = (ref?: Ref): Subject => ({ kind: "connector", ref });
const keyOf = ({ key }: { readonly key?: string | undefined }): Ref | undefined => (key === undefined ? undefined : { key });
const newDraft = (draft: model.ConnectorStagedDraft) => ({ path: "/connectors/drafts", subject: connectorOf(keyOf(draft)) });

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
