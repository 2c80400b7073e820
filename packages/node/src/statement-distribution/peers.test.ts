import assert from "node:assert/strict";
import test from "node:test";
import { peerId } from "@parahost/network";
import { asAuthorityDiscoveryId, asHash, asValidatorIndex } from "@parahost/primitives";
import { Peers, validatorsAt } from "./peers.ts";

const peer = peerId("peer");
const key = (byte: string) => asAuthorityDiscoveryId(`0x${byte.repeat(32)}`);
const leaf = asHash(`0x${"1e".repeat(32)}`);
const older = asHash(`0x${"1d".repeat(32)}`);

test("a peer has the heads of its last view, and has spoken of what it spoke of", () => {
  const peers = new Peers();
  peers.setView(peer, [leaf]);
  assert.deepEqual([...peers.headsOf(peer)], [], "it is not connected");
  peers.connect(peer, [key("a1")]);
  peers.setView(peer, [older, leaf]);
  assert.deepEqual([...peers.headsOf(peer)], [older, leaf]);
  peers.setView(peer, []);
  assert.deepEqual([...peers.headsOf(peer)], []);
  assert.ok(!peers.hasSpokenOf(peer, leaf));
  peers.noteSpokeOf(peer, leaf);
  assert.ok(peers.hasSpokenOf(peer, leaf));
  peers.forgetRelayParent(leaf);
  assert.ok(!peers.hasSpokenOf(peer, leaf));
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
