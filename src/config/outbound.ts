import { Secret } from "../secret.ts";
import type { Reader } from "./index.ts";

/** A proxy on the way out. */
export type ProxyConfig = {
  readonly url: Secret;
  readonly noProxy: string;
  readonly tls: { readonly ca: string | undefined; readonly cert: string | undefined; readonly key: Secret | undefined };
};

/** The ways out, each direct when undefined: to the Connect API, to its auth hosts, and to issuers' keys. */
export type OutboundConfig = {
  readonly connect: ProxyConfig | undefined;
  readonly auth: ProxyConfig | undefined;
  readonly keys: ProxyConfig | undefined;
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

  const read = (name: "HTTPS_PROXY" | "CONNECT_PROXY" | "AUTH_PROXY"): ProxyConfig | undefined => {
    const text = get(name) ?? get("HTTPS_PROXY");
    if (text === undefined || text === "none") return undefined;
    if (!/^https?:$/.test(URL.parse(text)?.protocol ?? "")) problem(`${name} must be an http or https address.`);
    return Object.freeze({ url: new Secret(text), noProxy, tls });
  };
  return Object.freeze({ connect: read("CONNECT_PROXY"), auth: read("AUTH_PROXY"), keys: read("HTTPS_PROXY") });
}
