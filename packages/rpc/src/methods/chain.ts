/** `chain_`: blocks, and hearing of new ones. Reference: json-rpc-and-metadata.md 5.1. */

import { asciiBytes } from "@parahost/base";
import { GRANDPA_ENGINE_ID, type Hash } from "@parahost/primitives";
import type { ChainView, ViewEvent } from "../chain-view.ts";
import type { Json } from "../json-rpc.ts";
import type { Methods, Subscription } from "../method.ts";
import { height, list, param } from "../params.ts";
import { blockParam, bodyJson, headerJson } from "./relay.ts";

/** Heights in one question. */
const HEIGHTS_MAX = 1000;

/** Which blocks an event brings to a subscriber, in order. */
type Pick = (event: ViewEvent) => readonly Hash[];

const hashesOf = (blocks: readonly { readonly hash: Hash }[]): Hash[] =>
  blocks.map((block) => block.hash);

const allBlocks: Pick = (event) => (event.type === "imported" ? [event.block.hash] : []);
/** After a re-organisation the whole new branch, so that no height is left out. */
const bestBlocks: Pick = (event) => (event.type === "newBest" ? hashesOf(event.enacted) : []);
const finalBlocks: Pick = (event) => (event.type === "finalized" ? hashesOf(event.finalized) : []);

export function chainMethods(node: ChainView): Methods {
  const { chain } = node;
  const header = (block: Hash): Json => {
    const found = chain.header(block);
    return found === undefined ? null : headerJson(found);
  };
  const hashAt = (number: number): Json => chain.hashByNumber(number) ?? null;

  /** Tells the present head first. */
  const heads = (
    notification: string,
    unsubscribe: string,
    now: () => Hash,
    pick: Pick,
  ): Subscription => ({
    notification,
    unsubscribe,
    start: (_, send) => {
      send(header(now()));
      return chain.subscribe((event) => {
        for (const block of pick(event)) {
          const found = header(block);
          // A fork that was given up in the moment of its import is not there.
          if (found !== null) send(found);
        }
      });
    },
  });
  const best = () => chain.best().hash;
  const finalized = () => chain.finalized().hash;
  const finalizedHeads = (unsubscribe: string) =>
    heads("chain_finalizedHead", unsubscribe, finalized, finalBlocks);
  const newHeads = (unsubscribe: string) => heads("chain_newHead", unsubscribe, best, bestBlocks);

  const blockHash = (params: readonly Json[]): Json => {
    const [which] = params;
    if (which === undefined || which === null) return best();
    if (Array.isArray(which))
      return param(params, 0, "numbers", list(height, HEIGHTS_MAX)).map(hashAt);
    return hashAt(param(params, 0, "number", height));
  };

  return {
    methods: {
      chain_getBlockHash: blockHash,
      chain_getHead: blockHash,
      chain_getFinalizedHead: finalized,
      chain_getFinalisedHead: finalized,
      chain_getHeader: (params) => header(blockParam(node, params, 0)),
      chain_getBlock: (params) => {
        const block = blockParam(node, params, 0);
        const [found, body] = [chain.header(block), chain.body(block)];
        if (found === undefined || body === undefined) return null;
        const justification = chain.justification(block);
        return {
          block: { header: headerJson(found), extrinsics: bodyJson(body) },
          justifications:
            justification === undefined
              ? null
              : [[[...asciiBytes(GRANDPA_ENGINE_ID)], [...justification]]],
        };
      },
    },
    subscriptions: {
      chain_subscribeNewHeads: newHeads("chain_unsubscribeNewHeads"),
      chain_subscribeNewHead: newHeads("chain_unsubscribeNewHead"),
      subscribe_newHead: newHeads("unsubscribe_newHead"),
      chain_subscribeAllHeads: heads("chain_allHead", "chain_unsubscribeAllHeads", best, allBlocks),
      chain_subscribeFinalizedHeads: finalizedHeads("chain_unsubscribeFinalizedHeads"),
      chain_subscribeFinalisedHeads: finalizedHeads("chain_unsubscribeFinalisedHeads"),
    },
  };
}
