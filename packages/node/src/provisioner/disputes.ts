/**
 * Which disputes go into a block, and which of their votes. What the chain knows least about comes first,
 * and of that what is over for us: nobody else may bring it any more. Guide: Provisioner.
 */
import {
  DISPUTE_STATEMENTS_PER_BLOCK_MAX,
  type DisputeEntry,
  type DisputeState,
  type DisputeStatementSet,
  type DisputeVote,
} from "@parahost/primitives";
import { bitAt } from "@parahost/scale";
import type { DisputeListEntry, VotesEntry } from "../dispute-coordinator/messages.ts";
import { disputeVotesOf, isBacking } from "../dispute-votes/candidate-votes.ts";

/** Disputes whose votes are asked for at one time. */
export const VOTES_BATCH = 1_100;

/** Finds what the chain knows of a dispute. */
export function onChainDisputes(
  entries: readonly DisputeEntry[],
): (dispute: Pick<DisputeListEntry, "session" | "candidateHash">) => DisputeState | undefined {
  const states = new Map(
    entries.map(({ session, candidateHash, state }) => [`${session} ${candidateHash}`, state]),
  );
  return ({ session, candidateHash }) => states.get(`${session} ${candidateHash}`);
}

/** Disputes that the chain may take, most urgent first, those of one urgency by session and hash. */
export function inUrgency(
  recent: readonly DisputeListEntry[],
  active: readonly DisputeListEntry[],
  onChain: ReturnType<typeof onChainDisputes>,
): readonly DisputeListEntry[] {
  const activeNames = new Set(active.map(nameOf));
  const ranked = recent.flatMap((dispute) => {
    // The chain takes only disputes that more than the faulty take part in.
    if (dispute.status.type === "active") return [];
    const state = onChain(dispute);
    const isActive = activeNames.has(nameOf(dispute));
    const isConcluded = state?.concludedAt !== undefined;
    // Over here and there: there is nothing to say.
    if (!isActive && isConcluded) return [];
    const rank = (isActive ? 2 : 0) + (state === undefined ? 0 : isConcluded ? 2 : 1);
    return [{ dispute, rank }];
  });
  return ranked
    .sort(
      (a, b) =>
        a.rank - b.rank ||
        a.dispute.session - b.dispute.session ||
        (a.dispute.candidateHash < b.dispute.candidateHash ? -1 : 1),
    )
    .map(({ dispute }) => dispute);
}

/** The sets of a block, in the order given, with what the chain lacks and every backing vote. */
export class DisputeSets {
  readonly sets: DisputeStatementSet[] = [];
  #room: number;

  constructor(room = DISPUTE_STATEMENTS_PER_BLOCK_MAX) {
    this.#room = room;
  }

  /** False when the votes of a dispute did not fit any more: the block is full. */
  add(entry: VotesEntry, state: DisputeState | undefined): boolean {
    const statements = disputeVotesOf(entry.votes).filter((vote) => isWanted(vote, state));
    if (statements.length === 0) return true;
    if (statements.length > this.#room) return false;
    this.#room -= statements.length;
    const { session, candidateHash } = entry;
    this.sets.push({ session, candidateHash, statements });
    return true;
  }
}

/** Backers pay when the chain knows them as such, whatever else they have voted. */
function isWanted({ statement, validatorIndex }: DisputeVote, state: DisputeState | undefined) {
  if (state === undefined) return true;
  if (statement.type === "valid" && isBacking(statement.value)) return true;
  const side = statement.type === "valid" ? state.validatorsFor : state.validatorsAgainst;
  return validatorIndex >= side.length || !bitAt(side, validatorIndex);
}

function nameOf({ session, candidateHash }: DisputeListEntry): string {
  return `${session} ${candidateHash}`;
}
