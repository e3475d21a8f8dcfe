import type { FastifyRequest } from "fastify";
import type { Call, Fields } from "../connect/index.ts";
import { readIdempotencyKey, readTraceparent } from "../headers.ts";
import type { ProjectId } from "../identifiers.ts";
import { deadlineFromNow, type ServiceRequest, type Services } from "../services/index.ts";
import { createLinks, type Links } from "./links.ts";

/** What every resolver of one GraphQL request shares. */
export type GraphContext = {
  readonly services: Services;
  readonly request: ServiceRequest;
  /** The same request, for the root field with this name in the answer: it says which fields will be read, when that is known. */
  reading(responseName: string | number): ServiceRequest;
  /** The same request, for the next mutation of its document. An `Idempotency-Key` is for one: the second has one of its own, which is made of the first. */
  writing(): ServiceRequest;
  /** Told to the caller in `extensions.warnings`. */
  readonly warnings: string[];
  readonly links: Links;
  /** Remembers the project that an object was read from, for the links that start at it. */
  own<T extends object>(project: ProjectId, row: T): T;
  /** The same for the rows of a page, if they are asked for at all. */
  ownPage<T extends { readonly results?: readonly object[] }>(project: ProjectId, page: T): T;
  /** The project of an object that `own` was told of. */
  projectOf(row: object): ProjectId;
  /** The project that an argument names, or the only one that the token grants. */
  project(argument: string | null | undefined): ProjectId;
};

/** Who asks, and what travels with the calls to upstream. */
export function requestOf(http: FastifyRequest, noted?: Call["noted"]): Omit<ServiceRequest, "warn"> {
  const traceparent = readTraceparent(http.headers["traceparent"]);
  const call = { correlationId: http.id, traceparent, principal: http.caller.subject, deadline: deadlineFromNow(), noted };
  return { caller: http.caller, call, idempotencyKey: readIdempotencyKey(http.headers["idempotency-key"]) };
}

type From = {
  readonly request: Omit<ServiceRequest, "warn">;
  readonly services: Services;
  /** Known for queries that are asked often. */
  readonly fieldsFor?: ((responseName: string) => Fields | undefined) | undefined;
};

/** Makes the context of one GraphQL request. */
export function createContext({ request: from, services, fieldsFor }: From): GraphContext {
  const owners = new WeakMap<object, ProjectId>();
  const warnings: string[] = [];
  let writes = 0;
  const request: ServiceRequest = { ...from, warn: (text) => void warnings.push(text) };
  const context: GraphContext = {
    services,
    request,
    reading: (responseName) => {
      const fields = fieldsFor?.(String(responseName));
      return fields === undefined ? request : { ...request, call: { ...request.call, fields } };
    },
    writing: () => {
      writes += 1;
      const { idempotencyKey } = request;
      // Nobody can send a key with a space in it.
      return writes === 1 || idempotencyKey === undefined ? request : { ...request, idempotencyKey: `${idempotencyKey} ${writes}` };
    },
    warnings,
    links: createLinks(() => context),
    own: (project, row) => {
      owners.set(row, project);
      return row;
    },
    ownPage: (project, page) => {
      for (const row of page.results ?? []) owners.set(row, project);
      return page;
    },
    projectOf: (row) => owners.get(row) ?? services.projects.resolve(request.caller, {}),
    project: (argument) => services.projects.resolve(request.caller, { project: argument ?? undefined }),
  };
  return context;
}
