import { isLoopback } from "../identifiers.ts";
import { Secret } from "../secret.ts";
import type { Reader } from "./index.ts";
import type { TelemetryOptions } from "../plugins/telemetry.ts";

const PAIRS = /^\s*[\w-]+=[^,\r\n]*(,\s*[\w-]+=[^,\r\n]*)*$/;

/** What may stand in headers. */
const VALUES = /^[\t\x20-\x7e\x80-\xff]+$/;

/** Reads what is shown of the gateway's inside: nothing, unless it is turned on. */
export function readTelemetry(reader: Reader, production: boolean): TelemetryOptions {
  return Object.freeze({ metrics: readMetrics(reader, production), traces: readTraces(reader) });
}

function readMetrics({ get, problem }: Reader, production: boolean): TelemetryOptions["metrics"] {
  const mode = get("METRICS") ?? "off";
  if (mode !== "on" && mode !== "off") problem("METRICS must be on or off.");
  const token = get("METRICS_TOKEN");
  if (token !== undefined && !/^[\x21-\x7e]{32,}$/.test(token)) problem("METRICS_TOKEN must be at least 32 visible ASCII characters.");
  if (mode !== "on") return undefined;
  const alone = !production && isLoopback(get("HOST") ?? "127.0.0.1");
  if (token === undefined && !alone) problem("METRICS=on needs METRICS_TOKEN in production and on an address that others reach.");
  return { token: token === undefined ? undefined : new Secret(token) };
}

function readTraces({ get, problem }: Reader): TelemetryOptions["traces"] {
  const endpoint = get("OTEL_EXPORTER_OTLP_ENDPOINT");
  const headers = get("OTEL_EXPORTER_OTLP_HEADERS");
  const ratio = get("OTEL_TRACES_SAMPLER_ARG") ?? "1";
  if (!/^(0(\.\d+)?|1(\.0+)?)$/.test(ratio)) problem("OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1.");
  if (headers !== undefined && !isPairs(headers))
    problem("OTEL_EXPORTER_OTLP_HEADERS must be name=value pairs, URL-encoded and separated by commas, without control characters.");
  if (endpoint === undefined) return undefined;
  const url = URL.parse(endpoint);
  const plain = url !== null && /^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === "";
  if (!plain) problem("OTEL_EXPORTER_OTLP_ENDPOINT must be an http or https address, without user, query or fragment.");
  return { endpoint, headers: headers === undefined ? undefined : new Secret(headers), ratio: Number(ratio) };
}

function isPairs(text: string): boolean {
  try {
    return PAIRS.test(text) && VALUES.test(decodeURIComponent(text));
  } catch {
    return false;
  }
}
