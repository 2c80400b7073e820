import assert from "node:assert/strict";
import test from "node:test";
import { peerId } from "@parahost/network";
import { asAuthorityDiscoveryId, asHash, asValidatorIndex } from "@parahost/primitives";
import { Peers, validatorsAt } from "./peers.ts";

const peer = peerId("peer");
const key = (byte: string) => asAuthorityDiscoveryId(`0x${byte.repeat(32)}`);
const leaf = asHash(`0x${"1e".repeat(32)}`);
const older = asHash(`0x${"1d".repeat(32)}`);

test("a peer knows what is in its view and what it speaks of", () => {
  const peers = new Peers();
  peers.connect(peer, [key("a1")]);
  assert.ok(!peers.knows(peer, leaf));
  assert.deepEqual(peers.setView(peer, [older]), [older]);
  assert.deepEqual(peers.setView(peer, [older, leaf]), [leaf]);
  assert.ok(peers.knows(peer, leaf));
  peers.setView(peer, []);
  assert.ok(!peers.knows(peer, leaf));
  peers.noteSpokeOf(peer, leaf);
  assert.ok(peers.knows(peer, leaf));
  peers.forgetRelayParent(leaf);
  assert.ok(!peers.knows(peer, leaf));
});

test("authorities are found at peers and peers at authorities, while they are connected", () => {
  const peers = new Peers();
  const validatorOf = new Map([[key("a2"), asValidatorIndex(2)]]);
  peers.connect(peer, [key("a1")]);
  assert.deepEqual(validatorsAt(peers, validatorOf, peer), []);
  peers.setAuthorities(peer, [key("a1"), key("a2")]);
  assert.deepEqual(validatorsAt(peers, validatorOf, peer), [2]);
  assert.deepEqual(peers.of(key("a2")), [peer]);
  peers.disconnect(peer);
  assert.deepEqual(peers.of(key("a2")), []);
  assert.deepEqual(validatorsAt(peers, validatorOf, peer), []);
});
