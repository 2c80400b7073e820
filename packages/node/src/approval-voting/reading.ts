/** Reads from the chain what approval needs to know of a block. Reference: node 5.21, 6.1. */
import {
  type BabeEpoch,
  type BlockNumber,
  candidateHash,
  type Hash,
  type Header,
  type NodeFeatures,
  parachainLogs,
} from "@parahost/primitives";
import { relayVrf } from "../approval-criteria/story.ts";
import type { ApprovalBlock } from "../approval-distribution/messages.ts";
import type { Context } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import type { FishermenStake } from "../runtime-api/messages.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import type { NewCandidate } from "./book.ts";

/** Unfinalized ancestors of a leaf that are looked at, at most. */
export const ANCESTRY_MAX = 500;

type Asker = Pick<Context<"approval-voting", "chain-api" | "runtime-api">, "ask">;

export interface BlockRead {
  readonly info: ApprovalBlock;
  readonly candidates: readonly NewCandidate[];
  readonly nodeFeatures: NodeFeatures;
  readonly coalesceMax: number;
  /** What fishermen have staked on candidates of this chain. */
  readonly stakes: readonly FishermenStake[];
  /** The block says that its chain up to this number is to count as approved. */
  readonly forcedUpTo: BlockNumber | undefined;
  /** Whoever made the block, as the epoch lists it. */
  readonly author: string;
}

/** The leaf and its ancestors that are not known yet, oldest first. */
export async function unknownBlocks(
  asker: Asker,
  leaf: Hash,
  finalized: number,
  isKnown: (hash: Hash) => boolean,
): Promise<readonly { readonly hash: Hash; readonly header: Header }[]> {
  const found: { readonly hash: Hash; readonly header: Header }[] = [];
  for (let hash = leaf; found.length < ANCESTRY_MAX && !isKnown(hash); ) {
    const answer = await unlessCancelled(asker.ask("chain-api", { type: "blockHeader", hash }));
    const header = answer?.ok === true ? answer.value : undefined;
    if (header === undefined || header.number <= finalized) break;
    found.push({ hash, header });
    hash = header.parentHash;
  }
  return found.reverse();
}

/** `undefined` when the state is gone or the block has no VRF. */
export async function readBlock(
  asker: Asker,
  hash: Hash,
  header: Header,
): Promise<BlockRead | undefined> {
  const events = await queryRuntime(asker, hash, "candidateEvents");
  const session = await queryRuntime(asker, header.parentHash, "sessionIndexForChild");
  const epoch: BabeEpoch | undefined = await queryRuntime(asker, hash, "currentBabeEpoch");
  if (events === undefined || session === undefined || epoch === undefined) return undefined;
  const sessionInfo = await queryRuntime(asker, hash, "sessionInfo", session);
  const nodeFeatures = await queryRuntime(asker, hash, "nodeFeatures", session);
  const params = await queryRuntime(asker, hash, "approvalVotingParams", session);
  const stakes = await queryRuntime(asker, hash, "fishermenStakes");
  const vrf = relayVrf(header, epoch);
  if (sessionInfo === undefined || nodeFeatures === undefined || vrf === undefined)
    return undefined;
  const included = events.flatMap((event) => (event.type === "included" ? [event.value] : []));
  return {
    info: {
      hash,
      number: header.number,
      parentHash: header.parentHash,
      slot: vrf.slot,
      session,
      sessionInfo,
      story: vrf.story,
      candidates: included.map(({ receipt, core, group }) => ({
        candidate: candidateHash(receipt),
        core,
        group,
      })),
      equivocatedCores: new Set(),
    },
    candidates: included.map(({ receipt, headData }) => ({ receipt, headData })),
    nodeFeatures,
    coalesceMax: params?.maxApprovalCoalesceCount ?? 1,
    stakes: stakes ?? [],
    forcedUpTo: forcedUpTo(header),
    author: epoch.authorities[vrf.author]?.id ?? "",
  };
}

function forcedUpTo({ digest }: Header): BlockNumber | undefined {
  const forced = parachainLogs(digest).flatMap((log) =>
    log.type === "forceApprove" ? [log.value] : [],
  );
  return forced.length === 0 ? undefined : Math.max(...forced);
}
