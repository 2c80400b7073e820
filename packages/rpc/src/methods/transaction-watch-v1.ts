/**
 * `transactionWatch_v1_`: submitting a transaction and following it, in the newer method's words. What is
 * wrong with the transaction is an event, not the answer's error.
 *
 * Reference: json-rpc-and-metadata.md 6.5.
 */
import { bytesToHex } from "@parahost/base";
import { asHash, type Hash, OpaqueExtrinsic, transactionHash } from "@parahost/primitives";
import { tryDecode } from "@parahost/scale";
import type { ChainView } from "../chain-view.ts";
import { type Json, RpcError } from "../json-rpc.ts";
import type { Methods } from "../method.ts";
import { param } from "../params.ts";
import { callArguments } from "./relay.ts";
import { submit } from "./submission.ts";
import { TransactionWatch } from "./transaction-watch.ts";

export function transactionWatchMethods(node: ChainView): Methods {
  const watch = new TransactionWatch(node);
  /** A block with the transaction, and where it stands there. */
  const place = (hash: Hash, block: Hash): Json => ({
    hash: block,
    index: (node.chain.body(block) ?? []).findIndex(
      (extrinsic) => transactionHash(extrinsic) === hash,
    ),
  });
  return {
    methods: {},
    subscriptions: {
      transactionWatch_v1_submitAndWatch: {
        notification: "transactionWatch_v1_watchEvent",
        unsubscribe: "transactionWatch_v1_unwatch",
        endsWithNull: true,
        start: (params, send, { end }) => {
          const given = param(params, 0, "transaction", callArguments);
          const extrinsic = tryDecode(OpaqueExtrinsic, given);
          const refuse = (error: string): (() => void) => {
            send({ event: "invalid", error });
            end();
            return () => undefined;
          };
          if (!extrinsic.ok)
            return refuse(`${bytesToHex(given.subarray(0, 8))}… is no transaction`);
          const hash = transactionHash(extrinsic.value);
          let isValidated = false;
          const stop = watch.add(hash, (status, isLast) => {
            const event = eventOf(status, (block) => place(hash, block));
            if (event.event !== "validated" || !isValidated) send(event);
            isValidated ||= event.event === "validated";
            if (isLast) end();
          });
          try {
            submit(node, extrinsic.value);
          } catch (error) {
            stop();
            if (!(error instanceof RpcError)) throw error;
            return refuse(
              [error.message, error.data].filter((text) => text !== undefined).join(": "),
            );
          }
          return stop;
        },
      },
    },
  };
}

/** The newer method's event for a status of the older one. */
function eventOf(
  status: Json,
  place: (block: Hash) => Json,
): { readonly event: string; readonly [key: string]: Json } {
  if (status === "ready" || status === "future") return { event: "validated" };
  if (status === "dropped")
    return { event: "dropped", error: "there was no room for it in the pool" };
  if (status === "invalid")
    return { event: "invalid", error: "it cannot be included upon the best block any more" };
  const [[name, value] = ["", ""]] = Object.entries(status as { readonly [key: string]: string });
  switch (name) {
    case "inBlock":
      return { event: "bestChainBlockIncluded", block: place(asHash(value)) };
    case "retracted":
      return { event: "bestChainBlockIncluded", block: null };
    case "finalized":
      return { event: "finalized", block: place(asHash(value)) };
    case "usurped":
      return { event: "invalid", error: `transaction ${value} took its place` };
    default:
      return { event: "dropped", error: "its block was not final after a long time" };
  }
}
