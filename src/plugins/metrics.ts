import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import { gatewayError } from "../errors.ts";
import { STAYS } from "../long-lived.ts";
import type { Labels, Meter } from "../meter.ts";
import { GONE } from "./gone.ts";
import { type Face, type Later, type Metric, METRICS, publicName } from "./metrics-table.ts";
import type { Repeat, Repeated } from "./repeats.ts";

/** The figures of one gateway: the port through which they are kept, and the page that shows them. */
export type Metrics = {
  readonly meter: Meter;
  /** Counts the requests to `app` and adds `GET /metrics` for those whom `mayRead` lets through. To be called before routes are added. */
  register(app: FastifyInstance, mayRead: (authorization: string | undefined) => boolean): void;
  /** Counts a request that came again and was answered at once. */
  repeated(repeat: Repeat, repeated: Repeated): void;
};

type Known = Readonly<Record<Later, ReadonlySet<string>>>;
type Accepts = (labels: Labels) => boolean;

/** Makes the figures of a gateway whose projects are in `regions`. */
export function createMetrics(regions: readonly string[]): Metrics {
  const registry = new Registry();
  // The upgrade is no route of the framework's.
  const routes = new Set<string>(["none", "GET /graphql"]);
  const known: Known = { routes, regions: new Set(regions) };
  collectDefaultMetrics({ register: registry });
  const meter = createMeter(registry, known);

  function answered(labels: RouteLabels, statusCode: number, ms: number | undefined): void {
    meter.count("requests", { ...labels, status: `${Math.floor(statusCode / 100)}xx` });
    if (ms !== undefined) meter.observe("request", ms, labels);
  }

  return {
    meter,
    repeated: ({ method, route }, { status, ms }) => {
      answered(labelsOf(method, route), status, status === GONE ? undefined : ms);
      meter.count("repeats");
    },
    register(app, mayRead) {
      app.addHook("onRoute", ({ method, url }) => {
        for (const each of [method].flat()) routes.add(`${each} ${url}`);
      });
      const streams = new WeakSet<ServerResponse>();
      app.addHook("onRequest", (_request, { raw }, done) => {
        raw.once(STAYS, () => streams.add(raw));
        done();
      });
      app.addHook("onResponse", (request, { statusCode, elapsedTime, raw }, done) => {
        // A stream lasts as long as its reader likes, and who left has waited for no answer.
        const isTimed = !streams.delete(raw) && statusCode !== GONE;
        answered(labelsOf(request.method, request.routeOptions.url), statusCode, isTimed ? elapsedTime : undefined);
        done();
      });
      app.get("/metrics", { schema: { hide: true } }, async (request, reply) => {
        if (!mayRead(request.headers.authorization)) throw gatewayError("AuthenticationError");
        return reply.type(registry.contentType).send(await registry.metrics());
      });
    },
  };
}

type RouteLabels = { readonly face: Face; readonly route: string };

function labelsOf(method: string, url: string | undefined): RouteLabels {
  return url === undefined ? { face: "none", route: "none" } : { face: faceOf(url), route: `${method} ${url}` };
}

function faceOf(route: string): Face {
  if (route === "/graphql") return "graphql";
  if (route.startsWith("/connect/")) return "connect";
  return route.startsWith("/v1/") ? "gateway" : "operations";
}

function createMeter(registry: Registry, known: Known): Meter {
  const counters = new Map<string, { readonly accepts: Accepts; readonly counter: Counter }>();
  const histograms = new Map<string, { readonly accepts: Accepts; readonly histogram: Histogram }>();
  const gauges = new Map<string, { readonly accepts: Accepts; add(read: Read): void }>();
  for (const metric of METRICS) {
    const shape = { name: publicName(metric), help: metric.help, labelNames: Object.keys(metric.labels), registers: [registry] };
    const accepts = acceptsFor(metric, known);
    if (metric.kind === "counter") counters.set(metric.name, { accepts, counter: new Counter(shape) });
    else if (metric.kind === "gauge") gauges.set(metric.name, { accepts, add: createGauge(shape) });
    else histograms.set(metric.name, { accepts, histogram: new Histogram({ ...shape, buckets: [...(metric.buckets ?? [])] }) });
  }
  const ignore = (): void => counters.get("figures_ignored")?.counter.inc();

  return {
    count: (name, labels = NONE, by = 1) => {
      const found = counters.get(name);
      if (found?.accepts(labels) === true && by >= 0 && Number.isFinite(by)) found.counter.inc(labels, by);
      else ignore();
    },
    observe: (name, ms, labels = NONE) => {
      const found = histograms.get(name);
      if (found?.accepts(labels) === true && Number.isFinite(ms)) found.histogram.observe(labels, Math.max(ms, 0) / 1_000);
      else ignore();
    },
    gauge: (name, read, labels = NONE) => {
      const found = gauges.get(name);
      if (found?.accepts(labels) === true) found.add({ read, labels });
      else ignore();
    },
  };
}

const NONE: Labels = {};

/** Whether labels are all of a metric's, with values from its table. */
function acceptsFor({ labels }: Metric, known: Known): Accepts {
  const allowed = Object.entries(labels).map(
    ([name, values]) => [name, typeof values === "string" ? known[values] : new Set(values)] as const,
  );
  return (given) => {
    for (const [name, values] of allowed) if (!values.has(given[name] ?? "")) return false;
    return Object.keys(given).length === allowed.length;
  };
}

type Read = { readonly read: () => number | Promise<number>; readonly labels: Labels };

/** A gauge that asks its sources when it is looked at. One that fails is left out: the other figures are wanted all the more then. */
function createGauge(shape: { name: string; help: string; labelNames: string[]; registers: Registry[] }): (read: Read) => void {
  const sources: Read[] = [];
  const gauge = new Gauge({
    ...shape,
    collect: async () => {
      const values = await Promise.all(sources.map(async ({ read }) => read()).map((value) => value.catch(() => Number.NaN)));
      gauge.reset();
      for (const [at, { labels }] of sources.entries()) {
        const value = values[at] ?? Number.NaN;
        if (Number.isFinite(value)) gauge.inc(labels, value);
        else gauge.remove(labels);
      }
    },
  });
  return (read) => void sources.push(read);
}
