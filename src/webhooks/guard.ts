import type { LookupAllOptions } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { callbackify } from "node:util";
import { gatewayError, type GatewayError } from "../errors.ts";
import { createNames, type Names } from "./names.ts";

/** Ranges that no webhook may reach unless they are allowed: this machine, private networks, link-local and metadata addresses, tunnels to them. */
const FORBIDDEN: readonly (readonly [net: string, prefix: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
  ["::", 96],
  ["::ffff:0:0:0", 96],
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["100::", 64],
  ["2001::", 32],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
  ["5f00::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
];

/** Decides which addresses webhooks may reach: by one rule at registration, at every resolution and at every connection. */
export type Guard = {
  /** Refuses an address that no webhook may have; gives it in its canonical form. */
  checkUrl(text: string): string;
  /** Whether a connection to this IP address, asked for under this host name, may be used. */
  allows(host: string, address: string): boolean;
  /** Whether this host may be asked for by its name alone, without a look at its address: by way of a proxy. */
  names(host: string): boolean;
  /** Name look-up that yields allowed addresses only. */
  readonly lookup: LookupFunction;
};

const PORTS = new Set(["", "80", "443", "3000", "4000", "5000", "8000", "8080", "8443", "9000"]);

type Options = {
  /** Networks (CIDR) and host names that may be private. */
  readonly allowed: readonly string[];
  /** Whether `http:` is refused. */
  readonly httpsOnly: boolean;
  /** Whether only what `allowed` names may be reached: behind a proxy, which resolves names by itself. */
  readonly namedOnly?: boolean;
  /** Says which addresses a name has. */
  readonly resolve?: Names;
};

/** Makes the guard. */
export function createGuard({ allowed, httpsOnly, namedOnly = false, resolve = createNames() }: Options): Guard {
  const forbidden = new BlockList();
  for (const [net, prefix] of FORBIDDEN) forbidden.addSubnet(net, prefix, net.includes(":") ? "ipv6" : "ipv4");
  const open = new BlockList();
  const hosts = new Set<string>();
  for (const entry of allowed) {
    const [net = "", prefix, ...more] = entry.split("/");
    const family = isIP(net);
    // Settings were checked; nothing else may open a network either because it was misread.
    if (more.length > 0 || (prefix !== undefined && (family === 0 || !/^\d{1,3}$/.test(prefix)))) throw new RangeError("not a network");
    if (family === 0) hosts.add(entry.toLowerCase());
    else open.addSubnet(net, prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix), family === 6 ? "ipv6" : "ipv4");
  }

  function allows(host: string, address: string): boolean {
    const plain = unwrap(address);
    const family = isIP(plain) === 6 ? "ipv6" : "ipv4";
    // IPv4 written as IPv6 (::ffff:0:0/96) is no address that anyone gives openly.
    const plainly = plain === address && !forbidden.check(plain, family);
    return hosts.has(host.toLowerCase()) || open.check(plain, family) || (!namedOnly && plainly);
  }

  function names(host: string): boolean {
    const plain = unwrap(host);
    return hosts.has(host.toLowerCase()) || (isIP(plain) !== 0 && open.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4"));
  }

  function checkUrl(text: string): string {
    const url = text.length <= 2_048 && !/[\s\\]/.test(text) ? URL.parse(text) : null;
    if (url === null) throw refused("it is not an address");
    if (url.protocol !== "https:" && (httpsOnly || url.protocol !== "http:"))
      throw refused(httpsOnly ? "it must begin with https:" : "it must begin with https: or http:");
    if (url.username !== "" || url.password !== "" || url.hash !== "") throw refused("it must have no user, password or fragment");
    const host = url.hostname.replace(/^\[|\]$/g, "");
    if (host.endsWith(".")) throw refused("its host must not end with a dot");
    const internal = names(host);
    if (namedOnly && !internal) throw refused("it is not among the hosts that webhooks may reach; an operator can add it to WEBHOOK_ALLOW");
    if (!PORTS.has(url.port) && !internal) throw refused("its port is not one of those that web servers use");
    if (
      isIP(host) !== 0 ? !allows(host, host) : /^localhost$|\.localhost$|\.local$|\.internal$/i.test(host) && !hosts.has(host.toLowerCase())
    ) {
      throw refused("it leads into a network that webhooks may not reach; an operator can allow it with WEBHOOK_ALLOW");
    }
    return url.href;
  }

  const judged = callbackify(async (host: string, options: LookupAllOptions) => {
    const found = await resolve(host, options);
    // One forbidden address makes the whole name suspect: it may be the one that is taken next.
    if (found.length === 0 || !found.every(({ address }) => allows(host, address))) throw new ForbiddenAddressError();
    return found;
  });

  const lookup: LookupFunction = (host, options, done) =>
    judged(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, []);
      return options.all === true ? done(null, found) : done(null, found[0]?.address ?? "", found[0]?.family);
    });

  return { checkUrl, allows, names, lookup };
}

/** A name or connection that leads where webhooks may not go. */
export class ForbiddenAddressError extends Error {
  readonly code = "FORBIDDEN_ADDRESS";

  constructor() {
    super("the address is not allowed");
  }
}

function refused(why: string): GatewayError {
  return gatewayError("InvalidJsonInput", `The address of the webhook is refused: ${why}.`, {
    fields: { detailedErrorMessage: `/url: ${why}` },
  });
}

/** An IPv4 address written as IPv6 is that IPv4 address. */
function unwrap(address: string): string {
  const mapped = /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i.exec(address);
  if (mapped === null) return address;
  const [, dotted, high = "0", low = "0"] = mapped;
  if (dotted !== undefined) return dotted;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join(".");
}
