import type { Fields } from "../connect/index.ts";
import { type ProjectId, projectId } from "../identifiers.ts";
import type { ServiceRequest, Services } from "../services/index.ts";

/** A read of upstream that a request made, how to make it again for another one, and what came of it. */
export type MadeRead = {
  /** Tells it from others: what is read, where, and with which arguments. */
  readonly name: string;
  readonly fields: Fields | undefined;
  readonly again: (request: ServiceRequest) => Promise<object>;
  readonly result: Promise<object>;
};

/** The rooms of services whose reads depend on upstream and the caller's rights alone. */
const READS = { connectors: ["search", "get"], drafts: ["list", "get"], deployments: ["list", "get"] } as const;

type Read = (request: ServiceRequest, project: ProjectId, argument: object) => Promise<object>;

/**
 * The same services, with their reads written down in `made`, in order. One that stands in `known` already, because it was just made for the same
 * request, is not made twice.
 */
export function recording(services: Services, made: MadeRead[], known: readonly MadeRead[]): Services {
  const recorded = Object.entries(READS).map(([room, methods]) => {
    const service: Readonly<Record<string, unknown>> = services[room as keyof typeof READS];
    const reads = methods.map((method) => [method, record(`${room}.${method}`, service[method] as Read, made, known)]);
    return [room, { ...service, ...Object.fromEntries(reads) }];
  });
  return { ...services, ...Object.fromEntries(recorded) } as Services;
}

function record(operation: string, read: Read, made: MadeRead[], known: readonly MadeRead[]): Read {
  return (request, project, argument) => {
    const name = `${operation} ${projectId(project)} ${JSON.stringify(argument)}`;
    const { fields } = request.call;
    const held = known.find((each) => each.name === name && each.fields === fields);
    const result = held?.result ?? read(request, project, argument);
    made.push({ name, fields, again: repeat(read, fields, project, argument), result });
    return result;
  };
}

/** A function of its own: one made above would hold on to all that was known there, and so to every answer before. */
function repeat(read: Read, fields: Fields | undefined, project: ProjectId, argument: object): MadeRead["again"] {
  return (request) => read({ ...request, call: { ...request.call, fields } }, project, argument);
}
