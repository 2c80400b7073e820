/** `archive_v1_`: any block, not only those at the head. Reference: json-rpc-and-metadata.md 6.4. */
import { bytesToHex, describe } from "@parahost/base";
import { asHash, type Hash, Header } from "@parahost/primitives";
import { encode } from "@parahost/scale";
import type { ChainView } from "../chain-view.ts";
import { type Json, RpcError } from "../json-rpc.ts";
import type { Methods, Send, Subscriber, Subscription } from "../method.ts";
import { hash, height, list, optional, param, text } from "../params.ts";
import { bodyJson, callArguments } from "./relay.ts";
import { callRuntime } from "./state.ts";
import { diffItem, EVERYTHING, storageDiff } from "./storage-diff.ts";
import { childTrie, queryStorage, storageItem } from "./storage-query.ts";

const ITEMS_MAX = 1024;

export function archiveMethods(node: ChainView): Methods {
  const { chain } = node;
  const block = (params: readonly Json[]): Hash => asHash(param(params, 0, "hash", hash));
  return {
    methods: {
      archive_v1_header: (params) => {
        const header = chain.header(block(params));
        return header === undefined ? null : bytesToHex(encode(Header, header));
      },
      archive_v1_body: (params) => {
        const body = chain.body(block(params));
        return body === undefined ? null : bodyJson(body);
      },
      archive_v1_hashByHeight: (params) => {
        const number = param(params, 0, "height", height);
        if (number > chain.finalized().number)
          return chain.tree.atNumber(number).map((known) => known.hash);
        const final = chain.hashByNumber(number);
        return final === undefined ? [] : [final];
      },
      archive_v1_finalizedHeight: () => chain.finalized().number,
      archive_v1_genesisHash: () => chain.genesisHash,
      archive_v1_call: (params) => {
        const at = block(params);
        const name = param(params, 1, "function", text);
        const args = param(params, 2, "callParameters", callArguments);
        if (chain.header(at) === undefined) return null;
        try {
          return { success: true, value: bytesToHex(callRuntime(node, at, name, args)) };
        } catch (error) {
          if (!(error instanceof RpcError)) throw error;
          return { success: false, error: error.message };
        }
      },
    },
    subscriptions: {
      archive_v1_storage: storageSubscription(node),
      archive_v1_storageDiff: storageDiffSubscription(node),
    },
  };
}

/** Tells what the items ask for, page by page between other work, and then that it is done. */
function storageSubscription(node: ChainView): Subscription {
  return {
    notification: "archive_v1_storageEvent",
    unsubscribe: "archive_v1_stopStorage",
    endsWithNull: true,
    start: (params, send, subscriber) => {
      const at = asHash(param(params, 0, "hash", hash));
      const items = param(params, 1, "items", list(storageItem, ITEMS_MAX));
      const child = param(params, 2, "childTrie", optional(childTrie)).value;
      const unpin = node.states.pin(at);
      const state = node.states.reader(at);
      if (unpin === undefined || state === undefined) {
        send({ event: "storageError", error: `the state of block ${at} is not kept here` });
        subscriber.session.afterAnswer(subscriber.end);
        return () => undefined;
      }
      const stop = tellPages(queryStorage(state, items, child), send, subscriber);
      return () => {
        stop();
        unpin();
      };
    },
  };
}

/** Tells what changed between two blocks, the earlier being the parent unless it is named. */
function storageDiffSubscription(node: ChainView): Subscription {
  return {
    notification: "archive_v1_storageDiffEvent",
    unsubscribe: "archive_v1_storageDiff_stopStorageDiff",
    endsWithNull: true,
    start: (params, send, subscriber) => {
      const at = asHash(param(params, 0, "hash", hash));
      const named = param(params, 1, "items", optional(list(diffItem, ITEMS_MAX))).value;
      const previous = param(params, 2, "previousHash", optional(hash)).value;
      const items = named ?? [EVERYTHING];
      const before = previous ?? node.chain.header(at)?.parentHash;
      const pins = [before, at].map((block) => block && node.states.pin(asHash(block)));
      const unpin = (): void => {
        for (const release of pins) release?.();
      };
      const [older, newer] = [before, at].map(
        (block) => block && node.states.reader(asHash(block)),
      );
      if (pins.includes(undefined) || older === undefined || newer === undefined) {
        unpin();
        send({
          event: "storageDiffError",
          error: `the states of ${before} and ${at} are not kept here`,
        });
        subscriber.session.afterAnswer(subscriber.end);
        return () => undefined;
      }
      const stop = tellPages(storageDiff(older, newer, items), send, subscriber, "storageDiff");
      return () => {
        stop();
        unpin();
      };
    },
  };
}

/** Tells page after page as the client takes them, others having their turn in between. */
function tellPages(
  pages: Generator<Json[], void, void>,
  send: Send,
  { end, taken }: Subscriber,
  name: "storage" | "storageDiff" = "storage",
): () => void {
  let isStopped = false;
  void tell();
  return () => {
    isStopped = true;
  };

  async function tell(): Promise<void> {
    const rest = () => new Promise((resolve) => setImmediate(resolve));
    try {
      for (await rest(); !isStopped; await rest()) {
        const page = pages.next();
        if (page.done === true) break;
        for (const item of page.value as readonly { readonly [key: string]: Json }[]) {
          if (isStopped || !send({ event: name, ...item })) return;
          await taken();
        }
      }
      if (isStopped) return;
      send({ event: `${name}Done` });
    } catch (error) {
      send({ event: `${name}Error`, error: describe(error) });
    }
    end();
  }
}
