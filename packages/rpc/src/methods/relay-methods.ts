/** Everything that clients of Polkadot's nodes call, for one node of the relay chain. */
import type { Random } from "@parahost/base";
import type { RelayNode } from "@parahost/node/service/node";
import { combineMethods, type Methods, refuseAll } from "../method.ts";
import { archiveMethods } from "./archive.ts";
import { authorMethods, keyMethods, unsafePoolMethods } from "./author.ts";
import { chainMethods } from "./chain.ts";
import { chainHeadMethods } from "./chain-head/chain-head.ts";
import { babeMethods, grandpaMethods } from "./consensus.ts";
import { devMethods } from "./dev.ts";
import { paymentMethods } from "./payment.ts";
import { childStateMethods, stateMethods, unsafeStateMethods } from "./state.ts";
import { type SpecSource, syncStateMethods } from "./sync-state.ts";
import { type ChainIdentity, systemMethods, unsafeSystemMethods } from "./system.ts";
import { chainSpecMethods, transactionMethods } from "./transaction.ts";
import { transactionWatchMethods } from "./transaction-watch-v1.ts";

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
  const unsafe = combineMethods(
    unsafeStateMethods(node),
    unsafeSystemMethods(node),
    unsafePoolMethods(node),
    keyMethods(node, options.random),
    babeMethods(node),
    devMethods(node),
  );
  return combineMethods(
    chainMethods(node),
    stateMethods(node),
    childStateMethods(node),
    authorMethods(node),
    systemMethods(node, options.identity),
    paymentMethods(node),
    grandpaMethods(node),
    chainHeadMethods(node),
    chainSpecMethods(node, options.identity),
    transactionMethods(node),
    transactionWatchMethods(node),
    ...(options.spec === undefined ? [] : [syncStateMethods(node, options.spec)]),
    archiveMethods(node),
    options.allowUnsafe ? unsafe : refuseAll(unsafe),
  );
}
