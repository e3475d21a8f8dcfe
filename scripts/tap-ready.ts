/** Rebuilds tap without its TypeScript plugin, once per install: the plugin needs a compiler API that TypeScript 7 no longer has. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const built = readFileSync(new URL("../node_modules/@tapjs/test/test-built/dist/esm/index.js", import.meta.url), "utf8");
if (built.includes("@tapjs/typescript")) {
  process.exitCode = spawnSync("tap", ["build"], { stdio: "inherit" }).status ?? 1;
}
