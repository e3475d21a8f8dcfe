/**
 * Puts the Node that comes with `npm ci` where npm's scripts look first. Some versions of npm leave the link out when several optional packages bring the
 * same command. Plain JavaScript, because it runs on whatever Node the machine has.
 */
import { existsSync, symlinkSync } from "node:fs";

const modules = new URL("../node_modules/", import.meta.url);
const names = [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`];
const found = names.find((name) => existsSync(new URL(`${name}/bin/node`, modules)));
const link = new URL(".bin/node", modules);
if (found !== undefined && !existsSync(link)) {
  try {
    symlinkSync(`../${found}/bin/node`, link);
  } catch (error) {
    // Two scripts may start at once: the other one was faster.
    if (error.code !== "EEXIST") throw error;
  }
}
