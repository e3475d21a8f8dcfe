import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";

export type Certificate = { readonly key: string; readonly cert: string };

const openssl = (args: readonly string[], cwd?: string) => spawnSync("openssl", args, { cwd, encoding: "utf8" });

/** Why no certificates can be made here; false when they can. */
export const noOpenssl = openssl(["version"]).status === 0 ? false : "no openssl on this machine to make certificates with";

const config = (name: string): string => `
[ca]
default_ca = own
[own]
database = index
new_certs_dir = .
serial = serial
default_md = sha256
policy = policy
x509_extensions = extensions
[policy]
commonName = supplied
[extensions]
subjectAltName = ${name}
[req]
distinguished_name = policy
`;

const stamp = (time: number): string =>
  `${new Date(time)
    .toISOString()
    .replace(/[-:T]|\.\d+/g, "")
    .slice(0, 14)}Z`;
const DAY = 86_400_000;

/** Makes a certificate that signs itself, for `name` such as `DNS:localhost`, good from yesterday for `days` days. */
export function makeCertificate(t: Test, name: string, days = 2): Certificate {
  const folder = mkdtempSync(join(tmpdir(), "certificate-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "config"), config(name));
  writeFileSync(join(folder, "index"), "");
  writeFileSync(join(folder, "serial"), "01");
  const from = Date.now() - 2 * DAY;
  // Of several under one name OpenSSL would take any for the issuer.
  const steps = [
    ["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key"],
    ["req", "-new", "-config", "config", "-key", "key", "-subj", `/CN=${randomUUID()}`, "-out", "request"],
    ["ca", "-batch", "-selfsign", "-notext", "-config", "config", "-keyfile", "key", "-in", "request", "-out", "cert"].concat(
      "-startdate",
      stamp(from),
      "-enddate",
      stamp(from + (days + 1) * DAY),
    ),
  ];
  for (const step of steps) {
    const { status, stderr } = openssl(step, folder);
    if (status !== 0) throw new Error(stderr);
  }
  return { key: readFileSync(join(folder, "key"), "utf8"), cert: readFileSync(join(folder, "cert"), "utf8") };
}
