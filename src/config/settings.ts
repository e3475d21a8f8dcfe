/** One row of the settings table: the README shows the same rows, and a test compares them. */
export type Setting = { readonly name: string; readonly default: string; readonly meaning: string; readonly secret?: true };

/** Every setting of the gateway. A secret one is also read from the file that `NAME_FILE` names. */
export const SETTINGS = [
  { name: "HOST", default: "127.0.0.1", meaning: "Address to listen on." },
  { name: "PORT", default: "4000", meaning: "Port to listen on; 0 takes a free one." },
  { name: "LOG_LEVEL", default: "info", meaning: "`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`." },
  { name: "NODE_ENV", default: "development", meaning: "`production` turns the safety refusals on and the embedded emulator off." },
  { name: "CTP_REGION", default: "–", meaning: "Region of the one upstream project, such as `europe-west1.gcp`." },
  { name: "CTP_PROJECT_KEY", default: "–", meaning: "Key of the one upstream project." },
  { name: "CTP_CLIENT_ID", default: "–", meaning: "API Client id of that project." },
  { name: "CTP_CLIENT_SECRET", default: "–", meaning: "API Client secret of that project.", secret: true },
  { name: "CTP_SCOPE", default: "–", meaning: "Scopes to ask for, separated by spaces; all of the API Client's when left out." },
  {
    name: "CTP_AUTH_URL",
    default: "the region's host",
    meaning: "Other auth host, for private endpoints and tests; in production https, or http on this machine.",
  },
  {
    name: "CTP_CONNECT_URL",
    default: "the region's host",
    meaning: "Other Connect API host, for private endpoints and tests; in production https, or http on this machine.",
  },
  { name: "PROJECTS_FILE", default: "–", meaning: "JSON file with several upstream projects, instead of the `CTP_…` settings." },
  {
    name: "JWT_SECRET",
    default: "random in development",
    meaning: "Key of at least 32 bytes that signs callers' HS256 tokens; development only.",
    secret: true,
  },
  { name: "JWT_JWKS_URL", default: "–", meaning: "Published keys of the one issuer of callers' tokens; https." },
  { name: "JWT_ISSUER", default: "–", meaning: "Its `iss`, letter for letter." },
  { name: "JWT_AUDIENCE", default: "–", meaning: "The `aud` that its tokens must have." },
  { name: "JWT_ISSUERS_FILE", default: "–", meaning: "JSON file with several issuers, instead of the three settings before." },
  {
    name: "HTTPS_PROXY",
    default: "–",
    meaning: "Proxy on the way to upstream and to issuers' keys, `http://user:password@host:port`.",
    secret: true,
  },
  { name: "NO_PROXY", default: "–", meaning: "Hosts that are reached without a proxy, separated by commas." },
  { name: "CONNECT_PROXY", default: "–", meaning: "Another proxy for the Connect API; `none` for a direct way.", secret: true },
  { name: "AUTH_PROXY", default: "–", meaning: "Another proxy for the auth hosts; `none` for a direct way.", secret: true },
  { name: "PROXY_CA_FILE", default: "–", meaning: "CA of a proxy that is reached by TLS (PEM)." },
  { name: "PROXY_CERT_FILE", default: "–", meaning: "The gateway's certificate for a proxy that asks for one (PEM)." },
  { name: "PROXY_KEY_FILE", default: "–", meaning: "The key of that certificate (PEM)." },
  {
    name: "ALLOWED_HOSTS",
    default: "–",
    meaning:
      "Host names that requests may be for, without port, separated by commas; on a loopback `HOST` its own names, else any. `/livez`, `/readyz` and `/metrics` are also answered by address.",
  },
  {
    name: "RATE_PER_SECOND",
    default: "50",
    meaning: "Requests of one principal in a second; twice as many may come at once, 0 turns it off.",
  },
  { name: "FAILED_AUTH_PER_SECOND", default: "10", meaning: "Refused tokens from one address in a second, 0 turns it off." },
  { name: "MAX_IN_FLIGHT", default: "64", meaning: "Requests that are worked on at once." },
  { name: "MAX_QUEUED", default: "64", meaning: "Requests that wait for a place; further ones get 503." },
  { name: "QUEUE_WAIT_MS", default: "100", meaning: "The longest wait for a place, in milliseconds." },
  {
    name: "CACHE_TTL_MS",
    default: "1000",
    meaning: "How long the answer to a read serves others who may see it, unless something was written since; 0 turns it off.",
  },
  {
    name: "STALE_IF_ERROR_MS",
    default: "900000",
    meaning: "How old an answer may be that is given, marked with its `Age`, while upstream is down; 0 gives none.",
  },
  {
    name: "WATCH_INTERVAL_MS",
    default: "30000",
    meaning:
      "Pause between two looks at a project where nothing happens, five seconds at most after one that failed; 0 turns the watch off.",
  },
  {
    name: "WATCH_HOT_INTERVAL_MS",
    default: "2000",
    meaning: "Pause while something is under way, or just after a write through the gateway.",
  },
  {
    name: "LEASE_MS",
    default: "10000",
    meaning: "How long the work of a process that died stays with it, for several processes on one PostgreSQL; one that lives renews it.",
  },
  {
    name: "WEBHOOK_ALLOW",
    default: "–",
    meaning: "Networks (CIDR) and host names that webhooks may reach although they are private, separated by commas.",
  },
  {
    name: "WEBHOOK_PROXY",
    default: "–",
    meaning:
      "Proxy on the way to webhooks; they may then reach only what `WEBHOOK_ALLOW` names, because the proxy resolves names by itself.",
    secret: true,
  },
  {
    name: "WEBHOOK_SECRET",
    default: "a file beside the database",
    meaning: "At least 32 bytes from which webhooks' signing secrets are derived; needed with PostgreSQL.",
    secret: true,
  },
  {
    name: "DATABASE_URL",
    default: "sqlite:./data/gateway.db",
    meaning: "`sqlite:` path or `postgres://` address of the event log; a file is for one process alone.",
    secret: true,
  },
  {
    name: "PRE_STOP_MS",
    default: "2000 in production, else 0",
    meaning:
      "How long requests are still served after SIGTERM, with readiness off, so that a load balancer hears of it first; 5000 at most.",
  },
  { name: "METRICS", default: "off", meaning: "`on` keeps figures and shows them at `/metrics`." },
  {
    name: "METRICS_TOKEN",
    default: "–",
    meaning: "Bearer token for `/metrics`, at least 32 characters; needed in production and on an address that others reach.",
    secret: true,
  },
  {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    default: "–",
    meaning: "Address of an OpenTelemetry collector (OTLP over HTTP, JSON) that traces are sent to; none are made when left out.",
  },
  {
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    default: "–",
    meaning: "Headers for the collector, `name=value`, URL-encoded, separated by commas.",
    secret: true,
  },
  { name: "OTEL_TRACES_SAMPLER_ARG", default: "1", meaning: "Share of the traces that begin here which are kept, 0 to 1." },
] as const satisfies readonly Setting[];
