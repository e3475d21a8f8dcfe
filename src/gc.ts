import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
// V8 looks through the whole heap when it has grown twofold, by buffers too. Where little else is made it was content with some megabytes: at half of the gateway's
// capacity other work waited for 40 ms, up to twice a second (P5 of `npm run bench`). What the heap may take in all is as before.
setFlagsFromString("--heap-growing-percent=100");

/** Collects garbage now: in what is young, at a hundredth of the cost, or in everything, which stops the process for some 0.1 seconds. */
export const collect = runInNewContext("gc") as (options: { readonly type: "minor" | "major" }) => void;
