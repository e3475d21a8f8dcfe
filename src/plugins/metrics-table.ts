/** One metric: the name that rooms call it by, and all that may ever stand in it. */
export type Metric = {
  readonly name: string;
  /** Histograms hold durations: observed in milliseconds, shown in seconds. */
  readonly kind: "counter" | "histogram" | "gauge";
  readonly help: string;
  /** For each label the values it may have. */
  readonly labels: Readonly<Record<string, readonly string[] | Later>>;
  /** Upper bounds of a histogram, in seconds. */
  readonly buckets?: readonly number[];
};

/** Values that are known when the gateway has started: its routes, and the regions of its projects. */
export type Later = "routes" | "regions";

const PREFIX = "connect_gateway_";
const SUFFIX = { counter: "_total", histogram: "_seconds", gauge: "" } as const;

/** The name under which Prometheus finds a metric. */
export const publicName = ({ name, kind }: Metric): string => PREFIX + name + SUFFIX[kind];

const FACES = ["graphql", "connect", "gateway", "operations", "none"] as const;
export type Face = (typeof FACES)[number];

const OPERATIONS = [
  "connectors.search",
  "connectors.get",
  "connectorsStaged.list",
  "connectorsStaged.get",
  "connectorsStaged.create",
  "connectorsStaged.update",
  "connectorsStaged.delete",
  "deployments.list",
  "deployments.get",
  "deployments.create",
  "deployments.update",
  "deployments.delete",
  "deployments.logs",
];
const TROUBLE = [
  "General",
  "UpstreamAuthFailed",
  "UpstreamBadResponse",
  "UpstreamOutcomeUnknown",
  "UpstreamThrottled",
  "UpstreamTimeout",
  "UpstreamUnavailable",
];
const REQUEST_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];
const UPSTREAM_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];
const DELIVERY_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600, 3_600, 21_600, 86_400];

/** Every metric of the gateway. The README shows the same rows, and a test compares them. */
export const METRICS: readonly Metric[] = [
  {
    name: "requests",
    kind: "counter",
    help: "Requests, by face, route and class of status; those whose caller left are `4xx`, upgrades `1xx`.",
    labels: { face: FACES, route: "routes", status: ["1xx", "2xx", "3xx", "4xx", "5xx"] },
  },
  {
    name: "request",
    kind: "histogram",
    help: "Time from a request to its answer; streams are left out.",
    labels: { face: FACES, route: "routes" },
    buckets: REQUEST_BUCKETS,
  },
  {
    name: "repeats",
    kind: "counter",
    help: "Requests among them that came again on their connection and were answered at once.",
    labels: {},
  },
  { name: "in_flight", kind: "gauge", help: "Requests that have a place and are worked on.", labels: {} },
  { name: "queue_depth", kind: "gauge", help: "Requests that wait for a place.", labels: {} },
  {
    name: "admission_refusals",
    kind: "counter",
    help: "Requests turned away: the queue was full, they waited too long, or their principal does not take what it asked for.",
    labels: { reason: ["full", "late", "untaken"] },
  },
  {
    name: "upstream_calls",
    kind: "counter",
    help: "Calls that were sent to the Connect API, tries after a failure not counted.",
    labels: { operation: OPERATIONS, outcome: ["ok", "refused", "Overloaded", ...TROUBLE] },
  },
  {
    name: "upstream_calls_kept_back",
    kind: "counter",
    help: "Calls that were not sent: the host is left alone, asks for a pause or takes no token, or time was up.",
    labels: { operation: OPERATIONS },
  },
  {
    name: "upstream_call",
    kind: "histogram",
    help: "Time of a call to the Connect API, all of its tries together.",
    labels: { operation: OPERATIONS },
    buckets: UPSTREAM_BUCKETS,
  },
  { name: "upstream_retries", kind: "counter", help: "Further tries of calls that failed.", labels: { operation: OPERATIONS } },
  {
    name: "breakers_open",
    kind: "gauge",
    help: "Projects whose host fails, all requests or writes alone, so that it is left alone.",
    labels: { region: "regions" },
  },
  {
    name: "clocks_apart",
    kind: "gauge",
    help: "Projects whose Connect API tells a time more than 30 seconds from this machine's.",
    labels: { region: "regions" },
  },
  {
    name: "token_requests",
    kind: "counter",
    help: "Requests for access tokens of the Connect API.",
    labels: { outcome: ["ok", ...TROUBLE] },
  },
  {
    name: "cache",
    kind: "counter",
    help: "Reads, by where their answer came from.",
    labels: { result: ["hit", "miss", "coalesced", "stale"] },
  },
  { name: "looks", kind: "counter", help: "Looks at a project, for events.", labels: { outcome: ["ok", "failed", "late"] } },
  { name: "look", kind: "histogram", help: "Time of a look at a project.", labels: {}, buckets: UPSTREAM_BUCKETS },
  {
    name: "watch_lag",
    kind: "histogram",
    help: "Time between two good looks at a project: a change is seen that late at most.",
    labels: {},
    buckets: DELIVERY_BUCKETS,
  },
  { name: "unwatched_seconds", kind: "gauge", help: "Time since the last good look at the project that waits longest.", labels: {} },
  {
    name: "deliveries",
    kind: "counter",
    help: "Attempts at deliveries to webhooks; dead ones are not tried again, late ones had lost their lease.",
    labels: { outcome: ["succeeded", "failed", "dead", "late"] },
  },
  { name: "deliveries_owed", kind: "gauge", help: "Deliveries that are still owed.", labels: {} },
  {
    name: "change_to_delivery",
    kind: "histogram",
    help: "Time from an event to its delivery.",
    labels: {},
    buckets: DELIVERY_BUCKETS,
  },
  {
    name: "subscribers",
    kind: "gauge",
    help: "Open subscriptions and streams.",
    labels: { transport: ["websocket", "graphql_sse", "rest_sse"] },
  },
  {
    name: "log_lines_dropped",
    kind: "gauge",
    help: "Log lines left out since the start, because nobody read them.",
    labels: {},
  },
  {
    name: "trace_exports",
    kind: "counter",
    help: "Batches of spans given to the collector.",
    labels: { outcome: ["ok", "failed"] },
  },
  { name: "figures_ignored", kind: "counter", help: "Figures with a name or label that is not in this table.", labels: {} },
];
