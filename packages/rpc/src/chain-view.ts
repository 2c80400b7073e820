/**
 * A chain as the methods for clients see it: its blocks and states, what its runtime answers, and where transactions go.
 * The relay chain of a node is one (`relayView`), a parachain whose collator runs here another.
 */
import type { Hex, Result } from "@parahost/base";
import type { RelayNode } from "@parahost/node/service/node";
import type { BlockNumber, Hash, Header, OpaqueExtrinsic } from "@parahost/primitives";
import {
  CHAIN_PROPERTIES,
  callRuntimeApi,
  decodeExtrinsic,
  encodedMetadata,
  type RuntimeCallError,
  type RuntimeVersion,
  runtimeApi,
  type TransactionValidityError,
} from "@parahost/runtime";
import type { NodeCache, TrieBackend } from "@parahost/trie";

export interface ViewBlock {
  readonly hash: Hash;
  readonly number: BlockNumber;
}

/** What happens to a chain; those named last concern no client. */
export type ViewEvent =
  | { readonly type: "imported"; readonly block: ViewBlock }
  /** Another head. `enacted` is from low to high, `retracted` from high to low. */
  | {
      readonly type: "newBest";
      readonly head: ViewBlock;
      readonly enacted: readonly ViewBlock[];
      readonly retracted: readonly ViewBlock[];
    }
  /** The same, told first and only when blocks were retracted. */
  | { readonly type: "reorg"; readonly retracted: readonly ViewBlock[] }
  | {
      readonly type: "finalized";
      /** Newly final, lowest first. */
      readonly finalized: readonly ViewBlock[];
      readonly pruned: readonly ViewBlock[];
    }
  | { readonly type: "evicted"; readonly blocks: readonly ViewBlock[] }
  | { readonly type: "authoritySetChanged" | "reverted" | "equivocation" };

/** What becomes of a transaction while it waits; where it is included the chain itself says. */
export type ViewPoolEvent =
  | {
      readonly type: "ready" | "future" | "inBlock" | "retracted" | "dropped" | "invalid";
      readonly hash: Hash;
    }
  | { readonly type: "usurped"; readonly hash: Hash; readonly by: Hash };

/** Why a transaction is not taken. */
export type ViewSubmitError =
  | { readonly code: "badFormat"; readonly message: string | undefined }
  | { readonly code: "invalid"; readonly reason: TransactionValidityError }
  | { readonly code: "alreadyImported"; readonly hash: Hash }
  | { readonly code: "tooLowPriority"; readonly needed: bigint; readonly offered: bigint }
  | { readonly code: "temporarilyBanned"; readonly hash: Hash }
  | { readonly code: "poolFull" };

/** Blocks that are kept. */
export interface ViewChain {
  readonly genesisHash: Hash;
  best(): ViewBlock;
  finalized(): ViewBlock;
  header(block: Hash): Header | undefined;
  body(block: Hash): readonly OpaqueExtrinsic[] | undefined;
  /** `undefined` where finality is another chain's matter. */
  justification(block: Hash): Uint8Array | undefined;
  /** On the best chain. */
  hashByNumber(number: number): Hash | undefined;
  subscribe(listener: (event: ViewEvent) => void): () => void;
  /** Of blocks that are not final. */
  readonly tree: {
    children(block: Hash): readonly ViewBlock[];
    atNumber(number: number): readonly ViewBlock[];
  };
}

/** States that are kept. */
export interface ViewStates {
  has(block: Hash): boolean;
  /** Keeps a state that is there; the answer ends that. `undefined` when it is gone. */
  pin(block: Hash): (() => void) | undefined;
  /** Reads that remember nothing; `undefined` when the state is gone. */
  reader(block: Hash): TrieBackend | undefined;
  /** The trie of a state that is kept, for proofs. */
  backend(block: Hash): { readonly cache: NodeCache; readonly root: Hex };
}

/** The runtime of a block whose state is kept; `undefined` when it is not. */
export interface ViewRuntime {
  version(block: Hash): RuntimeVersion | undefined;
  metadata(block: Hash, version: number): Uint8Array | undefined;
  call(
    block: Hash,
    name: string,
    args: Uint8Array,
  ): Result<Uint8Array, RuntimeCallError> | undefined;
}

export interface ViewPool {
  /** What may be included, in order. */
  ready(): readonly {
    readonly extrinsic: OpaqueExtrinsic;
    readonly validity: { readonly provides: readonly Uint8Array[] };
  }[];
  has(transaction: Hash): boolean;
  watch(listener: (event: ViewPoolEvent) => void): () => void;
}

/** Of the native token and of addresses, in the words of clients. */
export interface ChainProperties {
  readonly [key: string]: string | number;
}

export interface ChainView {
  readonly chain: ViewChain;
  readonly states: ViewStates;
  readonly runtime: ViewRuntime;
  readonly pool: ViewPool;
  readonly properties: ChainProperties;
  /** Takes a transaction into the pool and passes it on. */
  submit(extrinsic: OpaqueExtrinsic): Result<Hash, ViewSubmitError>;
  peers(): readonly string[];
  /** Highest block that anybody has told of. */
  highestSeen(): BlockNumber;
  readonly isSyncing: boolean;
  readonly role: "authority" | "full";
  readonly localPeer: string;
}

/** The relay chain of a node. */
export function relayView(node: RelayNode): ChainView {
  const { chain, states, pool } = node;
  return {
    chain,
    states,
    pool,
    properties: CHAIN_PROPERTIES,
    runtime: {
      version: (block) => {
        const state = states.reader(block);
        return state && runtimeApi.version({ get: (key) => state.value(key)?.bytes });
      },
      metadata: (block, version) => {
        const state = states.toExecuteOn(block);
        return state && encodedMetadata(state, version);
      },
      call: (block, name, args) => {
        const state = states.toExecuteOn(block);
        return state && callRuntimeApi(state, block, name, args);
      },
    },
    submit: (extrinsic) => {
      const decoded = decodeExtrinsic(extrinsic);
      if (decoded.ok) return node.submit(extrinsic);
      const { error } = decoded;
      const message = error.code === "undecodableExtrinsic" ? error.failure.message : undefined;
      return { ok: false, error: { code: "badFormat", message } };
    },
    peers: () => node.peers(),
    highestSeen: () => node.highestSeen(),
    get isSyncing() {
      return node.isSyncing;
    },
    role: node.role,
    localPeer: node.localPeer,
  };
}
