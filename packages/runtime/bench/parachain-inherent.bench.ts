/**
 * The block of a large network: every validator's bitfield, and for a tenth as many parachains a candidate
 * included and its successor backed with five votes. How the cost grows with the number of validators: with
 * every signature verified, in one thread and in two, and with signatures that gossip has verified before.
 * Verifiers remember what they have verified, as a node's does. The peer does nothing but verify the signatures.
 *
 * The networks are made when they are first asked for, since other comparisons need none of them.
 */
import assert from "node:assert/strict";
import { hexToBytes } from "@parahost/base";
import {
  CachingVerifier,
  DirectVerifier,
  type SignatureItem,
  type SignatureVerifier,
  sr25519Sign,
  verifySignature,
} from "@parahost/crypto";
import { WorkerVerifier } from "@parahost/crypto/worker-verifier";
import {
  asParaId,
  asValidatorIndex,
  bitfieldPayload,
  headerHash,
  type UncheckedSignedAvailabilityBitfield,
} from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
import { EMPTY_ROOT, MemoryNodeStore, NodeCache, Overlay, TrieBackend } from "@parahost/trie";
import * as wasmCrypto from "@polkadot/wasm-crypto";
import type { Bench } from "../../../test/bench.ts";
import { executeBlock } from "../src/executive.ts";
import { bindVerifier } from "../src/framework/index.ts";
import { coreCount } from "../src/parachains/scheduler/scheduler.ts";
import { candidateEvents, sessionIndexForChild, validators } from "../src/runtime-api.ts";
import { backedCandidate } from "../src/testing/candidates.ts";
import { TestChain, validatorPair } from "../src/testing/chain.ts";

await wasmCrypto.waitReady();

/** Votes of one candidate: its whole group. */
const GROUP_SIZE = 5;

const knowing = (verify: (item: SignatureItem) => boolean): SignatureVerifier => ({
  verify,
  verifyAll: (items) => items.map(verify),
  verifyBatch: (items) => Promise.resolve(items.map(verify)),
});

function bitfieldsOf(
  chain: TestChain,
  occupied: number,
): readonly UncheckedSignedAvailabilityBitfield[] {
  const { state, head } = chain;
  const payload = bitsAt(coreCount(state), Array(occupied).keys());
  const context = { sessionIndex: sessionIndexForChild(state), parentHash: headerHash(head) };
  return validators(state).map((key, index) => ({
    payload,
    validatorIndex: asValidatorIndex(index),
    signature: sr25519Sign(validatorPair(key), bitfieldPayload(payload, context)),
  }));
}

interface Scene {
  execute(verifier: SignatureVerifier): boolean;
  readonly claims: readonly SignatureItem[];
  theirs(): boolean;
}

/** A network of `count` validators in groups of five, half of whose cores are parachains'. */
function sceneOf(count: number): Scene {
  const paras = Array.from({ length: count / 10 }, (_, i) => asParaId(2000 + i));
  const chain = new TestChain({
    validators: count,
    epochSlots: 1_000,
    configuration: { parathreadCores: count / GROUP_SIZE - paras.length },
    paras: paras.map((id) => ({
      id,
      head: new Uint8Array(420),
      code: new Uint8Array(64).fill(id),
      kind: "parachain",
    })),
  });
  bindVerifier(
    chain.state,
    knowing(() => true),
  );
  chain.addMany(2);
  const backed = () => paras.map((para) => backedCandidate(chain, para));
  chain.add({ parachains: { backedCandidates: backed() } });
  const block = chain.build({
    parachains: {
      bitfields: bitfieldsOf(chain, paras.length),
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
  const executed = (verifier: SignatureVerifier) => {
    const state = new Overlay(new TrieBackend(cache, update.root));
    bindVerifier(state, verifier);
    return { isValid: executeBlock(state, block).ok, state };
  };

  const claims: SignatureItem[] = [];
  const recorded = executed(
    knowing((item) => {
      claims.push(item);
      return verifySignature(item);
    }),
  );
  assert.ok(recorded.isValid, "the block is valid");
  assert.equal(claims.length, count + paras.length * GROUP_SIZE, "bitfields and votes are checked");
  const kinds = candidateEvents(recorded.state).map(({ type }) => type);
  for (const kind of ["included", "backed"])
    assert.equal(kinds.filter((type) => type === kind).length, paras.length, kind);

  const theirClaims = claims.map(({ publicKey, message, signature }) => ({
    publicKey: hexToBytes(publicKey),
    message,
    signature,
  }));
  return {
    execute: (verifier) => executed(verifier).isValid,
    claims,
    theirs: () =>
      theirClaims.every(({ publicKey, message, signature }) =>
        wasmCrypto.sr25519Verify(signature, message, publicKey),
      ),
  };
}

const scenes = new Map<number, Scene>();

function sceneFor(count: number): Scene {
  const scene = scenes.get(count) ?? sceneOf(count);
  scenes.set(count, scene);
  return scene;
}

const direct = new DirectVerifier();
/** Its thread begins with the first large batch. */
const threads = new WorkerVerifier();
const remembering = new CachingVerifier(direct);

export const benches: Bench[] = [100, 300, 1_000].flatMap((count): Bench[] => {
  const size = `${count} bitfields, ${count / 10} candidates`;
  const peer = "@polkadot/wasm-crypto 7.5.4, the signatures alone";
  const theirs = () => assert.ok(sceneFor(count).theirs());
  const comparison = (kind: string, verifier: () => SignatureVerifier): Bench => {
    const ours = () => assert.ok(sceneFor(count).execute(verifier()));
    const check = () => {
      ours();
      theirs();
    };
    return { name: `a block of ${size}${kind}`, peer, ours, theirs, check };
  };
  return [
    comparison("", () => new CachingVerifier(direct)),
    comparison(", two threads", () => new CachingVerifier(threads)),
    comparison(", signatures known", () => remembering),
  ];
});
