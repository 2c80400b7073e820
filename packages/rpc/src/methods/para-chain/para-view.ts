/**
 * A declared parachain as clients see it: blocks and states of its collator, pool and all. What is best and final the
 * relay chain says. Its header's hash is the hash of the head that the relay chain keeps.
 */
import { assert, err, expectOk, LruMap, ok } from "@parahost/base";
import {
  type ChainRuntime,
  GuestBlock,
  type GuestStateMachine,
  type ParaChainEvent,
  type ParaNode,
  readSigned,
  type SubmitError,
  type TransactionEvent,
} from "@parahost/collator";
import { SS58_PREFIX } from "@parahost/kit/metadata/describe-chain";
import type { TokenSchema } from "@parahost/kit/schema";
import type { RelayNode } from "@parahost/node/service/node";
import {
  asHash,
  type Hash,
  Header,
  type OpaqueExtrinsic,
  transactionHash,
} from "@parahost/primitives";
import { nonceTag, type TransactionValidityError } from "@parahost/runtime";
import { decode } from "@parahost/scale";
import { TrieBackend } from "@parahost/trie";
import type { ChainView, ViewEvent, ViewPoolEvent, ViewSubmitError } from "../../chain-view.ts";

/** Bodies that were taken out of their blocks. */
const BODIES_MAX = 64;

export interface ParaViewOptions {
  readonly para: ParaNode;
  /** The one that the para's node runs. */
  readonly machine: GuestStateMachine;
  /** What its balances are counted in. */
  readonly token: Pick<TokenSchema, "symbol" | "decimals">;
  /** The relay chain node beside it. */
  readonly node: Pick<RelayNode, "peers" | "isSyncing" | "localPeer">;
}

export function paraView({ para, machine, token, node }: ParaViewOptions): ChainView {
  const { chain } = para;
  const bodies = new LruMap<Hash, readonly OpaqueExtrinsic[]>(BODIES_MAX);
  const backend = (hash: Hash) => {
    const block = chain.block(hash);
    const found = block && machine.backend(block.head);
    return found?.ok === true ? found.value : undefined;
  };
  const body = (hash: Hash): readonly OpaqueExtrinsic[] | undefined => {
    const known = bodies.get(hash);
    if (known !== undefined) return known;
    const block = chain.block(hash);
    if (block === undefined) return undefined;
    // The first block has none.
    if (block.parent === undefined) return [];
    if (block.blockData === undefined) return undefined;
    const { extrinsics } = decode(GuestBlock, block.blockData);
    bodies.set(hash, extrinsics);
    return extrinsics;
  };
  const runtimeAt = (hash: Hash): ChainRuntime | undefined => {
    const block = chain.block(hash);
    return block && machine.runtimeAt(block.head);
  };
  return {
    chain: {
      genesisHash: chain.genesisHash,
      best: () => chain.best(),
      finalized: () => chain.finalized(),
      header: (hash) => {
        const block = chain.block(hash);
        return block && decode(Header, block.head);
      },
      body,
      justification: () => undefined,
      hashByNumber: (number) => chain.hashByNumber(number),
      subscribe: (listener) =>
        chain.subscribe((event: ParaChainEvent) => listener(event satisfies ViewEvent)),
      tree: {
        children: (hash) => chain.children(hash),
        atNumber: (number) => chain.atNumber(number),
      },
    },
    states: {
      has: (hash) => chain.hasState(hash),
      pin: (hash) => chain.pin(hash),
      reader: (hash) => {
        const found = backend(hash);
        return found && new TrieBackend(found.cache, found.root);
      },
      backend: (hash) => {
        const found = backend(hash);
        assert(found !== undefined, `the state of ${hash} is not kept`);
        return found;
      },
    },
    runtime: {
      version: (hash) => runtimeAt(hash)?.version,
      metadata: (hash, version) => runtimeAt(hash)?.metadata(version),
      call: (hash, name, args) => {
        const head = chain.block(hash)?.head;
        if (head === undefined) return undefined;
        return runtimeAt(hash)?.call(
          {
            nonce: (account) => expectOk(machine.account(head, account), "kept").nonce,
            validate: (transaction) => machine.validate(head, transaction),
            info: (transaction) => machine.info(head, transaction),
          },
          name,
          args,
        );
      },
    },
    pool: {
      ready: () =>
        para.pending().map(({ bytes: extrinsic }) => ({
          extrinsic,
          validity: { provides: provides(extrinsic) },
        })),
      has: (hash) => {
        const type = para.transactionStatus(hash)?.type;
        return type === "ready" || type === "future" || type === "inBlock";
      },
      watch: (listener) =>
        para.watchTransactions((event) => {
          const told = poolEvent(event);
          if (told !== undefined) listener(told);
        }),
    },
    properties: {
      ss58Format: SS58_PREFIX,
      tokenDecimals: token.decimals,
      tokenSymbol: token.symbol,
    },
    submit: (extrinsic) => {
      const taken = para.submit(extrinsic);
      return taken.ok
        ? ok(asHash(taken.value))
        : err(submitError(transactionHash(extrinsic), taken.error));
    },
    peers: () => node.peers(),
    highestSeen: () => para.head("best").number ?? chain.best().number,
    get isSyncing() {
      return node.isSyncing || !para.head("best").isKnown;
    },
    role: "authority",
    localPeer: node.localPeer,
  };
}

