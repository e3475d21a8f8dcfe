import { gatewayError } from "../errors.ts";
import type { Allowance, ProjectScrubber } from "../scrub/index.ts";
import { MASKED, reveal, Secret } from "../secret.ts";
import { STRUCTURE } from "./structure.ts";

/** Deeper answers than this are hostile; Connect's own reach nine. */
const MAX_DEPTH = 40;
const REPORTS = new Set(["report", "publishingReport", "previewableReport"]);

/** Objects that several rows share, and lists of secured values that they do. */
type Done = { readonly nodes: Set<object>; readonly secured: Set<object> };

/** How one answer is sealed: in one go, so that only so much of its texts is decoded. What is in `done` is sealed already, and what is met now is added. */
export type Sealing = {
  readonly scrubber: ProjectScrubber;
  /** How much of the texts of reports may be decoded; undefined where all texts are scrubbed in turns later. */
  readonly allowance: Allowance | undefined;
  readonly done?: Done;
};

/** As many characters as an answer has bytes at most: texts of several lines are told however many they are. */
const MOST_DECODED = 8 * 1_024 * 1_024;

export function sealingBy(scrubber: ProjectScrubber, allowance = MOST_DECODED): Sealing {
  return { scrubber, allowance: { left: allowance } };
}

function isNew(met: Set<object>, each: object): boolean {
  if (met.has(each)) return false;
  met.add(each);
  return true;
}

/**
 * Seals an answer of upstream in place: every secured value, wherever it stands, becomes {@link MASKED}, and report texts lose the
 * values that went through this gateway. One pass over the tree.
 */
export function sealAnswer(node: object, sealing: Sealing, depth = 0): void {
  const { scrubber, allowance, done } = sealing;
  if (depth > MAX_DEPTH) throw gatewayError("UpstreamBadResponse");
  if (done !== undefined && !isNew(done.nodes, node)) return;
  if (Array.isArray(node)) {
    for (const item of node as unknown[]) if (item !== null && typeof item === "object") sealAnswer(item, sealing, depth + 1);
    return;
  }
  const fields = node as Record<string, unknown>;
  for (const name in fields) {
    const child = fields[name];
    if (child === null || typeof child !== "object") {
      // A list is what upstream sends here; anything else is not understood and so not let through.
      if (name === "securedConfiguration" && child !== null && child !== undefined) fields[name] = MASKED;
    } else if (name === "securedConfiguration") sealSecured(child, done);
    else {
      sealAnswer(child, sealing, depth + 1);
      if (allowance !== undefined && REPORTS.has(name)) fields[name] = scrubber.scrubTree(child, STRUCTURE, allowance);
    }
  }
}

/** Definitions (`key`, `description`, `required`) stay; every other field of an entry is a value or unknown, and masked. */
const PLAIN = new Set(["key", "description", "required"]);

function sealSecured(list: object, done: Done | undefined): void {
  if (done !== undefined && !isNew(done.secured, list)) return;
  const entries = list as Record<string, unknown>;
  for (const index in entries) {
    const entry = entries[index];
    if (entry === null || typeof entry !== "object") {
      entries[index] = MASKED;
      continue;
    }
    const fields = entry as Record<string, unknown>;
    for (const name in fields) {
      const value = fields[name];
      if (value !== null && (!PLAIN.has(name) || typeof value === "object")) fields[name] = MASKED;
    }
  }
}

/** The JSON text of a request to upstream, for which its secrets are opened; undefined when they were not known to the scrubber by the deadline. */
export async function revealingJson(body: unknown, scrubber: ProjectScrubber, deadline: number): Promise<string | undefined> {
  if (!(await scrubber.learn(revealed(body), deadline))) return undefined;
  return JSON.stringify(body, function replacer(this: Record<string, unknown>, name: string, value: unknown): unknown {
    const raw = this[name];
    return raw instanceof Secret ? reveal(raw) : value;
  });
}

function* revealed(node: unknown): Generator<string> {
  if (node instanceof Secret) yield reveal(node);
  else if (node !== null && typeof node === "object") for (const child of Object.values(node)) yield* revealed(child);
}
