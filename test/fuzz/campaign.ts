import fc from "fast-check";
import { leaks } from "../helpers/canary.ts";
import { at, type Json, PROJECT, read, type TestGateway } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";

/** One request, as it is kept in the corpus. */
export type Input = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};
export type Finding = { readonly input: Input; readonly fault: string };

const AT_ONCE = 16;
const HANG_MS = 20_000;

/** What is wrong with the answer to an input; undefined when nothing is. */
export async function judge(gateway: TestGateway, { method, path, headers, body }: Input): Promise<string | undefined> {
  const given = { authorization: `Bearer ${tokenFor(`manage_project:${PROJECT}`)}`, "content-type": "application/json", ...headers };
  const sent = method === "GET" || body === "" ? {} : { body };
  try {
    const response = await fetch(gateway.url + path, { method, headers: given, signal: AbortSignal.timeout(HANG_MS), ...sent });
    return fault(await read(response), path.startsWith("/graphql"));
  } catch (error) {
    return `no answer: ${error instanceof Error ? `${error.name} ${error.message}` : "unknown"}`;
  }
}

function fault({ status, headers, text, body }: Awaited<ReturnType<typeof read>>, graphql: boolean): string | undefined {
  if (status >= 500) return `status ${status}: ${text.slice(0, 200)}`;
  // A dry run gives back what its caller wrote in the open, where anything may stand.
  const shown = body["dryRun"] === true ? JSON.stringify(securedIn(body)) : text;
  if (leaks(`${JSON.stringify([...headers])}${shown}`).length > 0) return "the canary is in the answer";
  if (headers.get("x-correlation-id") === null) return "no correlation id";
  const codes = codesOf(body, graphql);
  if (status >= 400 && codes.length === 0 && !headers.get("content-type")?.includes("problem+json"))
    return `status ${status} without a code: ${text.slice(0, 200)}`;
  if (codes.some((code) => typeof code !== "string" || code === "General")) return `codes ${codes.join(", ")}`;
  return undefined;
}

/** Everything that stands under a `securedConfiguration`. */
function securedIn(value: unknown): readonly unknown[] {
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, inner]) => (name === "securedConfiguration" ? [inner] : securedIn(inner)));
}

function codesOf(body: Json, graphql: boolean): readonly unknown[] {
  const errors = body["errors"];
  return Array.isArray(errors) ? errors.map((error: unknown) => at(error, graphql ? "extensions.code" : "code")) : [];
}

/** Sends `cases` inputs and gives what was found, at most ten of it; `progress` hears how many are done. */
export async function campaign(
  gateway: TestGateway,
  inputs: fc.Arbitrary<Input>,
  options: { readonly cases: number; readonly seed: number; readonly progress?: (done: number) => void },
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const batch = 500;
  for (let done = 0; done < options.cases && findings.length < 10; done += batch) {
    const queue = fc.sample(inputs, { numRuns: Math.min(batch, options.cases - done), seed: options.seed + done });
    const worker = async (): Promise<void> => {
      for (let input = queue.pop(); input !== undefined; input = queue.pop()) {
        const found = await judge(gateway, input);
        if (found !== undefined) findings.push({ input, fault: found });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    options.progress?.(Math.min(done + batch, options.cases));
  }
  return findings.slice(0, 10);
}
