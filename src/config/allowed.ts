import { isIP } from "node:net";
import type { Reader } from "./index.ts";

const FORMS = "a network such as 10.1.0.0/16 or fd00::/8, an address such as 10.1.2.3, or a host name such as bot.internal";
/** Letters, digits, hyphens and, as some internal names have them, underscores; the last label is no number, else it would be an address. */
export const HOST_NAME =
  /^(?=.{1,253}$)(?!.*(^|\.)(\d+|0x[0-9a-f]*)$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/i;

/** Checks the entries of `WEBHOOK_ALLOW`: one that is misread would open more than was meant, or nothing. */
export function readAllowed({ problem }: Reader, entries: readonly string[]): readonly string[] {
  entries.forEach((entry, at) => {
    const wrong = faultOf(entry);
    if (wrong !== undefined) problem(`WEBHOOK_ALLOW, entry ${at + 1}: ${wrong}.`);
  });
  return entries;
}

function faultOf(entry: string): string | undefined {
  if (entry.includes("://")) return `it must be ${FORMS}, without a scheme`;
  if (entry.includes("*")) return `it must be ${FORMS}; wildcards are not taken`;
  const slash = entry.indexOf("/");
  const net = slash < 0 ? entry : entry.slice(0, slash);
  const family = net.includes("%") ? 0 : isIP(net);
  if (family === 6 && /^::ffff:/i.test(net)) return "an IPv4 network is written as such, not as IPv6";
  if (slash >= 0) {
    if (family === 0) return "what stands before the / is not an IP address";
    const most = family === 6 ? 128 : 32;
    const prefix = entry.slice(slash + 1);
    return /^\d{1,3}$/.test(prefix) && Number(prefix) <= most
      ? undefined
      : `the prefix after the / must be a whole number from 0 to ${most}`;
  }
  if (family !== 0 || HOST_NAME.test(net)) return undefined;
  if (net.startsWith("[")) return "an IPv6 address is written without brackets";
  if (/:\d+$/.test(net) && !net.slice(0, net.lastIndexOf(":")).includes(":"))
    return "it must have no port: what it names may be reached on any";
  return `it must be ${FORMS}`;
}
