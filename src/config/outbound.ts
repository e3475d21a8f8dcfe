import { Secret } from "../secret.ts";
import type { Reader } from "./index.ts";

/** A proxy on the way out. */
export type ProxyConfig = {
  readonly url: Secret;
  readonly noProxy: string;
  readonly tls: { readonly ca: string | undefined; readonly cert: string | undefined; readonly key: Secret | undefined };
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
export function readOutbound({ get, problem }: Reader, readFile: (path: string) => string): OutboundConfig {
  const pem = (name: "PROXY_CA_FILE" | "PROXY_CERT_FILE" | "PROXY_KEY_FILE"): string | undefined => {
    const path = get(name);
    if (path === undefined) return undefined;
    try {
      const text = readFile(path);
      if (text.includes("-----BEGIN ")) return text;
    } catch {
      // Told below, like a file that holds something else.
    }
    problem(`${name} names a file that cannot be read as PEM.`);
    return undefined;
  };
  const key = pem("PROXY_KEY_FILE");
  const tls = { ca: pem("PROXY_CA_FILE"), cert: pem("PROXY_CERT_FILE"), key: key === undefined ? undefined : new Secret(key) };
  if ((tls.cert === undefined) !== (tls.key === undefined)) problem("PROXY_CERT_FILE and PROXY_KEY_FILE go together: set both or none.");
  const noProxy = get("NO_PROXY") ?? "";

  type Name = "HTTPS_PROXY" | "CONNECT_PROXY" | "AUTH_PROXY" | "WEBHOOK_PROXY";
  const read = (name: Name, otherwise?: string): ProxyConfig | undefined => {
    const text = get(name) ?? otherwise;
    if (text === undefined || text === "none") return undefined;
    if (!/^https?:$/.test(URL.parse(text)?.protocol ?? "")) problem(`${name} must be an http or https address.`);
    return Object.freeze({ url: new Secret(text), noProxy, tls });
  };
  const common = get("HTTPS_PROXY");
  const webhooks = read("WEBHOOK_PROXY");
  if (webhooks !== undefined && (get("WEBHOOK_ALLOW") ?? "").trim() === "")
    problem("WEBHOOK_PROXY resolves names out of the gateway's sight: name the hosts that webhooks may reach in WEBHOOK_ALLOW.");
  return Object.freeze({ connect: read("CONNECT_PROXY", common), auth: read("AUTH_PROXY", common), keys: read("HTTPS_PROXY"), webhooks });
}
