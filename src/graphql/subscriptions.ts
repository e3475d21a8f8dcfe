import type { EventFilter } from "../services/index.ts";
import { toFilter } from "./arguments.ts";
import type { GraphContext } from "./context.ts";
import type { EventRow } from "./rows.ts";

type Arguments = Parameters<typeof toFilter>[0];
type Source = AsyncGenerator<Record<string, EventRow>>;

/** A field of the subscription type: where its events come from, in graphql-js's own form. */
export type SubscriptionField = (root: unknown, args: Arguments, context: GraphContext) => Promise<Source>;

const follow =
  (name: string, types?: readonly string[]): SubscriptionField =>
  async (_root, args, context) => {
    const filter = toFilter(args);
    return events(name, types === undefined ? filter : { ...filter, types }, context);
  };

async function events(name: string, filter: EventFilter, { services, request, ended }: GraphContext): Promise<Source> {
  const { pages } = await services.events.follow(request.caller, filter, ended);
  async function* rows(): Source {
    for await (const page of pages) for (const event of page) yield { [name]: event };
  }
  return rows();
}

/** Every subscription: readers of the one event log. */
export const subscriptions: Readonly<Record<string, SubscriptionField>> = {
  deploymentChanged: follow("deploymentChanged", ["deployment.*"]),
  connectorStagedChanged: follow("connectorStagedChanged", ["connector_staged.*"]),
  events: follow("events"),
};
