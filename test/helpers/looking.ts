import type { Test } from "tap";
import { createStore, type Store } from "../../src/store/index.ts";
import { startWatch } from "../../src/watch/index.ts";
import { at, type Json } from "./gateway.ts";
import { answer, connectTo, startUpstream } from "./upstream.ts";

export const ID = "europe-west1.gcp:my-project";
export const DEPLOYMENTS = "/my-project/deployments";
export const NEVER = 900_000_000;

export type Row = Readonly<Record<string, unknown>> & { readonly id: string };

export const deployment = (id: string, more: object = {}): Row => ({
  id,
  key: `key-${id}`,
  version: 1,
  status: "Deployed",
  deployedRegion: "europe-west1.gcp",
  type: "sandbox",
  preview: false,
  connector: { id: "c", version: 1, staged: false },
  applications: [],
  ...more,
});

export type List = (rows: readonly Row[], offset: number, limit: number) => readonly Row[];
export const whole: List = (rows, offset, limit) => rows.slice(offset, offset + limit);

/** A project whose rows the test decides, and a watch that looks when the test says so, by a clock that only the test moves. */
export async function startLooking(t: Test, first: readonly Row[] = [], listFirst = whole, over = (store: Store): Store => store) {
  const upstream = await startUpstream(t);
  const store = await createStore("sqlite::memory:");
  const [rows, broken, logged] = [[...first], new Set<string>(), [] as object[]];
  /** What upstream waits for before it answers to who asks for one of these. */
  const slow = new Map<string, Promise<unknown>>();
  /** With which other row upstream answers to who asks for one of these. */
  const standIns = new Map<string, string>();
  let time = 1_000_000;
  /** Which rows of all upstream puts on a page. */
  let list = listFirst;
  /** Runs while upstream reads a listing. */
  let during = (): void => undefined;
  upstream.api(async ({ url }, response) => {
    const { pathname, searchParams } = new URL(url, "http://x");
    const [limit, offset] = [Number(searchParams.get("limit")), Number(searchParams.get("offset"))];
    if (pathname === "/connectors/drafts") return answer(response, 200, { limit, offset, count: 0, total: 0, results: [] });
    if (pathname === DEPLOYMENTS) {
      during();
      const results = list(rows, offset, limit);
      return answer(response, 200, { limit, offset, count: results.length, total: rows.length, results });
    }
    const id = pathname.slice(DEPLOYMENTS.length + 1);
    await slow.get(id);
    const row = rows.find((each) => each.id === (standIns.get(id) ?? id));
    const [status, code] = broken.has(id) ? [500, "General"] : [404, "ResourceNotFound"];
    return row === undefined || status === 500
      ? answer(response, status, { statusCode: status, message: code, errors: [{ code, message: code }] })
      : answer(response, 200, row);
  });
  let looked = Promise.withResolvers<void>();
  const watch = await startWatch({
    store: over(store),
    connects: [connectTo(t, upstream.url)],
    calmMs: NEVER,
    hotMs: NEVER,
    leaseMs: 60_000,
    added: () => undefined,
    log: (message, fields) => void logged.push({ message, ...fields }),
    meter: { count: (name) => name === "looks" && looked.resolve(), observe: () => undefined, gauge: () => undefined },
    now: () => time,
  });
  t.teardown(async () => (await watch.stop(), await store.close()));
  await looked.promise;
  let seen = 0;
  return {
    rows,
    broken,
    slow,
    standIns,
    logged,
    watch,
    store,
    requests: upstream.requests,
    list: (next: List) => void (list = next),
    during: (act: () => void) => void (during = act),
    advance: (ms: number) => void (time += ms),
    now: () => time,
    /** Waits for the look that comes by itself. */
    next: (): Promise<void> => (looked = Promise.withResolvers()).promise,
    /** Looks once; gives the events that it brought. */
    look: async (): Promise<readonly Json[]> => {
      looked = Promise.withResolvers();
      // So long that there are places for its calls.
      time += 1_000;
      watch.hint(ID);
      await looked.promise;
      const events = await store.events.list({ after: seen, limit: 500, projects: [ID] });
      seen = events.at(-1)?.seq ?? seen;
      return events.map(({ body }) => JSON.parse(body) as Json);
    },
  };
}

export const told = (events: readonly Json[]): unknown[] => events.map((event) => [event["type"], at(event, "data.resource.id")]);
export const asked = (requests: readonly { readonly url: string }[]): string[] =>
  requests.map(({ url }) => url).filter((url) => url.startsWith(`${DEPLOYMENTS}/`));
