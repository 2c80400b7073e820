/**
 * `dev_`: what a block costs whoever checks it without the state. The block is executed again upon its
 * parent's state, and what is read there is counted.
 *
 * Reference: json-rpc-and-metadata.md 5.
 */
import { expectOk } from "@parahost/base";
import type { RelayNode } from "@parahost/node/service/node";
import { asHash, Block, stripSeal } from "@parahost/primitives";
import { executeBlock } from "@parahost/runtime";
import { bytes, encode, vec } from "@parahost/scale";
import { encodeCompactProof, Overlay, ProofRecorder, TrieBackend } from "@parahost/trie";
import type { Methods } from "../method.ts";
import { hash, param } from "../params.ts";
import { stateAt } from "./relay.ts";

const Witness = vec(bytes());

/** For the node's owner: executing a block takes as long as importing it. */
export function devMethods(node: RelayNode): Methods {
  const { chain, states } = node;
  return {
    methods: {
      dev_getBlockStats: (params) => {
        const block = asHash(param(params, 0, "block", hash));
        const [sealed, extrinsics] = [chain.header(block), chain.body(block)];
        if (sealed === undefined || extrinsics === undefined) return null;
        // Genesis alone has no seal, and was not executed.
        const stripped = stripSeal(sealed);
        if (stripped === undefined) return null;
        const { header } = stripped;
        stateAt(node, sealed.parentHash);
        const { cache, root } = states.backend(sealed.parentHash);
        const recorder = new ProofRecorder();
        const state = new Overlay(new TrieBackend(cache, root, recorder));
        expectOk(executeBlock(state, { header, extrinsics }), "the block was imported");
        const witness = recorder.proof();
        return {
          witnessLen: encode(Witness, witness).length,
          witnessCompactLen: encode(Witness, encodeCompactProof(root, witness)).length,
          blockLen: encode(Block, { header: sealed, extrinsics }).length,
          numExtrinsics: extrinsics.length,
        };
      },
    },
    subscriptions: {},
  };
}
