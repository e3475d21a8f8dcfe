import type { FastifyInstance } from "fastify";
import type { Meter } from "../meter.ts";
import type { Services } from "../services/index.ts";
import { registerConnectors } from "./connectors.ts";
import { registerDeployments } from "./deployments.ts";
import { registerDrafts } from "./drafts.ts";
import { registerEvents } from "./events.ts";
import { registerProjects } from "./projects.ts";
import { addModelSchemas } from "./schemas.ts";
import { readQuery, validationFailure } from "./validation.ts";
import { registerWebhooks } from "./webhooks.ts";

/** What every group of routes needs. */
export type RestOptions = {
  readonly services: Services;
  readonly meter?: Meter;
  /** Aborted when the gateway stops: streams end with it. */
  readonly closing: AbortSignal;
};

/** Adds the REST face: the Connect API path for path under `/connect/{region}`, and the gateway's own resources under `/v1`. */
export async function registerRest(app: FastifyInstance, options: RestOptions): Promise<void> {
  await app.register(async (rest) => {
    rest.setSchemaErrorFormatter(validationFailure);
    // Answers are upstream's: a serialiser made from a schema would drop the fields that the schema does not know yet.
    rest.setSerializerCompiler(() => printBytes);
    rest.addHook("preValidation", (request, _reply, done) => done(readQuery(request)));
    addModelSchemas(rest);
    await rest.register(
      async (mirror) => {
        registerDrafts(mirror, options);
        registerConnectors(mirror, options);
        registerDeployments(mirror, options);
      },
      { prefix: "/connect/:region" },
    );
    await rest.register(
      async (own) => {
        registerProjects(own, options);
        registerEvents(own, options);
        registerWebhooks(own, options);
      },
      { prefix: "/v1" },
    );
  });
}

const printed = new WeakMap<object, Buffer>();

/** The JSON of an answer, made once for each: as long as upstream's bytes are the same, so is the object that was read from them. */
function print(value: unknown): Buffer {
  const held = value !== null && typeof value === "object" ? printed.get(value) : undefined;
  if (held !== undefined) return held;
  const bytes = Buffer.from(JSON.stringify(value));
  if (value !== null && typeof value === "object") printed.set(value, bytes);
  return bytes;
}

/** Bytes are sent as they are, where a text is measured and encoded each time; the framework's types know of texts alone. */
const printBytes = print as unknown as (value: unknown) => string;
