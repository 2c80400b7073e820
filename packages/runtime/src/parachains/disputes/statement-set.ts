/**
 * Which votes of a set may be imported. Author and importer run the same checks: an author drops the votes
 * that fail and the sets that nothing is left of, an importer refuses them.
 *
 * Reference: 4.7 (import, 1 to 6).
 */
import { err, ok, type Result } from "@parahost/base";
import type { SignatureItem } from "@parahost/crypto";
import {
  type BlockNumber,
  type DisputeState,
  type DisputeStatementSet,
  type DisputeVote,
  disputePayload,
  isDisputeConfirmed,
  type SessionIndex,
  type SessionInfo,
} from "@parahost/primitives";
import { type State, verifyTogether } from "../../framework/index.ts";
import { blockNumber } from "../../pallets/system/block.ts";
import { configuration } from "../configuration/configuration.ts";
import { sessionInfo } from "../session-info.ts";
import { sessionIndex } from "../shared/shared.ts";
import { type DisputesError, disputeOf, storage, tallyOf } from "./storage.ts";
import { type ImportSummary, newDispute, VoteImport, voteKind } from "./vote-import.ts";

/** What becomes of a vote that fails its check. */
export type OnBad = "drop" | "refuse";

/** Votes that may be imported, and what importing them does. */
export interface CheckedSet {
  readonly set: DisputeStatementSet;
  readonly summary: ImportSummary;
  /** Whether the dispute begins with it. */
  readonly isNew: boolean;
}

/** The validators of a session for which disputes are accepted. */
export function disputableSession(state: State, session: SessionIndex): SessionInfo | undefined {
  const current = sessionIndex(state);
  if (session > current || session + configuration(state).disputePeriod < current) return undefined;
  return sessionInfo(state, session);
}

export function checkStatementSet(
  state: State,
  set: DisputeStatementSet,
  onBad: OnBad,
): Result<CheckedSet, DisputesError> {
  const { candidateHash, session } = set;
  const now = blockNumber(state);
  const info = disputableSession(state, session);
  if (info === undefined) return err("ancientDisputeStatement");
  const known = disputeOf(state, session, candidateHash);
  if (known !== undefined && isClosed(state, known, now)) return err("ancientDisputeStatement");
  return verifyTogether(state, (verify) =>
    checkVotes(state, set, onBad, { info, known, now, verify }),
  );
}

function checkVotes(
  state: State,
  set: DisputeStatementSet,
  onBad: OnBad,
  {
    info,
    known,
    now,
    verify,
  }: {
    readonly info: SessionInfo;
    readonly known: DisputeState | undefined;
    readonly now: BlockNumber;
    readonly verify: (item: SignatureItem) => boolean;
  },
): Result<CheckedSet, DisputesError> {
  const { candidateHash, session, statements } = set;
  const votes = new VoteImport(
    known ?? newDispute(info.validators.length, now),
    storage.backersOnDisputes.get(state, session, candidateHash) ?? new Set(),
  );
  const good: DisputeVote[] = [];
  for (const vote of statements) {
    const kind = voteKind(vote.statement);
    // The cheap question first: most votes that are offered twice are on chain already.
    const bad =
      votes.check(vote.validatorIndex, kind) ??
      (isSigned(vote, set, info, verify) ? undefined : "invalidSignature");
    if (bad === undefined) {
      votes.add(vote.validatorIndex, kind);
      good.push(vote);
    } else if (onBad === "refuse") return err(bad);
  }
  if (good.length === 0) return err("duplicateStatement");
  const summary = votes.finish(now);
  if (known === undefined) {
    const bad = checkBeginning(votes, summary, info.validators.length);
    if (bad !== undefined) return err(bad);
  }
  return ok({
    set: good.length === statements.length ? set : { ...set, statements: good },
    summary,
    isNew: known === undefined,
  });
}

/** Whether a dispute takes no votes any more. */
export function isClosed(state: State, { concludedAt }: DisputeState, now: BlockNumber): boolean {
  if (concludedAt === undefined) return false;
  return concludedAt + configuration(state).disputePostConclusionAcceptancePeriod < now;
}

function isSigned(
  { statement, validatorIndex, signature }: DisputeVote,
  { candidateHash, session }: DisputeStatementSet,
  { validators }: SessionInfo,
  verify: (item: SignatureItem) => boolean,
): boolean {
  const message = disputePayload(statement, candidateHash, session);
  const publicKey = validators[validatorIndex];
  if (message === undefined || publicKey === undefined) return false;
  return verify({ scheme: "sr25519", publicKey, message, signature });
}

/**
 * A dispute begins with both sides, with more voters than can be faulty, so that these cannot fill the chain
 * with disputes, and with a backer, who can be held to account.
 */
function checkBeginning(
  votes: VoteImport,
  { state }: ImportSummary,
  validatorCount: number,
): DisputesError | undefined {
  if (votes.votesFor === 0 || votes.votesAgainst === 0) return "singleSidedDispute";
  if (!isDisputeConfirmed(tallyOf(state), validatorCount)) return "unconfirmedDispute";
  return votes.backerCount === 0 ? "missingBackingVotes" : undefined;
}
