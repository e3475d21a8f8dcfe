import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import mercurius, { type IResolvers } from "mercurius";
import type { GatewayError } from "../errors.ts";
import type { Meter } from "../meter.ts";
import type { Pressure } from "../pressure.ts";
import type { Caller, Services } from "../services/index.ts";
import { registerHttp } from "./http.ts";
import { limitSize, MAX_TOKENS } from "./limits.ts";
import { mutations } from "./mutations.ts";
import { queries } from "./queries.ts";
import { scalars } from "./scalars.ts";
import { createSubscriptions } from "./stream.ts";
import { subscriptions } from "./subscriptions.ts";
import { types } from "./types.ts";
import { registerWebSocket } from "./websocket.ts";

export { isMutation } from "./operation.ts";

export type GraphqlOptions = {
  readonly services: Services;
  readonly meter?: Meter;
  /** Tells when memory runs short; answers are kept as long as they are of use when left out. */
  readonly pressure?: Pressure | undefined;
  /** Whether every caller may read the schema; else only those with the scope `introspect`. */
  readonly openSchema: boolean;
  /** Aborted when the gateway stops: subscriptions end with it. */
  readonly closing: AbortSignal;
  /** Who holds the token of an `Authorization` value, for sockets, which say it later; undefined for every fault of it. */
  readonly authenticate: (authorization: string) => Promise<Caller | undefined>;
  /** Counts a refused token of an address; an error once it has sent too many. */
  readonly countFailure: (ip: string) => Promise<Error | undefined>;
  /** Reads the JSON of a message, under the rules of a body; throws for what is none. */
  readonly readJson: (bytes: Buffer) => unknown;
  /** What is wrong with an upgrade before anything of it is used: no hook runs for one. */
  readonly refusalOf: (request: IncomingMessage) => GatewayError | undefined;
};

/** Documents that are kept parsed and validated. */
const CACHED_DOCUMENTS = 256;

/** Adds the GraphQL face at `/graphql`. The schema is `schema.graphql`; mercurius executes, our own route speaks HTTP. */
export async function registerGraphql(app: FastifyInstance, options: GraphqlOptions): Promise<void> {
  const schema = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");
  await app.register(mercurius, {
    schema,
    // mercurius' own type knows no scalars given as plain functions; schema.types.ts has checked every resolver.
    resolvers: { Query: queries, Mutation: mutations, ...types, ...scalars } as unknown as IResolvers,
    routes: false,
    // Errors stay as they were thrown: our own printer reads their cause.
    errorFormatter: ({ data, errors }) => ({
      statusCode: 200,
      response: { data: data ?? null, ...(errors === undefined ? {} : { errors }) },
    }),
    graphiql: false,
    allowBatchedQueries: false,
    cache: CACHED_DOCUMENTS,
    graphql: { parseOptions: { maxTokens: MAX_TOKENS } },
    validationRules: [limitSize],
  });
  // mercurius' own transport skips validation: we ask graphql-js ourselves, and only the sources have to be told.
  const fields = app.graphql.schema.getSubscriptionType()?.getFields() ?? {};
  for (const [name, field] of Object.entries(fields)) Object.assign(field, { subscribe: subscriptions[name] });
  const reader = createSubscriptions(app.graphql.schema);
  registerHttp(app, options, reader);
  registerWebSocket(app, options, reader);
}
