import { gatewayError } from "../errors.ts";
import type { Scrubber } from "../scrub/index.ts";
import { MASKED, reveal, Secret } from "../secret.ts";

/** Deeper answers than this are hostile; Connect's own reach nine. */
const MAX_DEPTH = 40;
const REPORTS = new Set(["report", "publishingReport", "previewableReport"]);

/** Objects that several rows share, and lists of secured values that they do. */
export type Done = { readonly nodes: Set<object>; readonly secured: Set<object> };

function isNew(met: Set<object>, each: object): boolean {
  if (met.has(each)) return false;
  met.add(each);
  return true;
}

/**
 * Seals an answer of upstream in place: every secured value, wherever it stands, becomes {@link MASKED}, and report texts lose the
 * values that went through this gateway. One pass over the tree; what is in `done` is sealed already, and what is met now is added.
 */
export function sealAnswer(node: object, scrubber: Scrubber, done?: Done, depth = 0): void {
  if (depth > MAX_DEPTH) throw gatewayError("UpstreamBadResponse");
  if (done !== undefined && !isNew(done.nodes, node)) return;
  if (Array.isArray(node)) {
    for (const item of node as unknown[]) if (item !== null && typeof item === "object") sealAnswer(item, scrubber, done, depth + 1);
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
      sealAnswer(child, scrubber, done, depth + 1);
      if (REPORTS.has(name)) fields[name] = scrubber.scrubTree(child);
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

/** The JSON text of a request to upstream: the one place where secrets are opened. Each becomes known to the scrubber first. */
export function revealingJson(body: unknown, scrubber: Scrubber): string {
  return JSON.stringify(body, function replacer(this: Record<string, unknown>, name: string, value: unknown): unknown {
    const raw = this[name];
    if (!(raw instanceof Secret)) return value;
    const text = reveal(raw);
    scrubber.add(text);
    return text;
  });
}
