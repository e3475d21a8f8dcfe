/** Checks the lockfile: no version below what is known to be safe, none of the packages that are not to be used, no install script but those named here. */
import { readFileSync } from "node:fs";

/** The first version without a known hole, and what the hole was. */
const FLOORS: Readonly<Record<string, readonly [version: string, why: string]>> = {
  "@fastify/static": ["9.1.1", "an encoded slash passed guards"],
  "fast-jwt": ["6.3.2", "confusion of algorithms, empty keys, crit"],
  fastify: ["5.8.5", "content types that were parsed and not validated"],
  jose: ["6.0.0", "older lines are no longer mended"],
  mercurius: ["16.10.1", "depth limit passed by named fragments"],
  undici: ["7.24.4", "two content lengths, unbounded decoding"],
  ws: ["8.21.0", "memory disclosed, tiny fragments"],
};
const NEVER = ["@fastify/express", "@fastify/middie", "get-jwks"];
/** Packages of the official CLI, which the tests run: npm is told to run no install script at all, so theirs do not run either. */
const WITH_SCRIPTS = ["core-js", "core-js-pure", "yarn"];

type Entry = {
  readonly version?: string;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
  readonly integrity?: string;
  /** Part of another package, which has the hash. */
  readonly inBundle?: boolean;
};

/** What is wrong with a lockfile. */
export function faultsOf(lock: { readonly packages: Readonly<Record<string, Entry>> }): string[] {
  return Object.entries(lock.packages).flatMap(([path, entry]) => {
    if (path === "") return [];
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const { version = "0", hasInstallScript, dev, integrity, inBundle } = entry;
    const [floor, why] = FLOORS[name] ?? [];
    return [
      ...(floor !== undefined && dev !== true && isBelow(version, floor) ? [`${path} ${version} is below ${floor}: ${why}`] : []),
      ...(NEVER.includes(name) ? [`${path} is not to be used`] : []),
      ...(hasInstallScript === true && (dev !== true || !WITH_SCRIPTS.includes(name)) ? [`${path} has an install script`] : []),
      ...(integrity === undefined && inBundle !== true ? [`${path} has no integrity hash`] : []),
    ];
  });
}

function isBelow(version: string, floor: string): boolean {
  const [a, b] = [version, floor].map((text) => text.split("-", 1)[0]?.split(".").map(Number) ?? []);
  for (let at = 0; at < 3; at++) if ((a?.[at] ?? 0) !== (b?.[at] ?? 0)) return (a?.[at] ?? 0) < (b?.[at] ?? 0);
  return false;
}

if (import.meta.main) {
  const faults = faultsOf(
    JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8")) as Parameters<typeof faultsOf>[0],
  );
  const settings = readFileSync(new URL("../.npmrc", import.meta.url), "utf8");
  if (!/^ignore-scripts=true$/m.test(settings)) faults.push(".npmrc does not keep install scripts from running");
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.exitCode = faults.length > 0 ? 1 : 0;
}
