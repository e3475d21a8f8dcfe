import type { FastifyInstance, FastifyRequest } from "fastify";
import { type ExecutionResult, GraphQLError } from "graphql";
import type { GatewayError } from "../errors.ts";
import type { Pressure } from "../pressure.ts";
import type { Caller, Services } from "../services/index.ts";
import { Timing } from "../timing.ts";
import { createAnswers } from "./answers.ts";
import { createContext, type GraphContext, requestOf } from "./context.ts";
import { causeOf, printError } from "./errors.ts";
import { createDocuments, type Prepared } from "./prepared.ts";
import { type MadeRead, recording } from "./recorder.ts";

/** An answer as it is sent: its status and its JSON. */
export type Sent = {
  readonly status: number;
  readonly body: string | Buffer;
  /** Whether it was told before, to the same request. */
  readonly replayed?: boolean;
  /** What it waited for. */
  readonly timing: Timing;
};

export type Params = { readonly query: string; readonly operationName: string | undefined; readonly variables: Record<string, unknown> };

type Executor = (request: FastifyRequest, params: Params) => Promise<Sent>;

type Parts = { readonly services: Services; readonly pressure?: Pressure | undefined };

type Outcome = { readonly status: number; readonly data?: unknown; readonly errors?: readonly object[] | undefined };

/** Makes the execution of queries and mutations. What is asked often is prepared, and answered again from the same reads without executing it. */
export function createExecutor(app: FastifyInstance, { services, pressure }: Parts): Executor {
  const documents = createDocuments(app.graphql.schema);
  const answers = createAnswers();
  pressure?.relieve(answers.clear);

  async function run(request: FastifyRequest, params: Params, extensions: Extensions): Promise<Outcome> {
    const { query, operationName, variables } = params;
    const from = { ...requestOf(request, extensions.noted), replayed: () => void (extensions.replayed = true) };
    let begun = false;
    // Called where upstream is read: the document is sound, and its callers who come while upstream thinks find it ready.
    const fieldsFor = (): undefined => {
      if (!begun) documents.begun(params);
      begun = true;
      return undefined;
    };
    const context = createContext({ request: from, services, fieldsFor });
    try {
      const outcome = toOutcome(await app.graphql(query, context as never, variables, operationName), request);
      if (context.warnings.length > 0) extensions.warnings = context.warnings;
      return outcome;
    } catch (error) {
      return { status: 400, errors: requestErrors(error).map((each) => printError(each, request.id)) };
    }
  }

  async function runPrepared(request: FastifyRequest, params: Params, prepared: Prepared, extensions: Extensions): Promise<Sent> {
    const { variables } = params;
    const key = keyOf(params, rightsOf(request.caller));
    const reading = { ...requestOf(request, extensions.noted), warn: () => undefined };
    const answered = await answers.get(key, reading, async (known, made) => {
      const contextOf = (held: readonly MadeRead[]): GraphContext =>
        createContext({ request: reading, services: recording(services, made, held), fieldsFor: prepared.fieldsFor });
      const text = await prepared.print(contextOf(known), variables);
      if (text !== undefined) return { text };
      // Nothing is read twice.
      const outcome = toOutcome(await prepared.execute(contextOf([...known, ...made.splice(0)]), variables), request);
      return outcome.errors === undefined ? { text: JSON.stringify(outcome.data) } : { failed: outcome };
    });
    if ("failed" in answered) return print(answered.failed, extensions);
    const more = extensions.print(",");
    extensions.timing.isAll = more === "";
    // The bytes were made once, for everyone.
    const body = more === "" ? answered.body : `${answered.body.toString().slice(0, -1)}${more}}`;
    return { status: 200, body, timing: extensions.timing };
  }

  return async (request, params) => {
    const extensions = new Extensions();
    const prepared = documents.ready(params);
    if (prepared !== undefined) return runPrepared(request, params, prepared, extensions);
    return { ...print(await run(request, params, extensions), extensions), replayed: extensions.replayed };
  };
}

/** What is told beside the answer. */
class Extensions {
  warnings: readonly string[] | undefined;
  replayed = false;
  readonly timing = new Timing();
  #staleMs: number | undefined;

  readonly noted: NonNullable<Parameters<typeof requestOf>[1]> = (note) => {
    const { from, ageMs } = note;
    this.timing.add(note);
    if (from === "stale") this.#staleMs = Math.max(this.#staleMs ?? 0, ageMs);
  };

  /** As a member of the answer, after `separator`; nothing when there is nothing to tell. */
  print(separator: string): string {
    if (this.warnings === undefined && this.#staleMs === undefined) return "";
    const stale = this.#staleMs === undefined ? undefined : { age: Math.ceil(this.#staleMs / 1_000) };
    return `${separator}"extensions":${JSON.stringify({ warnings: this.warnings, stale })}`;
  }
}

function toOutcome({ data, errors }: ExecutionResult, request: FastifyRequest): Outcome {
  for (const error of errors ?? []) logFailure(request, causeOf(error));
  const printed = errors?.map((error) => printError(error, request.id));
  return data === undefined ? { status: 400, errors: printed ?? [] } : { status: 200, data, errors: printed };
}

function print({ status, data, errors }: Outcome, extensions: Extensions): Sent {
  const members = [
    errors === undefined ? "" : `"errors":${JSON.stringify(errors)}`,
    data === undefined ? "" : `"data":${JSON.stringify(data)}`,
    extensions.print(""),
  ];
  return { status, body: `{${members.filter((member) => member !== "").join(",")}}`, timing: extensions.timing };
}

/** What was found wrong before execution; anything else is thrown on. At most ten, so that a hostile document earns no long answer. */
function requestErrors(error: unknown): GraphQLError[] {
  const found = (error as { errors?: unknown }).errors;
  if (!Array.isArray(found) || !found.every((each) => each instanceof GraphQLError)) throw error;
  return found.slice(0, 10);
}

/** Writes a failure to the log when it is for an operator. */
export function logFailure(request: FastifyRequest, failure: GatewayError): void {
  if (failure.statusCode >= 500) request.log.error({ err: failure.cause ?? failure, code: failure.code }, "field failed");
}

/** The last key made for a request: the next one who sends the same body mostly has the same rights. */
const keys = new WeakMap<Params, { readonly rights: string; readonly key: string }>();

/** Everything that an answer depends on but upstream. */
function keyOf(params: Params, rights: string): string {
  const last = keys.get(params);
  if (last?.rights === rights) return last.key;
  const key = JSON.stringify([params.query, params.operationName, params.variables, rights]);
  keys.set(params, { rights, key });
  return key;
}

const rights = new WeakMap<Caller, string>();

/** The rights of a caller as a text: two callers with the same may share answers. */
function rightsOf(caller: Caller): string {
  const known = rights.get(caller);
  if (known !== undefined) return known;
  const text = [...caller.grants]
    .map(([project, granted]) => `${project}=${[...granted].toSorted().join("+")}`)
    .toSorted()
    .join(" ");
  rights.set(caller, text);
  return text;
}
