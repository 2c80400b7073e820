/** The event stream of the network: what the terminal prints, for programs. */
import type { NodeEvent } from "@parahost/node";
import type { Methods } from "../method.ts";
import { toJson } from "./json.ts";

/** Where events come from; the answer ends the subscription. */
export type EventSource = (listener: (event: NodeEvent) => void) => () => void;

export function eventMethods(source: EventSource): Methods {
  return {
    methods: {},
    subscriptions: {
      parahost_subscribeEvents: {
        notification: "parahost_event",
        unsubscribe: "parahost_unsubscribeEvents",
        start: (_, send) => source((event) => void send(toJson(event))),
      },
    },
  };
}
