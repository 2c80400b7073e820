/**
 * The parachains on one fork of the relay chain, as far as a block's contents and the chain's claims say:
 * sessions, included heads, and what waits for availability on which core. A claim that does not follow
 * from the contents is a problem.
 */
import { bytesToHex, equalBytes } from "@parahost/base";
import {
  asCoreIndex,
  type BackedCandidate,
  type BlockNumber,
  backingIndices,
  type CandidateEvent,
  type CandidateHash,
  type CommittedCandidateReceipt,
  type CoreIndex,
  candidateHash,
  type Hash,
  type HeadData,
  isFeatureOn,
  type ParaId,
  type SessionIndex,
  supermajority,
  type ValidatorIndex,
} from "@parahost/primitives";
import { type BitVec, onesOf } from "@parahost/scale";
import type { ObservedBlock } from "./observed-block.ts";
import type { RelayState } from "./relay-state.ts";
import { type Problem, problem } from "./violation.ts";

/** A block that candidates may name as their relay parent. */
export interface RelayParent {
  readonly hash: Hash;
  readonly number: BlockNumber;
  readonly stateRoot: Hash;
}

/** A candidate that waits for its data. */
export interface PendingCandidate {
  readonly hash: CandidateHash;
  readonly receipt: CommittedCandidateReceipt;
  readonly core: CoreIndex;
  /** The head that it builds on. */
  readonly parentHead: HeadData;
  /** Validators whose bitfields in the chain say that they hold their chunk. */
  readonly voters: ReadonlySet<ValidatorIndex>;
}

/** Where a fork stands after a block. */
export interface Fork {
  /** Session of the block; `undefined` for genesis, which belongs to none. */
  readonly session: SessionIndex | undefined;
  /** First block of the session. */
  readonly sessionStart: BlockNumber;
  /** The block and its ancestors of the session, youngest first, at most `RELAY_PARENTS_MAX`. */
  readonly relayParents: readonly RelayParent[];
  readonly heads: ReadonlyMap<ParaId, HeadData>;
  readonly pending: ReadonlyMap<CoreIndex, PendingCandidate>;
}

/** A candidate that a block backs, and where. */
export interface NewlyBacked {
  readonly backed: BackedCandidate;
  readonly hash: CandidateHash;
  readonly core: CoreIndex;
  /** One bit per member of the group. */
  readonly voters: BitVec;
  /** The head that it has to build on; `undefined` for a para that has none. */
  readonly parentHead: HeadData | undefined;
}

export interface Step {
  readonly fork: Fork;
  readonly included: readonly PendingCandidate[];
  readonly backed: readonly NewlyBacked[];
  readonly problems: readonly Problem[];
}

/** More than any ancestry that a candidate may be allowed. */
const RELAY_PARENTS_MAX = 16;

/** Where every fork begins. */
export const genesisFork = (genesis: RelayParent, heads: Fork["heads"]): Fork => ({
  session: undefined,
  sessionStart: 0,
  relayParents: [genesis],
  heads,
  pending: new Map(),
});

export function advance(parent: Fork, block: ObservedBlock): Step {
  const { header, hash, before, after } = block;
  const problems: Problem[] = [];
  const isNewSession = before.session !== parent.session;
  // Nothing that waits outlives its session.
  const pending = new Map(isNewSession ? [] : parent.pending);
  const heads = new Map(parent.heads);
  countVotes(block, pending);
  const included = include(block, pending, heads, problems);
  for (const { type, value } of block.claims) if (type === "timedOut") pending.delete(value.core);
  evictLost(block, pending);
  const backed = back(block, pending, heads, problems);
  for (const [para, head] of after.heads) {
    const known = heads.get(para);
    if (known !== undefined && !equalBytes(known, head))
      problems.push(problem("S8", `the head of para ${para} is not that of what was included`));
    heads.set(para, head);
  }
  const own = { hash, number: header.number, stateRoot: header.stateRoot };
  return {
    fork: {
      session: before.session,
      sessionStart: isNewSession ? header.number : parent.sessionStart,
      relayParents: [own, ...parent.relayParents].slice(0, RELAY_PARENTS_MAX),
      heads,
      pending,
    },
    included,
    backed,
    problems,
  };
}

/** Bitfields vote for what waited when they were signed, that is, after the parent block. */
function countVotes(
  { inherent, before }: ObservedBlock,
  pending: Map<CoreIndex, PendingCandidate>,
): void {
  for (const { payload, validatorIndex } of inherent.bitfields) {
    const cores = onesOf(payload).map(asCoreIndex);
    // A bitfield that speaks of a free core counts for nothing.
    if (cores.some((core) => !pending.has(core))) continue;
    if (validatorIndex >= before.sessionInfo.validators.length) continue;
    for (const core of cores) {
      const candidate = pending.get(core);
      if (candidate === undefined) continue;
      const voters = new Set([...candidate.voters, validatorIndex]);
      pending.set(core, { ...candidate, voters });
    }
  }
}

