/**
 * Keeps available data and chunks of candidates from the time they are backed until a day after
 * finality. Which candidates those are it reads from the events of each new block; what happens to
 * them from finality. Guide: Availability Store.
 */
import { type Clock, type Logger, LruMap, ok, sleep, unreachable } from "@parahost/base";
import type { ErasureCoder } from "@parahost/erasure";
import { type BlockNumber, candidateHash, type Hash } from "@parahost/primitives";
import type { KeyValueStore } from "@parahost/storage";
import type { Context } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import type { Signal } from "../overseer/signal.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import { PRUNING_TIMES, type PruningTimes } from "./candidate-meta.ts";
import { type AvailabilityColumn, AvailabilityDatabase } from "./database.ts";
import { encodeAvailableData } from "./erasure.ts";
import type { AvailabilityStoreMessage } from "./messages.ts";

export const PRUNE_INTERVAL_MS = 300_000;
/** Blocks remembered to have been read; there are rarely more unfinalized ones. */
const KNOWN_BLOCKS_MAX = 4096;
const TARGET = "parachain::availability-store";

export type AvailabilityStoreSends = "chain-api" | "runtime-api";
export type AvailabilityStoreContext = Context<"availability-store", AvailabilityStoreSends>;

export interface AvailabilityStoreDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly store: KeyValueStore<AvailabilityColumn>;
  readonly coder: ErasureCoder;
  readonly pruningTimes?: PruningTimes;
}

interface State {
  readonly context: AvailabilityStoreContext;
  readonly deps: AvailabilityStoreDependencies;
  readonly database: AvailabilityDatabase;
  readonly knownBlocks: LruMap<Hash, true>;
  finalized: BlockNumber | undefined;
}

/** Stores until concluded. A failing disk is fatal. */
export async function run(
  context: AvailabilityStoreContext,
  deps: AvailabilityStoreDependencies,
): Promise<void> {
  const database = new AvailabilityDatabase(deps.store, deps.pruningTimes ?? PRUNING_TIMES);
  const knownBlocks = new LruMap<Hash, true>(KNOWN_BLOCKS_MAX);
  const state: State = { context, deps, database, knownBlocks, finalized: undefined };
  const pruning = context.spawn("prune", async (signal) => {
    while (await sleep(deps.clock, PRUNE_INTERVAL_MS, signal)) {
      const pruned = database.prune(deps.clock.now());
      if (pruned > 0) deps.logger.log("debug", TARGET, "pruned candidates", { pruned });
    }
  });
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") onMessage(state, incoming.message);
    else if (incoming.signal.type === "conclude") break;
    else await onSignal(state, incoming.signal);
  }
  pruning.cancel();
}

// Blocks

async function onSignal(state: State, signal: Signal): Promise<void> {
  if (signal.type === "blockFinalized") await onFinalized(state, signal.hash, signal.number);
  else if (signal.type === "activeLeaves" && signal.activated !== undefined)
    await onLeaf(state, signal.activated.hash);
}

/** Reads the events of the leaf and of its ancestors that were not read before, oldest first. */
async function onLeaf(state: State, leaf: Hash): Promise<void> {
  const { context, knownBlocks } = state;
  if (state.finalized === undefined) {
    const answer = await unlessCancelled(
      context.ask("chain-api", { type: "finalizedBlockNumber" }),
    );
    if (answer?.ok === true) state.finalized = answer.value;
  }
  const blocks: { readonly hash: Hash; readonly number: BlockNumber }[] = [];
  for (let hash = leaf; !knownBlocks.has(hash) && blocks.length < KNOWN_BLOCKS_MAX; ) {
    const answer = await unlessCancelled(context.ask("chain-api", { type: "blockHeader", hash }));
    const header = answer?.ok === true ? answer.value : undefined;
    if (header === undefined || header.number <= (state.finalized ?? 0)) break;
    blocks.push({ hash, number: header.number });
    hash = header.parentHash;
  }
  for (const block of blocks.reverse()) await readBlock(state, block);
}

