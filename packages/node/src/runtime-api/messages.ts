/**
 * Questions about relay chain state. Each query of `RuntimeApiAt` is a message of that name; its
 * arguments travel in `args`. Guide: Runtime API.
 */
import type { Result } from "@parahost/base";
import type { Hash } from "@parahost/primitives";
import type { Reply } from "../overseer/reply.ts";
import type { RuntimeApiAt } from "./runtime-api-at.ts";

export type { FishermenStake, OpenRemoteDispute } from "./runtime-api-at.ts";

export type RuntimeApiQuery = keyof RuntimeApiAt;

/** Why there is no answer. Callers log it and skip the block. */
export type RuntimeApiError =
  /** The block is unknown or its state is gone. */
  | { readonly code: "unavailable"; readonly relayParent: Hash }
  /** The runtime of that block refused or failed the call. */
  | { readonly code: "execution"; readonly message: string };

export type RuntimeApiAnswer<Query extends RuntimeApiQuery> = Result<
  ReturnType<RuntimeApiAt[Query]>,
  RuntimeApiError
>;

/** Asks `Query` of the state after the block `relayParent`. */
export interface RuntimeApiRequest<Query extends RuntimeApiQuery> {
  readonly type: Query;
  readonly relayParent: Hash;
  readonly args: Readonly<Parameters<RuntimeApiAt[Query]>>;
  readonly reply: Reply<RuntimeApiAnswer<Query>>;
}

export type RuntimeApiMessage = {
  [Query in RuntimeApiQuery]: RuntimeApiRequest<Query>;
}[RuntimeApiQuery];
