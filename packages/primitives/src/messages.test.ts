import assert from "node:assert/strict";
import { test } from "node:test";
import { type Hash, ZERO_HASH } from "./ids.ts";
import {
  joinUpwardMessages,
  messageQueueHead,
  splitUpwardMessages,
  type UmpSignal,
} from "./messages.ts";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

function headAfter(...sent: readonly (readonly [number, Uint8Array])[]): Hash {
  return sent.reduce((head, [at, message]) => messageQueueHead(head, at, message), ZERO_HASH);
}

test("message queue chains have the heads known from Polkadot", () => {
  assert.equal(
    headAfter([2, bytes(1, 2, 3)], [3, bytes(4, 5, 6)]),
    "0x88dc00db8cc9d22aa62b87807705831f164387dfa49f80a8600ed1cbe1704b6b",
  );
  assert.equal(
    headAfter([3, bytes(1, 2, 3)], [4, bytes(4, 5, 6)]),
    "0xa964fd3b4f3d3ce92a0e25e576b87590d92bb5cb7031909c7f29050e1f04a375",
  );
});

const selectCore: UmpSignal = {
  type: "selectCore",
  value: { coreSelector: 1, claimQueueOffset: 2 },
};
const approvedPeer: UmpSignal = { type: "approvedPeer", value: bytes(7, 8) };

test("messages without signals are all messages", () => {
  const messages = [bytes(1), bytes(2)];
  assert.deepEqual(splitUpwardMessages(messages), { ok: true, value: { messages, signals: [] } });
  assert.deepEqual(joinUpwardMessages({ messages, signals: [] }), messages);
});

test("signals come behind an empty message", () => {
  const joined = joinUpwardMessages({ messages: [bytes(1)], signals: [selectCore, approvedPeer] });
  assert.deepEqual(joined, [bytes(1), bytes(), bytes(0, 1, 2), bytes(1, 8, 7, 8)]);
  assert.deepEqual(splitUpwardMessages(joined), {
    ok: true,
    value: { messages: [bytes(1)], signals: [selectCore, approvedPeer] },
  });
});

test("a third signal, a second of one kind and an undecodable one are refused", () => {
  const core = bytes(0, 1, 2);
  const peer = bytes(1, 0);
  const refusal = (...upward: Uint8Array[]) => {
    const split = splitUpwardMessages(upward);
    return split.ok ? undefined : split.error.code;
  };
  assert.equal(refusal(bytes(), core, peer, core), "tooManySignals");
  assert.equal(refusal(bytes(), core, core), "duplicateSignal");
  assert.equal(refusal(bytes(), bytes(2)), "malformedSignal");
  assert.equal(refusal(bytes(), bytes(0, 1)), "malformedSignal");
  assert.equal(refusal(bytes(), bytes(...core, 0)), "malformedSignal");
  assert.equal(refusal(bytes(), bytes(1, 65 << 2, 1, ...new Uint8Array(65))), "malformedSignal");
});
