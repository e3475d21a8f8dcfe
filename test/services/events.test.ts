import { type Test, test } from "tap";
import { createFeed } from "../../src/feed.ts";
import { createAccess, PERMISSIONS } from "../../src/services/access.ts";
import { createEventService } from "../../src/services/events.ts";
import type { Caller } from "../../src/services/index.ts";
import { createStore, type NewEvent, type Watched } from "../../src/store/index.ts";
import { connectTo, startUpstream } from "../helpers/upstream.ts";

const ID = "europe-west1.gcp:my-project";
const OLD = 1_000;
const caller: Caller = {
  subject: "s",
  grants: new Map([["my-project", new Set(PERMISSIONS)]]),
  introspect: false,
  expiresAt: Number.MAX_SAFE_INTEGER,
};

/** A log of so many events, and the service over it. */
async function startLog(t: Test, count: number) {
  const [store, upstream, logged] = [await createStore("sqlite::memory:"), await startUpstream(t), [] as string[]];
  const heard = Promise.withResolvers<void>();
  const feed = await createFeed(store, (message) => {
    logged.push(message);
    heard.resolve();
  });
  t.teardown(() => feed.stop());
  const service = createEventService(createAccess([connectTo(t, upstream.url)]), store, feed);
  await store.watches.ensure([ID], 0);
  const add = async (more: number): Promise<void> => {
    const events = Array.from({ length: more }, (_, n): NewEvent => {
      const id = `evt_${crypto.randomUUID()}`;
      const rest = { resourceKey: undefined, deploymentType: undefined, body: `{"id":"${id}","n":${n}}` };
      return { id, type: "deployment.created", project: ID, at: OLD, ...rest };
    });
    const watched = (await store.watches.claim([ID], Number.MAX_SAFE_INTEGER - 1e6, 1)) as Watched;
    await store.watches.commit(watched, { events, findings: [], dueAt: 0, hotUntil: 0, okAt: 0 });
  };
  await add(count);
  return { store, feed, service, add, logged, heard: heard.promise };
}

test("a gap in the log is told once", async (t) => {
  const { store, service, add } = await startLog(t, 10);
  const list = async (after: string, types?: string[]) => {
    const { events, next, resync } = await service.list(caller, { after, types }, 100);
    return { events: events.length, next, resync };
  };
  await store.events.prune(OLD + 1, 1_000);
  t.same(await list("10"), { events: 0, next: "10", resync: false }, "who has all, after everything has aged");
  t.same(await list("3"), { events: 1, next: "10", resync: true }, "who has not");
  const gone = await list("3", ["connector_staged.*"]);
  t.same(gone, { events: 0, next: "10", resync: true }, "who wants none of what is left");
  t.same(await list(gone.next, ["connector_staged.*"]), { events: 0, next: "10", resync: false });
  const ahead = await list("5000");
  t.same(ahead, { events: 0, next: "10", resync: true }, "a cursor that this log never gave");
  await add(1);
  t.same(await list(ahead.next), { events: 1, next: "11", resync: false }, "what comes is seen");

  for (const [after, cursor] of [
    ["3", "9"],
    ["5000", "11"],
  ] as const) {
    const { resync } = await service.follow(caller, { after });
    t.equal(resync?.cursor, cursor, `a stream after ${after}`);
    t.equal((await service.follow(caller, { after: cursor })).resync, undefined, "and when it comes again");
  }
});

test("a log that cannot be read is told", async (t) => {
  const { store, feed, logged, heard } = await startLog(t, 1);
  await store.close();
  feed.notify();
  await heard;
  t.equal(logged[0], "the event log cannot be read");
});
