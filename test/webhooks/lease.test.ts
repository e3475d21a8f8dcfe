import { test } from "tap";
import { gatewayError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { createStore } from "../../src/store/index.ts";
import { createGuard, startDeliveries } from "../../src/webhooks/index.ts";

test("leases of deliveries that cannot be renewed are told to whoever looks closely", async (t) => {
  const store = await createStore("sqlite::memory:");
  const renew = async (): Promise<never> => {
    throw gatewayError("StorageUnavailable");
  };
  const told = Promise.withResolvers<readonly unknown[]>();
  const deliveries = startDeliveries({
    // It renews what is under way also at its start, which is a fault of another kind.
    store: { ...store, deliveries: { ...store.deliveries, renew } },
    guard: createGuard({ allowed: [], httpsOnly: false }),
    master: new Secret("m".repeat(32)),
    userAgent: "test",
    leaseMs: 300,
    log: (message, fields, level = "warn") => message === "leases could not be renewed" && told.resolve([level, fields]),
    added: () => undefined,
  });
  t.teardown(async () => (await deliveries.stop(), await store.close()));
  t.match(await told.promise, ["debug", { err: { code: "StorageUnavailable" } }]);
});
