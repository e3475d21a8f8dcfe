import { readFileSync } from "node:fs";
import { test } from "tap";
import { faultsOf } from "../scripts/supply-chain.ts";

test("the lockfile is sound, and the check sees what is not", (t) => {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as Parameters<typeof faultsOf>[0];
  t.same(faultsOf(lock), []);
  const sound = { version: "9.9.9", integrity: "sha512-x" };
  const cases: readonly (readonly [path: string, entry: object, fault: RegExp | undefined])[] = [
    ["node_modules/ws", sound, undefined],
    ["node_modules/ws", { ...sound, version: "8.20.9" }, /is below 8\.21\.0: memory/],
    ["node_modules/a/node_modules/fast-jwt", { ...sound, version: "6.3.1" }, /is below 6\.3\.2/],
    ["node_modules/ws", { ...sound, version: "8.0.0", dev: true }, undefined],
    ["node_modules/get-jwks", sound, /is not to be used/],
    ["node_modules/core-js", { ...sound, hasInstallScript: true, dev: true }, undefined],
    ["node_modules/core-js", { ...sound, hasInstallScript: true }, /has an install script/],
    ["node_modules/new", { ...sound, hasInstallScript: true, dev: true }, /has an install script/],
    ["node_modules/new", { version: "1.0.0" }, /has no integrity hash/],
  ];
  for (const [path, entry, fault] of cases) {
    const found = faultsOf({ packages: { "": {}, [path]: entry } });
    if (fault === undefined) t.same(found, []);
    else t.match(found, [fault], path);
  }
  t.end();
});
