/**
 * One block's way through the runtime: a block with the bitfields of 200 validators that includes the
 * candidates of 40 parachains and backs their successors, five votes each. The peer does nothing but
 * verify as many signatures.
 */
import assert from "node:assert/strict";
import { hexToBytes } from "@parahost/base";
import { DirectVerifier, type SignatureItem, type SignatureVerifier } from "@parahost/crypto";
import { asParaId } from "@parahost/primitives";
import { EMPTY_ROOT, MemoryNodeStore, NodeCache, Overlay, TrieBackend } from "@parahost/trie";
import * as wasmCrypto from "@polkadot/wasm-crypto";
import type { Bench } from "../../../test/bench.ts";
import { executeBlock } from "../src/executive.ts";
import { bindVerifier } from "../src/framework/index.ts";
import { backedCandidate, bitfieldsFor } from "../src/testing/candidates.ts";
import { TestChain } from "../src/testing/chain.ts";

await wasmCrypto.waitReady();

const VALIDATORS = 200;
const paras = Array.from({ length: 40 }, (_, i) => asParaId(2000 + i));

const chain = new TestChain({
  validators: VALIDATORS,
  epochSlots: 1_000,
  paras: paras.map((id) => ({
    id,
    head: new Uint8Array(420),
    code: new Uint8Array(64),
    kind: "parachain",
  })),
});
chain.addMany(2);
const backed = () => paras.map((para) => backedCandidate(chain, para));
chain.add({ parachains: { backedCandidates: backed() } });
const block = chain.build({
  parachains: {
    bitfields: bitfieldsFor(chain, [...paras.keys()]),
    backedCandidates: backed(),
  },
});

/** The parent's state as a node has it: nodes of a trie, the most used of them decoded. */
const store = new MemoryNodeStore();
const cache = new NodeCache(store);
const parent = new Overlay(new TrieBackend(cache, EMPTY_ROOT));
for (const key of chain.state.keysWithPrefix("0x"))
  parent.set(key, chain.state.get(key) as Uint8Array);
const update = parent.commitment(1);
store.apply(update);

function execute(verifier: SignatureVerifier): boolean {
  const state = new Overlay(new TrieBackend(cache, update.root));
  bindVerifier(state, verifier);
  return executeBlock(state, block).ok;
}

/** Every claim that the block makes the runtime check. */
const claims: SignatureItem[] = [];
const direct = new DirectVerifier();
const recording: SignatureVerifier = {
  verify: (item) => recording.verifyAll([item])[0] === true,
  verifyAll: (items) => {
    claims.push(...items);
    return direct.verifyAll(items);
  },
  verifyBatch: (items) => Promise.resolve(recording.verifyAll(items)),
};
assert.ok(execute(recording), "the block is valid");

/** A node that has seen every signature before, by gossip. */
const remembering: SignatureVerifier = {
  verify: () => true,
  verifyAll: (items) => items.map(() => true),
  verifyBatch: (items) => Promise.resolve(items.map(() => true)),
};
const theirClaims = claims.map(({ publicKey, message, signature }) => ({
  publicKey: hexToBytes(publicKey),
  message,
  signature,
}));
const theirs = (): boolean =>
  theirClaims.every(({ publicKey, message, signature }) =>
    wasmCrypto.sr25519Verify(signature, message, publicKey),
  );

const signatures = `${claims.length} signatures`;

export const benches: Bench[] = [
  {
    name: `one block through the runtime, ${signatures}`,
    peer: "@polkadot/wasm-crypto 7.5.4, the signatures alone",
    ours: () => execute(direct),
    theirs,
    check: () => assert.ok(execute(direct) && theirs()),
  },
  {
    name: `the same block, signatures known, all else done`,
    peer: "@polkadot/wasm-crypto 7.5.4, the signatures alone",
    ours: () => execute(remembering),
    theirs,
    check: () => assert.ok(execute(remembering) && theirs()),
  },
];