function provides(extrinsic: OpaqueExtrinsic): readonly Uint8Array[] {
  const signed = readSigned(extrinsic);
  return signed?.signer.type === "id" ? [nonceTag(signed.signer.value, signed.extra.nonce)] : [];
}

/** What becomes of a transaction in blocks the chain tells. */
function poolEvent({ hash: id, status }: TransactionEvent): ViewPoolEvent | undefined {
  const hash = asHash(id);
  switch (status.type) {
    case "ready":
    case "future":
      return { type: status.type, hash };
    case "dropped":
      switch (status.reason.code) {
        case "nonceTaken":
          return { type: "usurped", hash, by: asHash(status.reason.by) };
        case "expired":
        case "crowdedOut":
          return { type: "dropped", hash };
        default:
          return { type: "invalid", hash };
      }
    default:
      return undefined;
  }
}

const invalid = (type: "badProof" | "call" | "stale" | "future" | "exhaustsResources") =>
  ({ code: "invalid", reason: { type: "invalid", value: { type } } }) as const;

/** In the words of Polkadot's pools. */
function submitError(hash: Hash, error: SubmitError): ViewSubmitError {
  switch (error.code) {
    case "undecodable":
      return { code: "badFormat", message: error.message };
    case "badSignature":
      return invalid("badProof");
    case "zeroAmount":
      return invalid("call");
    case "refused":
      return { code: "invalid", reason: validity(error.validity) };
    case "tooLarge":
      return invalid("exhaustsResources");
    case "staleNonce":
    case "alreadyInBlock":
      return invalid("stale");
    case "nonceTooFar":
      return invalid("future");
    case "nonceTaken":
      // No transaction displaces another.
      return { code: "tooLowPriority", needed: 1n, offered: 0n };
    case "tooManyOfSender":
    case "poolFull":
      return { code: "poolFull" };
    case "temporarilyBanned":
      return { code: "temporarilyBanned", hash };
    case "alreadyInPool":
      return { code: "alreadyImported", hash };
  }
}

function validity(
  refused: Extract<SubmitError, { readonly code: "refused" }>["validity"],
): TransactionValidityError {
  if (refused === "cannotLookup") return { type: "unknown", value: { type: "cannotLookup" } };
  if (refused === "custom") return { type: "invalid", value: { type: "custom", value: 0 } };
  return { type: "invalid", value: { type: refused } };
}
