import { isIP } from "node:net";
import { HOST_NAME } from "./allowed.ts";
import type { Reader } from "./index.ts";

/** Reads `HOST`: what only the system's resolver would refuse is told with the others, by its name. */
export function readHost({ get, problem }: Reader): string {
  const host = get("HOST") ?? "127.0.0.1";
  if (isIP(host) === 0 && !HOST_NAME.test(host))
    problem("HOST must be an address such as 127.0.0.1, 0.0.0.0 or ::1, or a host name, without scheme, port and brackets.");
  return host;
}

/** Checks the entries of `ALLOWED_HOSTS`: one that no `Host` header ever is would turn every request away. */
export function readHosts({ problem }: Reader, entries: readonly string[]): readonly string[] {
  entries.forEach((entry, at) => {
    const wrong = faultOf(entry);
    if (wrong !== undefined) problem(`ALLOWED_HOSTS, entry ${at + 1}: ${wrong}.`);
  });
  // The dot at the end of a full name stands in hardly any request.
  return entries.map((entry) => entry.replace(/\.$/, ""));
}

const FORMS = "it must be a host name such as gateway.example.com, or an address such as 10.1.2.3 or [fd00::1]";

function faultOf(entry: string): string | undefined {
  if (entry.includes("://")) return `${FORMS}, without a scheme`;
  if (entry.includes("*")) return `${FORMS}; wildcards are not taken, and without the setting any host is on an address that others reach`;
  if (isIP(entry) === 6) return "an IPv6 address stands in brackets, as in [fd00::1]";
  if (isIP(entry) === 4 || HOST_NAME.test(entry.replace(/\.$/, "")) || /^\[[^%\]]+\]$/.test(entry)) return undefined;
  return /:\d*$/.test(entry) ? `${FORMS}, without a port: requests for any are taken` : FORMS;
}
