import assert from "node:assert/strict";
import test from "node:test";
import { asGrandpaId, GrandpaGossip } from "@parahost/primitives";
import { deliver } from "../testing/two-ends.ts";
import { assertLayout, fill, hashOf, wire } from "../testing/wire-bytes.ts";
import { grandpaProtocol } from "./grandpa.ts";
import { MIB, Role } from "./names.ts";

const receive = (...messages: Uint8Array[]) =>
  deliver(
    (parts) => grandpaProtocol({ genesisHash: hashOf(0) }, parts),
    new Uint8Array([Role.authority]),
    messages,
  );

const voteBytes = wire(
  "00", // vote
  "0200000000000000", // round
  "0100000000000000", // set
  "01", // precommit
  fill(0xaa, 32),
  "05000000",
  fill(0x88, 64),
  fill(0xdd, 32),
);
const neighborBytes = wire("02", "01", "0200000000000000", "0100000000000000", "04000000");

test("a vote and a neighbor packet are laid out as in the reference, and arrive", async () => {
  assertLayout(
    GrandpaGossip,
    {
      type: "vote",
      value: {
        round: 2,
        setId: 1,
        message: {
          message: { type: "precommit", value: { targetHash: hashOf(0xaa), targetNumber: 5 } },
          signature: fill(0x88, 64),
          id: asGrandpaId(hashOf(0xdd)),
        },
      },
    },
    voteBytes,
  );
  assertLayout(
    GrandpaGossip,
    {
      type: "neighbor",
      value: { type: "v1", value: { round: 2, setId: 1, commitFinalizedHeight: 4 } },
    },
    neighborBytes,
  );
  assert.deepEqual((await receive(neighborBytes, voteBytes)).messages, [neighborBytes, voteBytes]);
});

test("1 MiB is the longest message", async () => {
  const { messages, costs } = await receive(fill(0, MIB), fill(0, MIB + 1));
  assert.deepEqual([messages.length, costs], [1, ["-300000 oversized message"]]);
});
