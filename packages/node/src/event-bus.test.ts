import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hash } from "@parahost/primitives";
import { EventBus } from "./event-bus.ts";
import type { NodeEvent } from "./events.ts";
import { ManualClock } from "./overseer/manual-clock.ts";

test("listeners hear events stamped with time and node, in order, until they leave", () => {
  const bus = new EventBus(new ManualClock(7), "alice");
  const heard: NodeEvent[] = [];
  const other: NodeEvent[] = [];
  const leave = bus.subscribe((event) => heard.push(event));
  bus.subscribe((event) => other.push(event));
  const hash = "0xaa" as Hash;
  bus.emit({ event: "relay.finalized", number: 1, hash });
  leave();
  bus.emit({ event: "relay.finalized", number: 2, hash });
  assert.deepEqual(heard, [{ event: "relay.finalized", number: 1, hash, time: 7, node: "alice" }]);
  assert.equal(other.length, 2);
});
