/**
 * What is known about the approval of one block: the good assignments and votes, and which peer knows
 * of which. Assignments and votes are kept only when they are the first for some candidate, so there
 * are at most as many as validators times candidates. Reference: node 5.22.
 */

import { bytesToHex } from "@parahost/base";
import type { ClaimedAssignment, PeerId } from "@parahost/network";
import { ClaimedAssignment as ClaimedAssignmentCodec } from "@parahost/network";
import type { IndirectSignedApprovalVote, ValidatorIndex } from "@parahost/primitives";
import { IndirectSignedApprovalVote as VoteCodec } from "@parahost/primitives";
import { encode, onesOf } from "@parahost/scale";
import type { ApprovalBlock } from "./messages.ts";

/** A message as it is gossiped. `id` tells it from all others about the block. */
export type Gossip =
  | { readonly type: "assignment"; readonly id: string; readonly assignment: ClaimedAssignment }
  | { readonly type: "approval"; readonly id: string; readonly vote: IndirectSignedApprovalVote };

export function assignmentGossip(assignment: ClaimedAssignment): Gossip {
  const id = bytesToHex(encode(ClaimedAssignmentCodec, assignment));
  return { type: "assignment", id, assignment };
}

export function approvalGossip(vote: IndirectSignedApprovalVote): Gossip {
  return { type: "approval", id: bytesToHex(encode(VoteCodec, vote)), vote };
}

export function authorOf(gossip: Gossip): ValidatorIndex {
  return gossip.type === "assignment"
    ? gossip.assignment.assignment.validator
    : gossip.vote.validator;
}

export class BlockGossip {
  block: ApprovalBlock;
  /** In the order in which they came: an assignment comes before the votes that need it. */
  readonly #messages = new Map<string, Gossip>();
  readonly #assignments = new Map<ValidatorIndex, Gossip[]>();
  readonly #assigned = new Set<string>();
  readonly #approved = new Set<string>();
  /** Good messages that the peer sent us or was sent. */
  readonly #knownBy = new Map<PeerId, Set<string>>();

  constructor(block: ApprovalBlock) {
    this.block = block;
  }

  messages(): Iterable<Gossip> {
    return this.#messages.values();
  }

  /** The assignments of a validator: few, and votes cannot go before them. */
  assignmentsOf(validator: ValidatorIndex): readonly Gossip[] {
    return this.#assignments.get(validator) ?? [];
  }

  has({ id }: Gossip): boolean {
    return this.#messages.has(id);
  }

  /** Whether it says something about some candidate that no message said before. */
  isNews(gossip: Gossip): boolean {
    return marksOf(gossip).some((mark) => !this.#marks(gossip).has(mark));
  }

  /** Whether the validator is assigned to all the candidates that it votes on. */
  isAssigned(vote: IndirectSignedApprovalVote): boolean {
    const candidates = onesOf(vote.candidateIndices);
    return candidates.every((index) =>
      [false, true].some((isEquivocation) =>
        this.#assigned.has(mark(vote.validator, index, isEquivocation)),
      ),
    );
  }

  /** Found good. */
  add(gossip: Gossip): void {
    this.#messages.set(gossip.id, gossip);
    for (const one of marksOf(gossip)) this.#marks(gossip).add(one);
    if (gossip.type !== "assignment") return;
    const validator = authorOf(gossip);
    const others = this.#assignments.get(validator);
    if (others === undefined) this.#assignments.set(validator, [gossip]);
    else others.push(gossip);
  }

  knows(peer: PeerId, { id }: Gossip): boolean {
    return this.#knownBy.get(peer)?.has(id) === true;
  }

  /** The peer has told us, or is told. */
  noteKnown(peer: PeerId, { id }: Gossip): void {
    const known = this.#knownBy.get(peer);
    if (known === undefined) this.#knownBy.set(peer, new Set([id]));
    else known.add(id);
  }

  forget(peer: PeerId): void {
    this.#knownBy.delete(peer);
  }

  /** What we have sent may have been lost: only of what a peer told us are we sure. */
  forgetAll(): void {
    this.#knownBy.clear();
  }

  #marks(gossip: Gossip): Set<string> {
    return gossip.type === "assignment" ? this.#assigned : this.#approved;
  }
}

function mark(validator: ValidatorIndex, candidate: number, isEquivocation: boolean): string {
  return `${validator} ${candidate} ${isEquivocation}`;
}

function marksOf(gossip: Gossip): readonly string[] {
  if (gossip.type === "approval")
    return onesOf(gossip.vote.candidateIndices).map((index) =>
      mark(gossip.vote.validator, index, false),
    );
  const { assignment, claimedCandidates } = gossip.assignment;
  const isEquivocation = assignment.cert.kind.type === "equivocation";
  return onesOf(claimedCandidates).map((index) =>
    mark(assignment.validator, index, isEquivocation),
  );
}
