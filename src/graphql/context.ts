import type { FastifyRequest } from "fastify";
import type { Call, Fields } from "../connect/index.ts";
import type { ProjectId, ServiceRequest, Services } from "../services/index.ts";
import { createLinks, type Links } from "./links.ts";

/** What every resolver of one GraphQL request shares. */
export type GraphContext = {
  readonly services: Services;
  readonly request: ServiceRequest;
  /** The same request, for the root field with this name in the answer: it says which fields will be read, when that is known. */
  reading(responseName: string | number): ServiceRequest;
  /** Told to the caller in `extensions.warnings`. */
  readonly warnings: string[];
  readonly links: Links;
  /** Remembers the project that an object was read from, for the links that start at it. */
  own<T extends object>(project: ProjectId, row: T): T;
  /** The project of an object that `own` was told of. */
  projectOf(row: object): ProjectId;
  /** The project that an argument names, or the only one that the token grants. */
  project(argument: string | null | undefined): ProjectId;
};

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Who asks, and what travels with the calls to upstream. */
export function requestOf(http: FastifyRequest, noted?: Call["noted"]): Pick<ServiceRequest, "caller" | "call"> {
  const traceparent = http.headers["traceparent"];
  const traced = typeof traceparent === "string" && TRACEPARENT.test(traceparent) ? traceparent : undefined;
  return { caller: http.caller, call: { correlationId: http.id, traceparent: traced, principal: http.caller.subject, noted } };
}

type From = {
  readonly request: Pick<ServiceRequest, "caller" | "call">;
  readonly services: Services;
  /** Known for queries that are asked often. */
  readonly fieldsFor?: ((responseName: string) => Fields | undefined) | undefined;
};

/** Makes the context of one GraphQL request. */
export function createContext({ request: from, services, fieldsFor }: From): GraphContext {
  const owners = new WeakMap<object, ProjectId>();
  const warnings: string[] = [];
  const request: ServiceRequest = { ...from, warn: (text) => void warnings.push(text) };
  const context: GraphContext = {
    services,
    request,
    reading: (responseName) => {
      const fields = fieldsFor?.(String(responseName));
      return fields === undefined ? request : { ...request, call: { ...request.call, fields } };
    },
    warnings,
    links: createLinks(() => context),
    own: (project, row) => {
      owners.set(row, project);
      return row;
    },
    projectOf: (row) => owners.get(row) ?? services.projects.resolve(request.caller, {}),
    project: (argument) => services.projects.resolve(request.caller, { project: argument ?? undefined }),
  };
  return context;
}
