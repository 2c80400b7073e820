/**
 * `transaction_v1_` and `chainSpec_v1_`: passing transactions on until told to stop, and which chain this is.
 *
 * Reference: json-rpc-and-metadata.md 6.2, 6.3.
 */
import { equalBytes } from "@parahost/base";
import { type Hash, OpaqueExtrinsic, transactionHash } from "@parahost/primitives";
import { tryDecode } from "@parahost/scale";
import type { ChainView } from "../chain-view.ts";
import { ErrorCode, RpcError } from "../json-rpc.ts";
import type { Methods, Session } from "../method.ts";
import { param, text } from "../params.ts";
import { callArguments } from "./relay.ts";
import type { ChainIdentity } from "./system.ts";

/** Transactions that one connection has passed on at one time. */
const BROADCASTS_MAX = 16;

export function transactionMethods(node: ChainView): Methods {
  /** What ends each broadcast of a connection, by its id. */
  const broadcasts = new WeakMap<Session, Map<string, () => void>>();
  let nextId = 1;

  const ofSession = (session: Session): Map<string, () => void> => {
    const known = broadcasts.get(session);
    if (known !== undefined) return known;
    const own = new Map<string, () => void>();
    broadcasts.set(session, own);
    session.onEnd(() => {
      for (const stop of own.values()) stop();
    });
    return own;
  };

  return {
    methods: {
      transaction_v1_broadcast: (params, session) => {
        const bytes = param(params, 0, "transaction", callArguments);
        if (!session.isLasting)
          throw new RpcError(ErrorCode.refused, "a broadcast needs a WebSocket connection");
        const own = ofSession(session);
        if (own.size >= BROADCASTS_MAX) return null;
        const id = String(nextId++);
        const extrinsic = tryDecode(OpaqueExtrinsic, bytes);
        // Bytes that are no transaction get an id as well: that is for the client to find out.
        own.set(id, extrinsic.ok ? broadcast(node, extrinsic.value) : () => undefined);
        return id;
      },
      transaction_v1_stop: (params, session) => {
        const id = param(params, 0, "operationId", text);
        const own = broadcasts.get(session);
        const stop = own?.get(id);
        if (stop === undefined)
          throw new RpcError(ErrorCode.invalidParams, `no broadcast is called ${id}`);
        stop();
        own?.delete(id);
        return null;
      },
    },
    subscriptions: {},
  };
}

/** Offers the transaction to the pool with every new best block, while it is neither there nor included. */
function broadcast(node: ChainView, extrinsic: OpaqueExtrinsic): () => void {
  const { chain, pool } = node;
  const hash = transactionHash(extrinsic);
  let includedIn: Hash | undefined;
  const has = (block: Hash): boolean =>
    (chain.body(block) ?? []).some((included) => equalBytes(included, extrinsic));
  node.submit(extrinsic);
  return chain.subscribe((event) => {
    if (event.type !== "newBest") return;
    if (event.retracted.some((block) => block.hash === includedIn)) includedIn = undefined;
    includedIn ??= event.enacted.find((block) => has(block.hash))?.hash;
    if (includedIn === undefined && !pool.has(hash)) node.submit(extrinsic);
  });
}

export function chainSpecMethods(node: ChainView, { name }: ChainIdentity): Methods {
  return {
    methods: {
      chainSpec_v1_chainName: () => name,
      chainSpec_v1_genesisHash: () => node.chain.genesisHash,
      chainSpec_v1_properties: () => ({ ...node.properties }),
    },
    subscriptions: {},
  };
}
