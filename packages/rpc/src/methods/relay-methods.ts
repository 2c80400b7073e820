/** Everything that clients of Polkadot's nodes call, for one node of the relay chain. */
import type { Random } from "@parahost/base";
import type { RelayNode } from "@parahost/node/service/node";
import { type ChainView, relayView } from "../chain-view.ts";
import { combineMethods, type Methods, refuseAll } from "../method.ts";
import { archiveMethods } from "./archive.ts";
import { authorMethods, keyMethods, unsafePoolMethods } from "./author.ts";
import { chainMethods } from "./chain.ts";
import { chainHeadMethods } from "./chain-head/chain-head.ts";
import { babeMethods, grandpaMethods } from "./consensus.ts";
import { devMethods } from "./dev.ts";
import { offchainMethods } from "./offchain.ts";
import { paymentMethods } from "./payment.ts";
import { childStateMethods, stateMethods, unsafeStateMethods } from "./state.ts";
import { type SpecSource, syncStateMethods } from "./sync-state.ts";
import {
  type ChainIdentity,
  reservedPeerMethods,
  systemMethods,
  unsafeSystemMethods,
} from "./system.ts";
import { traceMethods } from "./trace-block.ts";
import { chainSpecMethods, transactionMethods } from "./transaction.ts";
import { transactionWatchMethods } from "./transaction-watch-v1.ts";
import { trieMigrationMethods } from "./trie-migration.ts";

export interface RelayMethodsOptions {
  readonly identity: ChainIdentity;
  /** For new keys. */
  readonly random: Random;
  /** Whether methods that only the node's owner may call answer; they refuse otherwise. */
  readonly allowUnsafe: boolean;
  /** For the chain specification that light clients begin from; there is none without it. */
  readonly spec?: SpecSource;
}

export function relayMethods(node: RelayNode, options: RelayMethodsOptions): Methods {
  const view = relayView(node);
  const unsafe = combineMethods(
    unsafeStateMethods(view),
    trieMigrationMethods(view),
    traceMethods(node),
    unsafeSystemMethods(view, () => node.peerStates()),
    reservedPeerMethods(node),
    offchainMethods(node.offchain),
    unsafePoolMethods(node),
    keyMethods(node, options.random),
    babeMethods(node),
    devMethods(node),
  );
  return combineMethods(
    chainViewMethods(view, options.identity),
    childStateMethods(view),
    grandpaMethods(node),
    ...(options.spec === undefined ? [] : [syncStateMethods(node, options.spec)]),
    options.allowUnsafe ? unsafe : refuseAll(unsafe),
  );
}

/** What clients call of any chain: blocks, state, transactions, what they cost, following the head. */
export const chainViewMethods = (view: ChainView, identity: ChainIdentity): Methods =>
  combineMethods(
    chainMethods(view),
    stateMethods(view),
    authorMethods(view),
    systemMethods(view, identity),
    paymentMethods(view),
    chainHeadMethods(view),
    chainSpecMethods(view, identity),
    transactionMethods(view),
    transactionWatchMethods(view),
    archiveMethods(view),
  );
