import assert from "node:assert/strict";
import { test } from "node:test";
import { asSessionIndex } from "@parahost/primitives";
import { developmentKeys } from "../genesis/development.ts";
import { TestChain } from "../testing/chain.ts";
import { intoEra, stakingChain, stashOf } from "../testing/staking.ts";
import {
  checkKeyOwnership,
  noteSession,
  proveKeyOwnership,
  pruneUpTo,
  SESSIONS_KEPT,
  storage,
} from "./historical.ts";
import { typedKeys } from "./session/keys.ts";

const bob = developmentKeys("//Bob");

test("every key of a validator is proven to be its account's", () => {
  const { state } = stakingChain();
  for (const [type, key] of typedKeys(bob)) {
    const proof = proveKeyOwnership(state, type, key);
    assert.ok(proof !== undefined);
    assert.equal(proof.session, 0);
    assert.equal(proof.validatorCount, 4);
    assert.equal(checkKeyOwnership(state, type, key, proof), stashOf(1));
  }
});

test("a proof holds in later sessions", () => {
  const chain = stakingChain();
  const proof = proveKeyOwnership(chain.state, "babe", bob.babe);
  assert.ok(proof !== undefined);
  chain.addMany(3);
  assert.equal(checkKeyOwnership(chain.state, "babe", bob.babe, proof), stashOf(1));
  const later = proveKeyOwnership(chain.state, "babe", bob.babe);
  assert.equal(later?.session, 3);
});

test("a key that no validator has cannot be proven", () => {
  const { state } = stakingChain();
  assert.equal(proveKeyOwnership(state, "babe", developmentKeys("//Nobody").babe), undefined);
  assert.equal(proveKeyOwnership(state, "gran", bob.babe), undefined);
});

test("a proof shows nothing but what it was made for", () => {
  const { state } = stakingChain();
  const proof = proveKeyOwnership(state, "babe", bob.babe);
  assert.ok(proof !== undefined);
  const check = (change: object, key = bob.babe) =>
    checkKeyOwnership(state, "babe", key, { ...proof, ...change });
  assert.equal(check({}, developmentKeys("//Alice").babe), undefined);
  assert.equal(check({ session: 7 }), undefined);
  assert.equal(check({ validatorCount: 3 }), undefined);
  assert.equal(check({ trieNodes: [] }), undefined);
  assert.equal(check({ trieNodes: proof.trieNodes.slice(0, -1) }), undefined);
  assert.equal(check({ trieNodes: [...proof.trieNodes, new Uint8Array(40)] }), undefined);
  const bent = proof.trieNodes.map((node) => node.with(0, (node[0] ?? 0) ^ 1));
  assert.equal(check({ trieNodes: bent }), undefined);
});

test("another list of validators has another root", () => {
  const chain = stakingChain();
  const { state, config } = chain;
  const root = (session: number) =>
    storage.historicalSessions.get(state, asSessionIndex(session))?.[0];
  noteSession(state, asSessionIndex(8), config.validators);
  noteSession(state, asSessionIndex(9), [...config.validators].reverse());
  assert.equal(root(8), root(0));
  assert.notEqual(root(9), root(0));
});

test("sessions are forgotten when their stake is free", () => {
  const chain = stakingChain({ bondingDuration: 1 });
  const { state } = chain;
  intoEra(chain, 3);
  assert.deepEqual(storage.storedRange.get(state), [4, 8]);
  assert.equal(storage.historicalSessions.has(state, asSessionIndex(3)), false);
  assert.ok(storage.historicalSessions.has(state, asSessionIndex(4)));
  pruneUpTo(state, asSessionIndex(2));
  assert.deepEqual(storage.storedRange.get(state), [4, 8], "what is gone stays gone");
});

test("without staking so many sessions are remembered", () => {
  const chain = new TestChain({ epochSlots: 1, staking: false });
  chain.addMany(2);
  const { state } = chain;
  assert.deepEqual(storage.storedRange.get(state), [0, 3]);
  pruneUpTo(state, asSessionIndex(1));
  assert.deepEqual(storage.storedRange.get(state), [1, 3]);
  assert.ok(SESSIONS_KEPT > 100);
});
