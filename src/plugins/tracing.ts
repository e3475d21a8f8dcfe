import { type Context, isSpanContextValid, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Meter } from "../meter.ts";
import type { Tracer } from "../tracer.ts";

export type TracingOptions = {
  /** Where spans are posted: the collector's address, with the path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Share of the traces that begin here which are kept, 0 to 1; for others their caller has decided. */
  readonly ratio: number;
  readonly version: string;
  readonly meter: Meter;
};

export type Tracing = {
  readonly tracer: Tracer;
  /** Makes a span of each request to `app`, under the caller's where it sends a `traceparent`. */
  register(app: FastifyInstance): void;
  /** Sends what is left, for a second at most. */
  close(): Promise<void>;
};

/** Spans that wait to be sent; further ones are dropped, so that a collector that is gone costs memory for so many alone. */
const MOST_SPANS = 2_048;
const EVERY_MS = 2_000;
const EXPORT_MS = 3_000;
/** At the stop spans have so long: those of the last two seconds are not worth more. */
const LAST_MS = 1_000;

/** Starts tracing. Spans hold fixed words, numbers and route patterns: nothing that a caller or upstream sent but the ids of their trace. */
export function startTracing({ url, headers, ratio, version, meter }: TracingOptions): Tracing {
  const exporter = counted(new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: EXPORT_MS, concurrencyLimit: 2 }), meter);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": "connect-gateway", "service.version": version }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxQueueSize: MOST_SPANS,
        maxExportBatchSize: MOST_SPANS / 4,
        scheduledDelayMillis: EVERY_MS,
        exportTimeoutMillis: EXPORT_MS * 1.5,
      }),
    ],
  });
  const spans = provider.getTracer("connect-gateway", version);

  const tracer: Tracer = {
    start: (operation, region, parent) => {
      const attributes = { "connect.operation": operation, "connect.region": region };
      const span = spans.startSpan(operation, { kind: SpanKind.CLIENT, attributes }, contextOf(parent));
      return {
        traceparent: traceparentOf(span),
        end: (outcome) => {
          if (outcome !== "ok") span.setAttribute("error.type", outcome).setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      };
    },
  };

  return {
    tracer,
    register: (app) =>
      registerSpans(app, (name, attributes, parent) => spans.startSpan(name, { kind: SpanKind.SERVER, attributes }, contextOf(parent))),
    close: async () => {
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, LAST_MS);
      await Promise.race([provider.shutdown().catch(() => undefined), late.promise]);
      clearTimeout(timer);
    },
  };
}

type Start = (name: string, attributes: Readonly<Record<string, string>>, parent: string | undefined) => Span;

function registerSpans(app: FastifyInstance, start: Start): void {
  const open = new WeakMap<FastifyRequest, Span>();

  function end(request: FastifyRequest, status: number | undefined): void {
    const span = open.get(request);
    if (span === undefined) return;
    open.delete(request);
    if (status === undefined) span.setAttribute("error.type", "aborted");
    else span.setAttribute("http.response.status_code", status);
    if (status === undefined || status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }

  app.addHook("onRequest", (request, { raw }, done) => {
    const { headers } = request.raw;
    const route = request.routeOptions.url ?? "none";
    const given = headers["traceparent"];
    const attributes = { "http.request.method": request.method, "http.route": route };
    const span = start(`${request.method} ${route}`, attributes, typeof given === "string" ? given : undefined);
    open.set(request, span);
    // After an answer it is over already; else its caller went before there was one.
    raw.once("close", () => end(request, undefined));
    // Whoever reads the header from here on continues this span.
    headers["traceparent"] = traceparentOf(span);
    done();
  });
  app.addHook("onResponse", (request, { statusCode }, done) => {
    end(request, statusCode);
    done();
  });
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The context of the span that a traceparent names; an empty one when it names none. */
function contextOf(traceparent: string | undefined): Context {
  const [, traceId = "", spanId = "", flags = "00"] = TRACEPARENT.exec(traceparent ?? "") ?? [];
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
  return isSpanContextValid(context) ? trace.setSpanContext(ROOT_CONTEXT, context) : ROOT_CONTEXT;
}

function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

/** The same exporter, with its batches counted. */
function counted(exporter: SpanExporter, meter: Meter): SpanExporter {
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const code: number = result.code;
        meter.count("trace_exports", { outcome: code === 0 ? "ok" : "failed" });
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