async function readBlock(
  { context, database, deps, knownBlocks }: State,
  block: { readonly hash: Hash; readonly number: BlockNumber },
): Promise<void> {
  const events = await queryRuntime(context, block.hash, "candidateEvents");
  const validators = await queryRuntime(context, block.hash, "validators");
  if (events === undefined || validators === undefined) {
    deps.logger.log("debug", TARGET, "events of a block are not to be had", { block: block.hash });
    return;
  }
  knownBlocks.set(block.hash, true);
  for (const event of events) {
    const candidate = candidateHash(event.value.receipt);
    if (event.type === "backed")
      database.noteBacked(candidate, validators.length, deps.clock.now());
    else if (event.type === "included") database.noteIncluded(candidate, block);
  }
}

async function onFinalized(state: State, hash: Hash, number: BlockNumber): Promise<void> {
  const { context, database, deps } = state;
  state.finalized = number;
  for (const height of database.unfinalizedHeights(number)) {
    const finalized = height === number ? hash : await finalizedHash(context, height);
    if (finalized !== undefined) database.finalizeHeight(height, finalized, deps.clock.now());
  }
}

async function finalizedHash(
  context: AvailabilityStoreContext,
  number: BlockNumber,
): Promise<Hash | undefined> {
  const question = { type: "finalizedBlockHash", number } as const;
  const answer = await unlessCancelled(context.ask("chain-api", question));
  return answer?.ok === true ? answer.value : undefined;
}

// Messages

type StoreAvailableData = Extract<
  AvailabilityStoreMessage,
  { readonly type: "storeAvailableData" }
>;

function onMessage(state: State, message: AvailabilityStoreMessage): void {
  const { context, database } = state;
  const { candidateHash: candidate } = message;
  switch (message.type) {
    case "queryAvailableData":
      message.reply(database.availableData(candidate));
      return;
    case "queryDataAvailability":
      message.reply(database.meta(candidate)?.dataAvailable === true);
      return;
    case "queryChunk":
      message.reply(database.chunk(candidate, message.validatorIndex));
      return;
    case "queryChunkSize": {
      const [holder] = database.chunkHolders(candidate);
      message.reply(
        holder === undefined ? undefined : database.chunk(candidate, holder)?.chunk.length,
      );
      return;
    }
    case "queryAllChunks":
      message.reply(
        database.chunkHolders(candidate).flatMap((validatorIndex) => {
          const chunk = database.chunk(candidate, validatorIndex);
          return chunk === undefined ? [] : [{ validatorIndex, chunk }];
        }),
      );
      return;
    case "queryChunkAvailability":
      message.reply(database.hasChunk(candidate, message.validatorIndex));
      return;
    case "storeChunk":
      message.reply(database.storeChunk(candidate, message.validatorIndex, message.chunk));
      return;
    case "noteDisputed":
      database.noteDisputed(candidate, message.disputed);
      return;
    case "storeAvailableData":
      context.spawn("store data", () => storeAvailableData(state, message));
      return;
    default:
      unreachable(message);
  }
}

/** Others are answered while the data is coded. */
async function storeAvailableData(
  { database, deps }: State,
  message: StoreAvailableData,
): Promise<void> {
  const { candidateHash: candidate, reply } = message;
  if (database.meta(candidate)?.dataAvailable === true) {
    reply(ok(undefined));
    return;
  }
  const encoded = await encodeAvailableData(
    deps.coder,
    message.availableData,
    message.validatorCount,
    message.coreIndex,
    message.nodeFeatures,
    message.expectedErasureRoot,
  );
  if (!encoded.ok) {
    reply(encoded);
    return;
  }
  const { data, chunks } = encoded.value;
  database.storeAvailableData(candidate, data, chunks, deps.clock.now());
  reply(ok(undefined));
}
