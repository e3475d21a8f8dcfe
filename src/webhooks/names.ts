import { type LookupAddress, type LookupAllOptions, promises as dns } from "node:dns";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { performance } from "node:perf_hooks";

/** The addresses of a name, at least one. Rejects when there are none, or when they are not to be had in time. */
export type Names = (host: string, options: LookupAllOptions) => Promise<LookupAddress[]>;

/** A look-up that has taken so many milliseconds holds up nobody any more. */
const LATE_MS = 1_000;
/** For so many milliseconds after that its name does not get the thread again. */
const REST_MS = 60_000;

type Options = {
  /** What the system says of a name; it takes a thread until it ends, and cannot be broken off. */
  readonly system?: Names;
  /** What is said of a name without a thread. */
  readonly aside?: (host: string) => Promise<LookupAddress[]>;
  readonly lateMs?: number;
  /** Monotonic, in milliseconds. */
  readonly now?: () => number;
};

/**
 * Makes the look-up of names. The system alone knows what a name means here, but its look-ups take threads that everything in this process shares, for as
 * long as a silent name server likes: so there is one at a time. While it is late the others are asked for aside.
 */
export function createNames({
  system = dns.lookup,
  aside = lookAside(),
  lateMs = LATE_MS,
  now = () => performance.now(),
}: Options = {}): Names {
  const resting = new Map<string, number>();
  const thread: { taken?: Promise<"ended" | "late"> | undefined } = {};

  function rest(host: string): void {
    for (const [name, until] of resting) if (until <= now()) resting.delete(name);
    resting.set(host, now() + REST_MS);
  }

  function follow(host: string, found: Promise<LookupAddress[]>): Promise<"ended" | "late"> {
    return new Promise((tell) => {
      const timer = setTimeout(() => {
        rest(host);
        tell("late");
      }, lateMs);
      function end(): void {
        clearTimeout(timer);
        thread.taken = undefined;
        tell("ended");
      }
      void found.then(() => resting.delete(host)).then(end, end);
    });
  }

  return async (host, options) => {
    if ((resting.get(host) ?? 0) > now()) return aside(host);
    const since = now();
    while (thread.taken !== undefined) if ((await thread.taken) === "late" || now() - since >= lateMs) return aside(host);
    const found = system(host, options);
    thread.taken = follow(host, found);
    return found;
  };
}

type AsideOptions = { readonly hostsFile?: string; readonly servers?: readonly string[]; readonly limitMs?: number };

/** Looks a name up without a thread of its own: in the file of hosts, else at the name servers, within `limitMs`. Search domains are not tried. */
export function lookAside({ hostsFile = "/etc/hosts", servers, limitMs = 3_000 }: AsideOptions = {}): (
  host: string,
) => Promise<LookupAddress[]> {
  return async (host) => {
    const listed = await listedIn(hostsFile, host);
    return listed.length > 0 ? listed : ask(host, servers, limitMs);
  };
}

async function ask(host: string, servers: readonly string[] | undefined, limitMs: number): Promise<LookupAddress[]> {
  const resolver = new dns.Resolver({ timeout: 1_000, tries: 2 });
  if (servers !== undefined) resolver.setServers(servers);
  const limit = setTimeout(() => resolver.cancel(), limitMs);
  const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
  clearTimeout(limit);
  const found = [four, six].flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []));
  if (found.length === 0 && four.status === "rejected") throw four.reason;
  return found.map(toAddress);
}

/** What a file of hosts says of a name; nothing where the system has no such file. */
async function listedIn(file: string, host: string): Promise<LookupAddress[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  return text.split("\n").flatMap((line) => {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().toLowerCase().split(/\s+/);
    return isIP(address) !== 0 && names.includes(host.toLowerCase()) ? [toAddress(address)] : [];
  });
}

function toAddress(address: string): LookupAddress {
  return { address, family: isIP(address) };
}
