import { performance } from "node:perf_hooks";
import { gatewayError, toGatewayError } from "../errors.ts";
import type { ProjectScrubber } from "../scrub/index.ts";
import { Answer } from "./answer.ts";
import { badAnswer, isGone, isUnchanged } from "./answer-errors.ts";
import type { Call } from "./call.ts";
import { createForm, type Form } from "./form.ts";
import type { UpstreamRequest } from "./http.ts";
import { inPlace } from "./limits.ts";
import type { Subject, Written } from "./marks.ts";
import * as model from "./model.ts";
import { type ConnectOptions, createParts } from "./parts.ts";
import type { Read } from "./read.ts";
import type { Named, Outcome } from "./recent.ts";
import { STRUCTURE } from "./structure.ts";

export { isUnchanged, unchanged } from "./answer-errors.ts";
export type { Call, CallReport, Fields, ReadNote } from "./call.ts";
export { within } from "./in-time.ts";
export type { Written } from "./marks.ts";
export type { ReadLimits } from "./read.ts";
export { createInflow, type Inflow } from "./inflow.ts";
export { createMemory, type Memory } from "./memory.ts";
export type * from "./model.ts";
export { MAX_LIMIT, MAX_OFFSET } from "./model-queries.ts";
export { createFetch } from "./outbound.ts";
export type { ConnectOptions } from "./parts.ts";

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

/** The Connect API of one project, with that project's own token. Every method throws GatewayErrors only. */
export type Connect = ReturnType<typeof createConnect>;

const connectorStaged = createForm<model.ConnectorStaged>(model.ConnectorStaged);
const connectorsStaged = createForm<Page<model.ConnectorStaged>>(model.ConnectorStagedPagedQueryResponse);
const connector = createForm<model.Connector>(model.Connector);
const connectors = createForm<Page<model.Connector>>(model.ConnectorSearchPagedQueryResponse);
const deployment = createForm<model.Sealed<model.Deployment>>(model.Deployment);
const deployments = createForm<Page<model.Sealed<model.Deployment>>>(model.DeploymentPagedQueryResponse);
type LogPage = model.DeploymentLogCursorPagedQueryResponse;
const logPage = createForm<LogPage>(model.DeploymentLogCursorPagedQueryResponse);

/** Where something is, and what it shows. */
type Place = { readonly path: string; readonly subject: Subject };

/** What is left of a request's time for its answer, in milliseconds. */
const ANSWER_MS = 500;
const UNREAD = "The log lines could not be searched for secured values in time: name a shorter span of time (startDate, endDate).";

/** Refusals that say that a resource is not what it was taken for. */
const NEWS = new Set([404, 409, 412]);