/** What lost a dispute waits no longer, nor does what builds on it. */
function evictLost({ lost }: ObservedBlock, pending: Map<CoreIndex, PendingCandidate>): void {
  const place = ({ receipt }: PendingCandidate, head: HeadData): string =>
    `${receipt.descriptor.paraId} ${bytesToHex(head)}`;
  const heads = new Set<string>();
  for (let found = true; found; ) {
    found = false;
    for (const [core, candidate] of pending) {
      const { hash, parentHead, receipt } = candidate;
      if (!lost.has(hash) && !heads.has(place(candidate, parentHead))) continue;
      heads.add(place(candidate, receipt.commitments.headData));
      pending.delete(core);
      found = true;
    }
  }
}

function include(
  { claims, before }: ObservedBlock,
  pending: Map<CoreIndex, PendingCandidate>,
  heads: Map<ParaId, HeadData>,
  problems: Problem[],
): PendingCandidate[] {
  const validatorCount = before.sessionInfo.validators.length;
  const needed = supermajority(validatorCount);
  const included: PendingCandidate[] = [];
  for (const { type, value } of claims) {
    if (type !== "included") continue;
    const hash = candidateHash(value.receipt);
    const candidate = pending.get(value.core);
    if (candidate?.hash !== hash) {
      problems.push(problem("S8", `${hash} is included on core ${value.core}, where it never was`));
      continue;
    }
    if (candidate.voters.size < needed)
      problems.push(
        problem("S3", `${hash} is included with ${candidate.voters.size} votes of ${needed}`),
      );
    pending.delete(value.core);
    heads.set(candidate.receipt.descriptor.paraId, candidate.receipt.commitments.headData);
    included.push(candidate);
  }
  return included;
}

function back(
  block: ObservedBlock,
  pending: Map<CoreIndex, PendingCandidate>,
  heads: ReadonlyMap<ParaId, HeadData>,
  problems: Problem[],
): NewlyBacked[] {
  const { inherent, before, claims } = block;
  const carriesCore = isFeatureOn(before.configuration.nodeFeatures, "elasticScaling");
  const newlyBacked: NewlyBacked[] = [];
  for (const backed of inherent.backedCandidates) {
    const { descriptor } = backed.candidate;
    const { paraId } = descriptor;
    const hash = candidateHash(backed.candidate);
    const indices = backingIndices(backed.validatorIndices, carriesCore);
    const core = indices?.coreIndex ?? unnamedCore(block, paraId, hash);
    if (indices === undefined || !isCoreOf(before, core, paraId)) {
      problems.push(
        problem("S8", `${hash} of para ${paraId} is backed on core ${core}, which is not its own`),
      );
      continue;
    }
    if (pending.has(core))
      problems.push(problem("S8", `${hash} is backed on core ${core}, which is occupied`));
    const parentHead = heads.get(paraId);
    newlyBacked.push({ backed, hash, core, voters: indices.voters, parentHead });
    if (parentHead === undefined) {
      problems.push(problem("S8", `${hash} is of para ${paraId}, which has no head`));
      continue;
    }
    pending.set(core, {
      hash,
      receipt: backed.candidate,
      core,
      parentHead,
      voters: new Set(),
    });
  }
  const claimed = claims.flatMap(({ type, value }) => (type === "backed" ? [claimOf(value)] : []));
  const contained = newlyBacked.map(({ hash, core }) => `${hash} on core ${core}`);
  if (claimed.join() !== contained.join())
    problems.push(problem("S8", `backed are ${contained}, and the chain says ${claimed}`));
  return newlyBacked;
}

/** A parachain's core is known by its place; a parathread's is the one that the chain says. */
function unnamedCore(
  { before, claims }: ObservedBlock,
  para: ParaId,
  hash: CandidateHash,
): CoreIndex {
  const place = before.parachains.indexOf(para);
  if (place >= 0) return asCoreIndex(place);
  const claim = claims.find(
    ({ type, value }) => type === "backed" && candidateHash(value.receipt) === hash,
  );
  return claim?.value.core ?? asCoreIndex(0);
}

function isCoreOf({ parachains, parathreads }: RelayState, core: CoreIndex, para: ParaId): boolean {
  return core < parachains.length ? parachains[core] === para : parathreads.has(para);
}

const claimOf = ({ receipt, core }: CandidateEvent["value"]): string =>
  `${candidateHash(receipt)} on core ${core}`;
