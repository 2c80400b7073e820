/** `chainHead_v1_`: following the head of the chain. Reference: json-rpc-and-metadata.md 6.1. */
import { asHash } from "@parahost/primitives";
import type { ChainView } from "../../chain-view.ts";
import { type Json, RpcError } from "../../json-rpc.ts";
import type { Method, Methods, Session } from "../../method.ts";
import { boolean, hash, list, optional, param, text } from "../../params.ts";
import { callArguments } from "../relay.ts";
import { childTrie, storageItem } from "../storage-query.ts";
import { ChainHeadError, Follow, PINNED_MAX } from "./follow.ts";

/** Followers of one connection; the specification asks for two at least. */
const FOLLOWS_MAX = 4;
/** Items of one storage operation; further ones are discarded, and the client is told how many. */
const ITEMS_MAX = 64;
const ITEMS_READ_MAX = 4096;

export function chainHeadMethods(node: ChainView): Methods {
  const follows = new WeakMap<Session, Map<string, Follow>>();
  const followOf = (params: readonly Json[], session: Session): Follow | undefined =>
    follows.get(session)?.get(param(params, 0, "followSubscription", text));

  /** A method about a living follower; about a dead one the answer is `dead`. */
  const about =
    (dead: Json, ask: (follow: Follow, params: readonly Json[]) => Json): Method =>
    (params, session) => {
      const follow = followOf(params, session);
      return follow === undefined ? dead : ask(follow, params);
    };
  const block = (params: readonly Json[]) => asHash(param(params, 1, "hash", hash));
  const operation = (params: readonly Json[]) => param(params, 1, "operationId", text);
  const LIMIT_REACHED: Json = { result: "limitReached" };

  return {
    methods: {
      chainHead_v1_header: about(null, (follow, params) => follow.header(block(params))),
      chainHead_v1_body: about(LIMIT_REACHED, (follow, params) => follow.body(block(params))),
      chainHead_v1_call: about(LIMIT_REACHED, (follow, params) =>
        follow.call(
          block(params),
          param(params, 2, "function", text),
          param(params, 3, "callParameters", callArguments),
        ),
      ),
      chainHead_v1_storage: about(LIMIT_REACHED, (follow, params) => {
        const items = param(params, 2, "items", list(storageItem, ITEMS_READ_MAX));
        const child = param(params, 3, "childTrie", optional(childTrie)).value;
        const discarded = Math.max(0, items.length - ITEMS_MAX);
        return follow.storage(block(params), items.slice(0, ITEMS_MAX), discarded, child);
      }),
      chainHead_v1_continue: about(null, (follow, params) => {
        follow.proceed(operation(params));
        return null;
      }),
      chainHead_v1_stopOperation: about(null, (follow, params) => {
        follow.stopOperation(operation(params));
        return null;
      }),
      chainHead_v1_unpin: about(null, (follow, params) => {
        const hashes = Array.isArray(params[1])
          ? param(params, 1, "hashes", list(hash, PINNED_MAX))
          : [param(params, 1, "hash", hash)];
        follow.unpin(hashes.map(asHash));
        return null;
      }),
    },
    subscriptions: {
      chainHead_v1_follow: {
        notification: "chainHead_v1_followEvent",
        unsubscribe: "chainHead_v1_unfollow",
        endsWithNull: true,
        lastWord: { event: "stop" },
        start: (params, send, subscriber) => {
          const withRuntime = param(params, 0, "withRuntime", boolean);
          const { id, session } = subscriber;
          const own = follows.get(session) ?? new Map<string, Follow>();
          follows.set(session, own);
          if (own.size >= FOLLOWS_MAX)
            throw new RpcError(
              ChainHeadError.tooManyFollows,
              `a connection follows the chain at most ${FOLLOWS_MAX} times`,
            );
          const follow = new Follow(node, withRuntime, send, subscriber);
          own.set(id, follow);
          follow.start();
          return () => {
            own.delete(id);
            follow.stop();
          };
        },
      },
    },
  };
}