/** Makes the client of one project. `close` ends its connections. */
export function createConnect(options: ConnectOptions) {
  const { region, projectKey, wrote } = options;
  const { http, reads, scrubber, callers, clock, scopes, close } = createParts(options);
  const root = `/${encodeURIComponent(projectKey)}/deployments`;
  const deploymentAt = (ref: Ref): Place => ({ path: `${root}/${segment(ref)}`, subject: deploymentOf(ref) });
  const draftAt = (ref: Ref): Place => ({ path: `/connectors/drafts/${segment(ref)}`, subject: connectorOf(ref) });
  const connectorAt = (ref: Ref): Place => ({ path: `/connectors/${segment(ref)}`, subject: connectorOf(ref) });

  const read = <T>(operation: string, { path, subject }: Place, form: Form<T>): Read<T> => ({
    operation,
    path,
    name: `${region}:${projectKey} ${path}`,
    subject,
    form,
  });
  const deploymentPage = onceFor((query: model.DeploymentsQuery) =>
    read("deployments.list", { path: root + toQuery(query), subject: deploymentOf() }, deployments),
  );
  const draftPage = onceFor((query: model.ConnectorsStagedQuery) =>
    read("connectorsStaged.list", { path: `/connectors/drafts${toQuery(query)}`, subject: connectorOf() }, connectorsStaged),
  );
  const connectorPage = onceFor((query: model.ConnectorSearchQuery) =>
    read("connectors.search", { path: `/connectors/search${toQuery(query)}`, subject: connectorOf() }, connectors),
  );

  async function note(write: Written, outcome: Outcome): Promise<void> {
    reads.wrote(write, outcome);
    // What was not there has changed nothing for others.
    if (outcome !== "gone") await wrote?.(write, write.operation.endsWith(".delete"));
  }

  type Write = Omit<UpstreamRequest, "expected"> & { readonly subject: Subject };
  async function write<T extends Named>(call: Call, form: Form<T>, { subject, ...request }: Write): Promise<T> {
    const started = performance.now();
    const noted = { principal: call.principal, subject, operation: request.operation };
    try {
      const { value, body } = await inPlace(callers.writes, () => http.write(call, request));
      const result = written(form, value);
      await note(noted, { result, answer: new Answer(body, scrubber) });
      return result;
    } catch (thrown) {
      const error = toGatewayError(thrown);
      // In doubt it happened. And who heard that there is no such thing must not be told how it was.
      if (isGone(error)) await note(noted, "gone");
      else if (!isUnchanged(error)) await note(noted, "lost");
      else if (NEWS.has(error.statusCode)) reads.changed();
      throw error;
    } finally {
      call.noted?.({ from: "write", ageMs: 0, ms: performance.now() - started });
    }
  }

  return {
    project: { region, projectKey },

    connectors: {
      search: (call: Call, query: model.ConnectorSearchQuery) => reads.get(call, connectorPage(query)),
      get: (call: Call, ref: Ref) => reads.get(call, read("connectors.get", connectorAt(ref), connector)),
    },

    drafts: {
      list: (call: Call, query: model.ConnectorsStagedQuery) => reads.get(call, draftPage(query)),
      /** A page unless it is still as marked; it is not remembered. */
      listMarked: (call: Call, query: model.ConnectorsStagedQuery, mark?: string) => reads.getMarked(call, draftPage(query), mark),
      get: (call: Call, ref: Ref) => reads.get(call, read("connectorsStaged.get", draftAt(ref), connectorStaged)),
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
      get: (call: Call, ref: Ref) => reads.get(call, read("deployments.get", deploymentAt(ref), deployment)),
      create: (call: Call, body: model.Sealed<model.DeploymentDraft>) =>
        write(call, deployment, { operation: "deployments.create", method: "POST", path: root, subject: deploymentOf(keyOf(body)), body }),
      update: (call: Call, ref: Ref, body: model.Sealed<model.DeploymentUpdate>) =>
        write(call, deployment, { operation: "deployments.update", method: "POST", ...deploymentAt(ref), body }),
      remove: (call: Call, ref: Ref) =>
        write(call, deployment, { operation: "deployments.delete", method: "DELETE", ...deploymentAt(ref) }),
      /** Logs are of the moment: they are never remembered. */
      logs: async (call: Call, ref: Ref, query: model.DeploymentLogsQuery) => {
        const path = `${deploymentAt(ref).path}/logs${toQuery(query)}`;
        const ask = () => http.read(call, { method: "GET", operation: "deployments.logs", path });
        const answer = new Answer(await inPlace(callers.reads, ask), scrubber);
        return scrubbed(answer.read(logPage, undefined, scrubber, true), scrubber, call.deadline);
      },
    },

    /** Something changed upstream that did not come through here: what is remembered of the project is old. */
    changed: (): void => reads.changed(),

    /** The same of a write through another process, as its `wrote` told it. */
    heard: (write: Written, isOver: boolean): void => reads.heard(write, isOver),

    /** Places are needed: half of the waits end beside which an older answer is known, and their callers get that. */
    makeRoom: (): void => reads.makeRoom(),

    /** Milliseconds by which this machine's clock is ahead of upstream's, negative when it is behind; undefined while that does no harm. */
    clockAhead: () => clock.ahead(),

    /** What is kept from upstream because it fails; one of them is tried now and then. */
    keptBack: () => http.keptBack(),

    /** Scopes that the client of the project lacks, as far as its last token tells. */
    missingScopes: () => scopes.missing(),

    close,
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

/** The page with its texts scrubbed. Who writes them decides how many there are and how dear each is to look through. */
async function scrubbed(page: LogPage, scrubber: ProjectScrubber, deadline = Number.POSITIVE_INFINITY): Promise<LogPage> {
  const lines = await scrubber.scrubEach(page.data, STRUCTURE, deadline - ANSWER_MS);
  if (lines === undefined) throw gatewayError("Overloaded", UNREAD, { retryAfter: 1 });
  const { next } = page;
  // Everything stays where upstream put it, and a token leads on as it is only.
  const rest = scrubber.scrubTree({ ...page, data: [], next: null }, STRUCTURE) as LogPage;
  return { ...rest, data: lines as LogPage["data"], ...("next" in page ? { next } : {}) };
}

/** Names may come from upstream itself: half a character in one cannot be encoded as it is. */
function segment(ref: Ref): string {
  return "id" in ref ? encodeURIComponent(ref.id.toWellFormed()) : `key=${encodeURIComponent(ref.key.toWellFormed())}`;
}

/** What `make` gives, made once for each argument: a prepared query has the same object each time. */
function onceFor<A extends object, B>(make: (argument: A) => B): (argument: A) => B {
  const made = new WeakMap<A, B>();
  return (argument) => {
    const known = made.get(argument);
    if (known !== undefined) return known;
    const value = make(argument);
    made.set(argument, value);
    return value;
  };
}

/** As much as the gateway itself takes for an address, in characters. */
const LONGEST_QUERY = 8 * 1_024;

/** Query parameters as Connect reads them, with their question mark: a list is a repeated key, nothing is sent for what is left out. */
function toQuery(query: object): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) if (item !== undefined && item !== null) params.append(name, String(item));
  }
  const text = params.toString();
  if (text.length > LONGEST_QUERY)
    throw gatewayError("LimitExceeded", `The arguments take ${text.length} characters in an address; ${LONGEST_QUERY} are allowed.`);
  return text === "" ? "" : `?${text}`;
}
