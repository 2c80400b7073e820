/** What a validator has on record of disputes, read behind its back. */
import type { DisputeDatabase } from "@parahost/node/dispute-coordinator/database";
import type { CandidateHash, SessionIndex, ValidatorIndex } from "@parahost/primitives";

type DisputeRecord = Pick<DisputeDatabase, "disputes" | "votes">;

/**
 * Whether all who dispute the candidate have lost other disputes of its session. Honest validators lose none,
 * so none of them is among these, and nobody has to answer.
 */
export function isDisputedByLosersAlone(record: DisputeRecord, candidate: CandidateHash): boolean {
  return [...record.disputes()].some((dispute) => {
    if (dispute.candidateHash !== candidate) return false;
    const losers = losersOf(record, dispute.session);
    const against = record.votes(dispute)?.invalid.keys() ?? [];
    return [...against].every((validator) => losers.has(validator));
  });
}

/** How many have voted on each side of the candidate's dispute, as far as the record goes. */
export function votesOnRecord(
  record: DisputeRecord,
  candidate: CandidateHash,
): { readonly valid: number; readonly invalid: number } | undefined {
  for (const dispute of record.disputes()) {
    if (dispute.candidateHash !== candidate) continue;
    const votes = record.votes(dispute);
    if (votes !== undefined) return { valid: votes.valid.size, invalid: votes.invalid.size };
  }
  return undefined;
}

function losersOf(record: DisputeRecord, session: SessionIndex): ReadonlySet<ValidatorIndex> {
  const losers = new Set<ValidatorIndex>();
  for (const { status, ...key } of record.disputes()) {
    if (key.session !== session) continue;
    const votes = record.votes(key);
    const lost =
      status.type === "concludedFor"
        ? votes?.invalid.keys()
        : status.type === "concludedAgainst"
          ? votes?.valid.keys()
          : undefined;
    for (const validator of lost ?? []) losers.add(validator);
  }
  return losers;
}
