import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { type Meter, NO_METER } from "../meter.ts";
import type { Scrubber } from "../scrub/index.ts";
import { reveal, type Secret } from "../secret.ts";
import type { Tracer } from "../tracer.ts";
import type { Repeat, Repeated } from "./repeats.ts";

export type TelemetryOptions = {
  /** Undefined: no figures are kept, and there is no page of them. Without a token everyone who reaches the gateway may read them. */
  readonly metrics: { readonly token: Secret | undefined } | undefined;
  /** Undefined: no spans. */
  readonly traces: TracesConfig | undefined;
};

export type TracesConfig = {
  /** The collector's address, to which the path of OTLP over HTTP is added. */
  readonly endpoint: string;
  /** Sent with every batch, as `name=value` pairs. */
  readonly headers: Secret | undefined;
  /** Share of the traces that begin here which are kept, 0 to 1. */
  readonly ratio: number;
};

/** How the gateway is seen from outside. What is turned off is not even loaded. */
export type Telemetry = {
  readonly meter: Meter;
  readonly tracer: Tracer | undefined;
  /** Adds the hooks and `/metrics` to `app`; to be called before routes are added. */
  register(app: FastifyInstance): void;
  /** Counts a request that came again and was answered at once. */
  repeated(repeat: Repeat, repeated: Repeated): void;
  /** Sends what is left, for a second at most. */
  close(): Promise<void>;
};

type Parts = { readonly version: string; readonly regions: readonly string[]; readonly scrubber: Scrubber };

/** Starts what the settings turn on. */
export async function startTelemetry({ metrics, traces }: TelemetryOptions, { version, regions, scrubber }: Parts): Promise<Telemetry> {
  const figures = metrics === undefined ? undefined : (await import("./metrics.ts")).createMetrics(regions);
  const meter = figures?.meter ?? NO_METER;
  const token = metrics?.token === undefined ? undefined : reveal(metrics.token);
  if (token !== undefined) scrubber.keep(token);
  const tracing = traces === undefined ? undefined : await startTraces(traces, { version, meter, scrubber });
  return {
    meter,
    tracer: tracing?.tracer,
    register: (app) => {
      figures?.register(app, token === undefined ? () => true : holderOf(token));
      tracing?.register(app);
    },
    repeated: (repeat, repeated) => figures?.repeated(repeat, repeated),
    close: async () => tracing?.close(),
  };
}

async function startTraces({ endpoint, headers, ratio }: TracesConfig, parts: { version: string; meter: Meter; scrubber: Scrubber }) {
  const { startTracing } = await import("./tracing.ts");
  const pairs = readPairs(headers === undefined ? "" : reveal(headers));
  for (const value of Object.values(pairs)) parts.scrubber.keep(value);
  return startTracing({ ...parts, url: `${endpoint.replace(/\/+$/, "")}/v1/traces`, headers: pairs, ratio });
}

/** `name=value` pairs, separated by commas and URL-encoded, as OpenTelemetry's settings have them; the settings were checked to be such. */
function readPairs(text: string): Record<string, string> {
  const pairs = text.split(",").filter((pair) => pair.trim() !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())];
    }),
  );
}

/** Tells whether an `Authorization` value holds `token`, in a time that says nothing about where it differs. */
function holderOf(token: string): (authorization: string | undefined) => boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  const expected = digest(token);
  return (authorization) => timingSafeEqual(digest(/^Bearer (\S+)$/i.exec(authorization ?? "")?.[1] ?? ""), expected);
}
