/**
 * The relay chain inside a node: blocks and states kept together, and the runtime as the executor of
 * imported blocks.
 */

import type { Clock } from "@parahost/base";
import { assert, err, HostError, ok } from "@parahost/base";
import {
  type BlockExecutor,
  BlockImporter,
  Chain,
  MemoryBlockStore,
  type StoreBatch,
} from "@parahost/consensus";
import type { SignatureVerifier } from "@parahost/crypto";
import { type Hash, headerHash } from "@parahost/primitives";
import { checkInherents, executeBlock, type Genesis, runtimeApi } from "@parahost/runtime";
import type { Overlay } from "@parahost/trie";
import type { ChainBackend } from "../chain-api/chain-backend.ts";
import { ChainStates } from "./chain-states.ts";

/** Finalized blocks whose state is kept for questions about the past. */
export const STATES_BEHIND_FINALITY = 256;

export interface RelayChain {
  readonly states: ChainStates;
  readonly chain: Chain<Overlay>;
  readonly importer: BlockImporter<Overlay>;
}

export function openRelayChain(
  genesis: Genesis,
  clock: Clock,
  verifier: SignatureVerifier,
): RelayChain {
  const states = new ChainStates(verifier);
  const genesisHash = headerHash(genesis.header);
  const root = states.insertWhole(genesisHash, genesis.top);
  assert(root === genesis.header.stateRoot, "the genesis header is of another state");
  const state = states.toExecuteOn(genesisHash);
  assert(state !== undefined, "the genesis state was just inserted");
  const store = new MemoryBlockStore<Overlay>(keepStates(states));
  const chain = new Chain<Overlay>(
    {
      header: genesis.header,
      configuration: runtimeApi.babeConfiguration(state),
      authorities: runtimeApi.grandpaAuthorities(state),
      changes: state,
    },
    store,
  );
  const importer = new BlockImporter<Overlay>(chain, {
    clock,
    verifier,
    executor: blockExecutor(states),
  });
  return { states, chain, importer };
}

/** Keeps what blocks did to the state, and lets go of what finality has left behind. */
function keepStates(states: ChainStates): (batch: StoreBatch<Overlay>) => void {
  /** Finalized blocks whose state is kept, oldest first. */
  const finalized: Hash[] = [];
  return ({ insert, removed, finality }) => {
    if (insert !== undefined && !states.has(insert.hash))
      states.insert(insert.hash, insert.header.parentHash, insert.changes);
    for (const { hash } of removed ?? []) states.release(hash);
    for (const { hash } of finality?.finalized ?? []) finalized.push(hash);
    while (finalized.length > STATES_BEHIND_FINALITY) {
      const oldest = finalized.shift();
      if (oldest !== undefined) states.release(oldest);
    }
  };
}

function blockExecutor(states: ChainStates): BlockExecutor<Overlay> {
  return {
    executeBlock: (parent, block) => {
      const state = states.toExecuteOn(headerHash(parent));
      if (state === undefined)
        throw new HostError("stateMissing", { message: `of block ${parent.number}` });
      const executed = executeBlock(state, block);
      return executed.ok ? ok({ header: executed.value, changes: state }) : err(executed.error);
    },
    checkInherents: (_, block, nowMs) => checkInherents(block.extrinsics, nowMs),
  };
}

/** The chain as the chain-api subsystem asks about it. */
export function chainBackend(chain: Chain<Overlay>): ChainBackend {
  return {
    header: (hash) => chain.header(hash),
    weight: (hash) => chain.tree.get(hash)?.weight,
    finalizedHash: (number) =>
      number <= chain.finalized().number ? chain.hashByNumber(number) : undefined,
    finalizedNumber: () => chain.finalized().number,
  };
}
