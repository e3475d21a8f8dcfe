import { createPrivateKey, X509Certificate } from "node:crypto";
import { Secret } from "../secret.ts";
import type { Reader } from "./index.ts";

/** The CA of a proxy, and the gateway's certificate and key for one (PEM). */
export type ProxyTls = { readonly ca: string | undefined; readonly cert: string | undefined; readonly key: Secret | undefined };

type Name = "PROXY_CA_FILE" | "PROXY_CERT_FILE" | "PROXY_KEY_FILE";

const CERTIFICATES = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/** Reads the files of `PROXY_CA_FILE`, `PROXY_CERT_FILE` and `PROXY_KEY_FILE`: what TLS would fail at with the first request is told at the start. */
export function readProxyTls({ get, problem }: Reader, readFile: (path: string) => string): ProxyTls {
  /** The text of a file, and what `parse` makes of it. */
  const read = <T>(name: Name, what: string, parse: (text: string) => T): { readonly text?: string; readonly parsed?: T } => {
    const path = get(name);
    if (path === undefined) return {};
    try {
      const text = readFile(path);
      return { text, parsed: parse(text) };
    } catch {
      problem(`${name} names a file that cannot be read as ${what}.`);
      return {};
    }
  };
  const ca = read("PROXY_CA_FILE", "certificates (PEM)", readCertificates);
  const cert = read("PROXY_CERT_FILE", "a certificate (PEM)", readCertificates);
  const key = read("PROXY_KEY_FILE", "a key without a password (PEM)", createPrivateKey);
  if ((get("PROXY_CERT_FILE") === undefined) !== (get("PROXY_KEY_FILE") === undefined))
    problem("PROXY_CERT_FILE and PROXY_KEY_FILE go together: set both or none.");
  const [own] = cert.parsed ?? [];
  if (own !== undefined && key.parsed !== undefined && !own.checkPrivateKey(key.parsed))
    problem("PROXY_KEY_FILE is not the key of the certificate in PROXY_CERT_FILE.");
  return { ca: ca.text, cert: cert.text, key: key.text === undefined ? undefined : new Secret(key.text) };
}

function readCertificates(text: string): readonly X509Certificate[] {
  const found = text.match(CERTIFICATES) ?? [];
  if (found.length === 0) throw new Error("no certificate");
  return found.map((each) => new X509Certificate(each));
}
