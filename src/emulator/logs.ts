import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { fail } from "./errors.ts";
import { authorize } from "./oauth.ts";
import { find, one, type Query } from "./query.ts";
import type { State } from "./state.ts";
import type { Deployment } from "./types.ts";

type LogLine = {
  readonly type: string;
  readonly deploymentId: string;
  readonly applicationName: string;
  readonly severity: string;
  readonly timestamp: string;
  readonly details: object;
};

const DAY = 86_400_000;
const WINDOW = 30 * DAY;
/** From the day after 31 January 2027, Connect has no logs any more. */
const SUNSET = Date.UTC(2027, 1, 1);
const PAGE = 20;
/** Lines of one application, one a second from the first moment of its deployment. */
const MAX_LINES = 120;

/** Adds endpoints 20 and 21: logs, newest first, of an application that writes a line a second for its first two minutes. */
export function registerLogs(app: FastifyInstance, state: State): void {
  type Segment = { Params: { projectKey: string; ref: string }; Querystring: Query };

  app.get<Segment>("/:projectKey/deployments/:ref/logs", async (request, reply) => {
    const { projectKey, ref } = request.params;
    authorize(state, request, "view_connectors_deployments", projectKey);
    if (state.options.logsRemoved || state.now() >= SUNSET) return reply.code(404).send();
    const deployment = find(state.deployments, ref, (row) => row.projectKey === projectKey);
    return logs(deployment, request.query, state.now());
  });
}

function logs(deployment: Deployment, query: Query, now: number): object {
  const application = one(query, "applicationName");
  if (application === undefined && deployment.deployedRegion.endsWith(".aws")) throw fail.logApplication();
  const names = deployment.applications.map((each) => each.applicationName);
  if (application !== undefined && !names.includes(application)) throw fail.applicationDoesNotExist(application);
  const start = Math.max(readDate(query, "startDate", "start", now - WINDOW), now - WINDOW);
  const wanted = readDate(query, "endDate", "end", now);
  if (start > wanted) throw fail.logDate("end");
  const filters = createHash("sha256")
    .update([deployment.id, application, one(query, "startDate"), one(query, "endDate")].join("|"))
    .digest("base64");
  const { offset, end } = readPageToken(one(query, "pageToken"), filters) ?? { offset: 0, end: Math.min(wanted, now) };
  const lines = (application === undefined ? names : [application])
    .flatMap((name) => linesOf(deployment, name, now))
    .filter((line) => Date.parse(line.timestamp) >= start && Date.parse(line.timestamp) <= end)
    .toSorted((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp));
  const next = offset + PAGE < lines.length ? pageToken({ offset: offset + PAGE, end }, filters) : "";
  return { data: lines.slice(offset, offset + PAGE), next };
}

function readDate(query: Query, name: string, which: "start" | "end", fallback: number): number {
  const text = one(query, name);
  if (text === undefined) return fallback;
  const time = Date.parse(/(Z|[+-]\d{2}:\d{2})$/.test(text) || !text.includes("T") ? text : `${text}Z`);
  if (Number.isNaN(time)) throw fail.logDate(which);
  return time;
}

/** How far a reader has come; lines written after the first page, at `end`, do not move what follows. */
type Position = { readonly offset: number; readonly end: number };

/** Opaque, bound to its filters, and with characters that have to be encoded in a query. */
function pageToken({ offset, end }: Position, filters: string): string {
  return `${Buffer.from(`${offset} ${end}`).toString("base64")}/+${filters}`;
}

function readPageToken(token: string | undefined, filters: string): Position | undefined {
  if (token === undefined) return undefined;
  const cut = token.indexOf("/+");
  const position = /^(\d+) (\d+)$/.exec(Buffer.from(token.slice(0, cut), "base64").toString());
  if (token.slice(cut + 2) !== filters || position === null) throw fail.logPageToken(token);
  return { offset: Number(position[1]), end: Number(position[2]) };
}

const SEVERITIES = ["INFO", "DEFAULT", "NOTICE", "WARNING", "DEBUG"];

function linesOf({ id, createdAt }: Deployment, applicationName: string, now: number): LogLine[] {
  const count = Math.min(Math.floor((now - createdAt) / 1_000) + 1, MAX_LINES);
  return Array.from({ length: count }, (_, at) => ({
    ...content(at),
    deploymentId: id,
    applicationName,
    severity: SEVERITIES[at % SEVERITIES.length] ?? "DEFAULT",
    timestamp: new Date(createdAt + at * 1_000).toISOString(),
  }));
}

function content(at: number): { type: string; details: object } {
  if (at % 3 === 0) return { type: "APPLICATION_TEXT", details: { message: `Line ${at} of the application.` } };
  if (at % 3 === 1) return { type: "APPLICATION_JSON", details: { line: at, level: "info", nested: { handled: true } } };
  return { type: "HTTP_REQUEST", details: { requestMethod: "POST", requestUrl: "/service", status: 200, userAgent: "emulator" } };
}
