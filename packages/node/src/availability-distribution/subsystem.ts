/**
 * Makes candidates available: fetches our chunk of each that waits on a core, serves chunks and PoVs
 * to whoever asks, and fetches PoVs for backing. Point to point throughout, so that chunks are kept
 * only of what a chain backs. Guide: Availability Distribution, PoV Distribution.
 */
import { type Logger, type Random, unreachable } from "@parahost/base";
import type { Keystore } from "@parahost/crypto";
import type { Hash } from "@parahost/primitives";
import type { Context } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import type { ActivatedLeaf } from "../overseer/signal.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import { ChunkFetching } from "./chunk-fetching.ts";
import type { AvailabilityDistributionMessage } from "./messages.ts";
import { PovFetching } from "./pov-fetching.ts";
import { sessionAt } from "./session.ts";

/** Ancestors of a leaf whose candidates still matter: the guide's K. */
export const ANCESTRY = 3;

export type AvailabilityDistributionSends =
  | "availability-store"
  | "chain-api"
  | "network-bridge-tx"
  | "runtime-api";
export type AvailabilityDistributionContext = Context<
  "availability-distribution",
  AvailabilityDistributionSends
>;

export interface AvailabilityDistributionDependencies {
  readonly keystore: Keystore;
  readonly logger: Logger;
  readonly random: Random;
}

/** Fetches and serves until concluded. */
export async function run(
  context: AvailabilityDistributionContext,
  deps: AvailabilityDistributionDependencies,
): Promise<void> {
  const chunks = new ChunkFetching(context, deps.logger, deps.random);
  const povs = new PovFetching(context);
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") {
      onMessage(context, povs, incoming.message);
      continue;
    }
    const { signal } = incoming;
    if (signal.type === "conclude") break;
    if (signal.type !== "activeLeaves") continue;
    // First the new leaf, so that what it has in common with the old one goes on.
    if (signal.activated !== undefined) await onLeaf(context, deps, chunks, signal.activated);
    for (const leaf of signal.deactivated) {
      chunks.dropLeaf(leaf);
      povs.dropRelayParent(leaf);
    }
  }
  chunks.dropAll();
  povs.dropAll();
}

async function onLeaf(
  context: AvailabilityDistributionContext,
  deps: AvailabilityDistributionDependencies,
  chunks: ChunkFetching,
  leaf: ActivatedLeaf,
): Promise<void> {
  if (leaf.status === "stale") return;
  const session = await sessionAt(context, deps.keystore, leaf.hash);
  if (session?.ourIndex === undefined) return;
  await chunks.addBlock(leaf.hash, leaf.hash, session);
  for (const block of await ancestors(context, leaf.hash)) {
    // Candidates of an earlier session were dropped when it ended.
    const index = await queryRuntime(context, block, "sessionIndexForChild");
    if (index !== session.index) return;
    await chunks.addBlock(leaf.hash, block, session);
  }
}

async function ancestors(
  context: AvailabilityDistributionContext,
  hash: Hash,
): Promise<readonly Hash[]> {
  const question = { type: "ancestors", hash, k: ANCESTRY } as const;
  const answer = await unlessCancelled(context.ask("chain-api", question));
  return answer?.ok === true ? answer.value : [];
}

function onMessage(
  context: AvailabilityDistributionContext,
  povs: PovFetching,
  message: AvailabilityDistributionMessage,
): void {
  switch (message.type) {
    case "fetchPov":
      povs.start(message);
      return;
    case "chunkRequest":
      context.spawn("serve chunk", async () => {
        const { payload, reply } = message;
        const asked = context.ask("availability-store", { type: "queryChunk", ...payload });
        const chunk = await unlessCancelled(asked);
        reply(chunk === undefined ? { type: "noSuchChunk" } : { type: "chunk", value: chunk });
      });
      return;
    case "povRequest":
      context.spawn("serve PoV", async () => {
        const { payload, reply } = message;
        // Only what we have validated is stored.
        const asked = context.ask("availability-store", { type: "queryAvailableData", ...payload });
        const data = await unlessCancelled(asked);
        reply(data === undefined ? { type: "noSuchPov" } : { type: "pov", value: data.pov });
      });
      return;
    default:
      unreachable(message);
  }
}
