import assert from "node:assert/strict";
import { test } from "node:test";
import { asciiBytes } from "@parahost/base";
import { type RuntimeEvent, slashEvents } from "./slash-events.ts";

const event = (pallet: string, type: string, value: unknown): RuntimeEvent => ({
  type: pallet,
  value: { type, value },
});
const reported = (validator: string) => event("staking", "slashReported", { validator });
const slashed = (staker: string, amount: bigint) => event("staking", "slashed", { staker, amount });
const offence = (kind: string) => event("offences", "offence", { kind: asciiBytes(kind) });
const penalized = (validator: string, type: string) =>
  event("parasSlashing", "penalized", { validator, reason: { type } });

const told = (...events: readonly RuntimeEvent[]) =>
  slashEvents(events).map((one) =>
    one.event === "validator.slashed" ? [one.validator, one.amount, one.reason] : one.event,
  );

test("a slash is what was taken of a validator and its nominators, for the penalty's reason", () => {
  assert.deepEqual(
    told(
      reported("alice"),
      slashed("alice", 5n),
      slashed("nominator", 2n),
      offence("disputes:slashin"),
      penalized("alice", "forInvalidBacked"),
      reported("bob"),
      slashed("bob", 3n),
      offence("disputes:slashin"),
      penalized("bob", "forInvalidBacked"),
    ),
    [
      ["alice", 7n, "forInvalidBacked"],
      ["bob", 3n, "forInvalidBacked"],
    ],
  );
});

test("offences that are no penalty of the parachain modules are named by their kind", () => {
  assert.deepEqual(
    told(
      reported("alice"),
      slashed("alice", 5n),
      offence("babe:equivocatio"),
      reported("bob"),
      slashed("bob", 1n),
      penalized("bob", "absent"),
    ),
    [
      ["alice", 5n, "babe:equivocatio"],
      ["bob", 1n, "absent"],
    ],
  );
});

test("deferred slashes are told when they come, and losses of nothing never", () => {
  assert.deepEqual(told(slashed("alice", 4n)), [["alice", 4n, "deferred"]]);
  assert.deepEqual(told(reported("alice"), penalized("alice", "absent")), []);
  assert.deepEqual(told(event("balances", "transfer", {})), []);
});
