import { type Test, test } from "tap";
import { gatewayError } from "../../src/errors.ts";
import { createStore, type Store } from "../../src/store/index.ts";
import { startWatch } from "../../src/watch/index.ts";
import { ID, NEVER } from "../helpers/looking.ts";
import { connectTo, startUpstream } from "../helpers/upstream.ts";

/** A watch whose looks hang, with a lease that it renews ten times a second; `heard` waits for a line of the log. */
async function startHanging(t: Test, over: (store: Store) => Store) {
  const upstream = await startUpstream(t);
  const store = await createStore("sqlite::memory:");
  const asked = Promise.withResolvers<void>();
  upstream.api(() => asked.resolve());
  const lines: { readonly message: string; readonly level: string }[] = [];
  let told = Promise.withResolvers<void>();
  const watch = await startWatch({
    store: over(store),
    connects: [connectTo(t, upstream.url)],
    calmMs: NEVER,
    hotMs: NEVER,
    leaseMs: 300,
    added: () => undefined,
    log: (message, _fields, level = "warn") => {
      lines.push({ message, level });
      told.resolve();
      told = Promise.withResolvers();
    },
    now: () => 1_000_000,
  });
  t.teardown(async () => (await watch.stop(), await store.close()));
  await asked.promise;
  const heard = async (message: string): Promise<string | undefined> => {
    while (!lines.some((line) => line.message === message)) await told.promise;
    return lines.find((line) => line.message === message)?.level;
  };
  return { store, watch, lines, heard };
}

test("a look is given up when its project is somebody else's meanwhile", async (t) => {
  const { store, lines, heard } = await startHanging(t, (store) => store);
  t.ok(await store.watches.claim([ID], NEVER, 300), "another process takes it");
  t.equal(await heard("look came too late"), "warn");
  t.same([...new Set(lines.map(({ message }) => message))], ["look came too late"], "before its calls have failed");
});

test("leases that cannot be renewed and hints that are lost are told to whoever looks closely", async (t) => {
  const fail = async (): Promise<never> => {
    throw gatewayError("StorageUnavailable");
  };
  const broken = (store: Store): Store => ({ ...store, watches: { ...store.watches, renew: fail, hint: fail } });
  const { watch, heard } = await startHanging(t, broken);
  t.equal(await heard("a lease could not be renewed"), "debug");
  watch.hint(ID);
  t.equal(await heard("a look could not be asked for"), "debug");
});
