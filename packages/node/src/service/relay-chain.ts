/**
 * The relay chain inside a node: blocks and states kept together, and the runtime as the executor of
 * imported blocks.
 */

import { assert, type Clock, err, type Hex, HostError, type Logger, ok } from "@parahost/base";
import { type BlockExecutor, BlockImporter, Chain } from "@parahost/consensus";
import { blake2b256Hex, type SignatureVerifier } from "@parahost/crypto";
import { type Hash, headerHash } from "@parahost/primitives";
import { checkInherents, executeBlock, type Genesis, runtimeApi } from "@parahost/runtime";
import type { KeyValueStore } from "@parahost/storage";
import { EMPTY_ROOT, MemoryNodeStore, NodeCache, Overlay, TrieBackend } from "@parahost/trie";
import type { ChainBackend } from "../chain-api/chain-backend.ts";
import {
  BLOCK_COLUMNS,
  BlockDatabase,
  readCanonical,
  readChain,
  readTree,
  type StateChanges,
} from "./block-database.ts";
import { checkChain } from "./chain-check.ts";
import { ChainStates, STATE_VERSION } from "./chain-states.ts";
import { STATE_COLUMNS, type StateColumn, StateDatabase } from "./state-database.ts";

const TARGET = "db";

/** Finalized blocks whose state is kept for questions about the past. */
export const STATES_BEHIND_FINALITY = 256;

/** Everything that the chain keeps in the node's store. */
export const CHAIN_COLUMNS = [...BLOCK_COLUMNS, ...STATE_COLUMNS] as const;
export type ChainColumn = (typeof CHAIN_COLUMNS)[number];

export interface RelayChain {
  readonly states: ChainStates;
  readonly chain: Chain<Overlay>;
  readonly importer: BlockImporter<Overlay>;
}

export interface RelayChainPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly verifier: SignatureVerifier;
  readonly store: KeyValueStore<ChainColumn>;
}

/**
 * Goes on with the chain that is in the store, or begins it. Throws `HostError` `chainDamaged` when there is one that
 * nothing can stand on.
 */
export function openRelayChain(genesis: Genesis, ports: RelayChainPorts): RelayChain {
  const { clock, verifier, store } = ports;
  const nodes = new StateDatabase(store);
  repair(ports, nodes);
  const states = new ChainStates(verifier, nodes);
  const genesisHash = headerHash(genesis.header);
  const blocks = new BlockDatabase<Overlay, StateColumn>(store, keptStates(states, nodes, store));
  let state = states.toExecuteOn(genesisHash);
  if (blocks.load() === undefined) {
    const root = states.insertWhole(genesisHash, genesis.top);
    assert(root === genesis.header.stateRoot, "the genesis header is of another state");
    state = states.toExecuteOn(genesisHash);
  }
  // Long after genesis its state is gone from the store; what it said is in the specification.
  state ??= genesisState(genesis);
  const chain = new Chain<Overlay>(
    {
      header: genesis.header,
      configuration: runtimeApi.babeConfiguration(state),
      authorities: runtimeApi.grandpaAuthorities(state),
      changes: state,
    },
    blocks,
  );
  const importer = new BlockImporter<Overlay>(chain, {
    clock,
    verifier,
    executor: blockExecutor(states),
  });
  return { states, chain, importer };
}

/** Has damaged blocks dropped, and says so. */
function repair({ store, logger }: RelayChainPorts, nodes: StateDatabase): void {
  const kept = nodes.records();
  const hasState = (block: Hash, root: Hex): boolean => {
    const node = kept.get(block)?.root === root ? nodes.get(root) : undefined;
    return node !== undefined && blake2b256Hex(node) === root;
  };
  const repaired = checkChain(store, hasState);
  if (repaired === undefined) return;
  const { dropped, reindexed } = repaired;
  if (dropped.length > 0)
    logger.log("warn", TARGET, `${dropped.length} damaged blocks were dropped`, { dropped });
  if (reindexed.length > 0)
    logger.log("warn", TARGET, `the index of ${reindexed.length} blocks was made again`);
}

/** The state of block 0, beside any store. */
export function genesisState({ top }: Genesis): Overlay {
  const nodes = new MemoryNodeStore();
  const cache = new NodeCache(nodes);
  const whole = { main: top, children: new Map() };
  const update = new TrieBackend(cache, EMPTY_ROOT).update(whole, STATE_VERSION);
  nodes.apply(update);
  return new Overlay(new TrieBackend(cache, update.root));
}

/** Keeps what blocks did to the state, and lets go of what finality has left behind. */
function keptStates(
  states: ChainStates,
  nodes: StateDatabase,
  store: KeyValueStore<ChainColumn>,
): StateChanges<Overlay, StateColumn> {
  /** Finalized blocks whose state is kept, oldest first. */
  const finalized = [...lastFinalized(store)].reverse();
  states.retain(new Set([...finalized, ...readTree(store).map(([hash]) => hash)]));
  return {
    apply: ({ insert, removed, finality }) => {
      if (insert !== undefined && !states.has(insert.hash))
        states.insert(insert.hash, insert.header.parentHash, insert.changes);
      for (const { hash } of removed ?? []) states.release(hash);
      for (const { hash } of finality?.finalized ?? []) finalized.push(hash);
      while (finalized.length > STATES_BEHIND_FINALITY) {
        const oldest = finalized.shift();
        if (oldest !== undefined) states.release(oldest);
      }
      return nodes.takeChanges();
    },
  };
}

/** The finalized blocks whose states are kept, newest first. */
function* lastFinalized(store: KeyValueStore<ChainColumn>): Iterable<Hash> {
  const head = readChain(store, "finalized");
  const top = readTree(store).find(([hash]) => hash === head)?.[1].number ?? -1;
  for (let number = top; number >= 0 && number > top - STATES_BEHIND_FINALITY; number--) {
    const hash = readCanonical(store, number);
    if (hash !== undefined) yield hash;
  }
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
