import type { EventFilter } from "../services/index.ts";
import { toFilter } from "./arguments.ts";

type Arguments = Parameters<typeof toFilter>[0];

/**
 * Where the events of a subscription come from. graphql-js asks for something to iterate over; the events themselves go another way, where they are
 * made once for all who want the same.
 */
export class Source {
  readonly field: string;
  readonly filter: EventFilter;

  constructor(field: string, filter: EventFilter) {
    this.field = field;
    this.filter = filter;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<never> {}
}

/** A field of the subscription type, in graphql-js's own form. */
export type SubscriptionField = (root: unknown, args: Arguments) => Source;

const follow =
  (name: string, types?: readonly string[]): SubscriptionField =>
  (_root, args) =>
    new Source(name, types === undefined ? toFilter(args) : { ...toFilter(args), types });

/** Every subscription: readers of the one event log. */
export const subscriptions: Readonly<Record<string, SubscriptionField>> = {
  deploymentChanged: follow("deploymentChanged", ["deployment.*"]),
  connectorStagedChanged: follow("connectorStagedChanged", ["connector_staged.*"]),
  events: follow("events"),
};
