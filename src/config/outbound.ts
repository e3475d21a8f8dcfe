import { Secret } from "../secret.ts";
import type { Reader } from "./index.ts";
import { type ProxyTls, readProxyTls } from "./pem.ts";

/** A proxy on the way out. */
export type ProxyConfig = {
  readonly url: Secret;
  readonly noProxy: string;
  readonly tls: ProxyTls;
};

/** The ways out, each direct when undefined: to the Connect API, to its auth hosts, to issuers' keys, and to webhooks. */
export type OutboundConfig = {
  readonly connect: ProxyConfig | undefined;
  readonly auth: ProxyConfig | undefined;
  readonly keys: ProxyConfig | undefined;
  /** To webhooks: never by `HTTPS_PROXY`, because it takes a list of hosts as well. */
  readonly webhooks: ProxyConfig | undefined;
};

/** Reads the proxies. `CONNECT_PROXY` and `AUTH_PROXY` take the place of `HTTPS_PROXY` for their hosts; `none` there means direct. */
export function readOutbound(reader: Reader, readFile: (path: string) => string): OutboundConfig {
  const { get, problem } = reader;
  const tls = readProxyTls(reader, readFile);
  const noProxy = get("NO_PROXY") ?? "";

  const read = (name: "HTTPS_PROXY" | "CONNECT_PROXY" | "AUTH_PROXY" | "WEBHOOK_PROXY"): ProxyConfig | undefined => {
    const text = get(name);
    if (text === undefined || text === "none") return undefined;
    const wrong = faultOf(text);
    if (wrong !== undefined) problem(`${name} ${wrong}.`);
    return Object.freeze({ url: new Secret(text), noProxy, tls });
  };
  const common = read("HTTPS_PROXY");
  const connect = get("CONNECT_PROXY") === undefined ? common : read("CONNECT_PROXY");
  const auth = get("AUTH_PROXY") === undefined ? common : read("AUTH_PROXY");
  const webhooks = read("WEBHOOK_PROXY");
  if (webhooks !== undefined && !/[^\s,]/.test(get("WEBHOOK_ALLOW") ?? ""))
    problem("WEBHOOK_PROXY resolves names out of the gateway's sight: name the hosts that webhooks may reach in WEBHOOK_ALLOW.");
  return Object.freeze({ connect, auth, keys: common, webhooks });
}

function faultOf(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return "must be an http or https address";
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") return "must end with the port: a proxy has no path, query or fragment";
  try {
    return void [url.username, url.password].map(decodeURIComponent);
  } catch {
    return "must have a URL-encoded user and password: a % is written %25";
  }
}
