/**
 * Pre-checks of code that is new to the chain: the votes, and what their outcome sets going.
 *
 * Reference: 4.3 (pre-checking, onboarding after accept, upgrade timing).
 */
import { err, ok, type Result } from "@parahost/base";
import {
  type BlockNumber,
  type HostConfiguration,
  type ParaId,
  type PvfCheckStatement,
  parachainLogItem,
  pvfCheckPayload,
  type ValidationCode,
  type ValidationCodeHash,
  type ValidatorSignature,
} from "@parahost/primitives";
import { type DispatchError, type State, verifySignature } from "../../framework/index.ts";
import { blockNumber, depositLog } from "../../pallets/system/block.ts";
import { blocksAfter } from "../block-time.ts";
import { configuration } from "../configuration/configuration.ts";
import { activeValidatorKeys, sessionDelay, sessionIndex } from "../shared/shared.ts";
import { queueAction } from "./actions.ts";
import { addCodeUse, dropCodeUse } from "./code.ts";
import {
  causePara,
  hasVoted,
  inNextSession,
  newVote,
  onboardingSession,
  outcomeOf,
  type PvfCheckActiveVoteState,
  type PvfCheckCause,
  withVote,
} from "./pvf-check.ts";
import { errors, events, storage } from "./storage.ts";
import { withUpcoming } from "./upcoming.ts";

/** Code that awaits the validators' votes, ascending. */
export const pvfsRequirePrecheck = (state: State): readonly ValidationCodeHash[] =>
  storage.pvfActiveVoteList.get(state);

/**
 * Makes sure that the code passes a pre-check before `cause` goes on, and counts its use. Known code
 * has passed; code that is being voted on gets one more cause; for other code a vote begins.
 */
export function requirePrecheck(
  state: State,
  cause: PvfCheckCause,
  hash: ValidationCodeHash,
  code: ValidationCode,
): void {
  const now = blockNumber(state);
  events.deposit(state, {
    type: "pvfCheckStarted",
    value: { codeHash: hash, para: causePara(cause) },
  });
  const vote = storage.pvfActiveVoteMap.get(state, hash);
  if (vote !== undefined) {
    storage.pvfActiveVoteMap.set(state, hash, { ...vote, causes: [...vote.causes, cause] });
  } else if (storage.codeByHash.has(state, hash)) {
    enactAccepted(state, hash, [cause], 0);
  } else {
    const validatorCount = activeValidatorKeys(state).length;
    storage.pvfActiveVoteMap.set(state, hash, newVote(now, validatorCount, cause));
    storage.pvfActiveVoteList.update(state, (list) => [...list, hash].sort());
  }
  addCodeUse(state, hash, code);
}

/** Ends the vote on trusted code with acceptance; false when there is none. */
export function acceptTrusted(state: State, hash: ValidationCodeHash): boolean {
  const vote = storage.pvfActiveVoteMap.get(state, hash);
  if (vote === undefined) return false;
  endVote(state, hash);
  enactAccepted(state, hash, vote.causes, vote.age);
  return true;
}

// Voting

/** Whether a statement may be cast now; the vote it belongs to. */
export function checkStatement(
  state: State,
  statement: PvfCheckStatement,
  signature: ValidatorSignature,
): Result<PvfCheckActiveVoteState, DispatchError> {
  const session = sessionIndex(state);
  if (statement.sessionIndex < session) return err(errors.pvfCheckStatementStale);
  if (statement.sessionIndex > session) return err(errors.pvfCheckStatementFuture);
  const publicKey = activeValidatorKeys(state)[statement.validatorIndex];
  if (publicKey === undefined) return err(errors.pvfCheckValidatorIndexOutOfBounds);
  const vote = storage.pvfActiveVoteMap.get(state, statement.subject);
  if (vote === undefined) return err(errors.pvfCheckSubjectInvalid);
  if (hasVoted(vote, statement.validatorIndex)) return err(errors.pvfCheckDoubleVote);
  const message = pvfCheckPayload(statement);
  if (!verifySignature(state, { scheme: "sr25519", publicKey, message, signature }))
    return err(errors.pvfCheckInvalidSignature);
  return ok(vote);
}

/** Casts a vote; the deciding one sets its outcome going. */
export function includePvfCheckStatement(
  state: State,
  statement: PvfCheckStatement,
  signature: ValidatorSignature,
): Result<void, DispatchError> {
  const checked = checkStatement(state, statement, signature);
  if (!checked.ok) return checked;
  const { subject } = statement;
  const vote = withVote(checked.value, statement.validatorIndex, statement.accept);
  const outcome = outcomeOf(vote);
  if (outcome === undefined) {
    storage.pvfActiveVoteMap.set(state, subject, vote);
    return ok(undefined);
  }
  endVote(state, subject);
  if (outcome === "accepted") enactAccepted(state, subject, vote.causes, vote.age);
  else enactRejected(state, subject, vote.causes);
  return ok(undefined);
}

function endVote(state: State, hash: ValidationCodeHash): void {
  storage.pvfActiveVoteMap.remove(state, hash);
  storage.pvfActiveVoteList.update(state, (list) => list.filter((listed) => listed !== hash));
}

// Outcomes

function enactAccepted(
  state: State,
  hash: ValidationCodeHash,
  causes: readonly PvfCheckCause[],
  sessionsObserved: number,
): void {
  for (const cause of causes) {
    const para = causePara(cause);
    events.deposit(state, { type: "pvfCheckAccepted", value: { codeHash: hash, para } });
    if (cause.type === "onboarding")
      queueAction(
        state,
        onboardingSession(sessionIndex(state), sessionDelay(state), sessionsObserved),
        para,
      );
    else announceUpgrade(state, hash, cause.value);
  }
}

/** Fixes when the new code comes into force. */
function announceUpgrade(
  state: State,
  hash: ValidationCodeHash,
  { id, includedAt, upgradeStrategy }: Extract<PvfCheckCause, { type: "upgrade" }>["value"],
): void {
  const expectedAt = upgradeExpectedAt(blockNumber(state), includedAt, configuration(state));
  if (upgradeStrategy.type === "applyAtExpectedBlock") {
    storage.futureCodeUpgradesAt.update(state, (list) => withUpcoming(list, id, expectedAt));
  } else {
    storage.futureCodeUpgrades.set(state, id, expectedAt);
    storage.upcomingUpgrades.update(state, (list) => withUpcoming(list, id, expectedAt));
  }
  depositLog(
    state,
    parachainLogItem({
      type: "paraScheduleUpgradeCode",
      value: { para: id, codeHash: hash, expectedAt },
    }),
  );
}

/**
 * Long enough after the inclusion for the code to survive a reversion of the chain, and long enough
 * after the deciding vote for the para to prepare.
 */
export function upgradeExpectedAt(
  now: BlockNumber,
  includedAt: BlockNumber,
  {
    validationUpgradeDelay,
    minimumValidationUpgradeDelay,
  }: Pick<HostConfiguration, "validationUpgradeDelay" | "minimumValidationUpgradeDelay">,
): BlockNumber {
  return Math.max(
    blocksAfter(includedAt, validationUpgradeDelay),
    blocksAfter(now, minimumValidationUpgradeDelay),
  );
}

/** A para that cannot onboard is forgotten; one that cannot upgrade is told so. */
function enactRejected(
  state: State,
  hash: ValidationCodeHash,
  causes: readonly PvfCheckCause[],
): void {
  for (const cause of causes) {
    const para: ParaId = causePara(cause);
    dropCodeUse(state, hash);
    events.deposit(state, { type: "pvfCheckRejected", value: { codeHash: hash, para } });
    if (cause.type === "onboarding") {
      storage.upcomingParasGenesis.remove(state, para);
      storage.currentCodeHash.remove(state, para);
      storage.paraLifecycles.remove(state, para);
    } else {
      storage.upgradeGoAheadSignal.set(state, para, { type: "abort" });
      storage.futureCodeHash.remove(state, para);
    }
  }
}

// Session change

/** Votes begin anew with the new validators; those that have taken too long end in refusal. */
export function onNewSession(
  state: State,
  { pvfVotingTtl }: HostConfiguration,
  validatorCount: number,
): void {
  const subjects = storage.pvfActiveVoteList.get(state);
  if (subjects.length === 0) return;
  const kept: ValidationCodeHash[] = [];
  for (const hash of subjects) {
    const vote = storage.pvfActiveVoteMap.take(state, hash);
    if (vote === undefined) continue;
    const next = inNextSession(vote, validatorCount, pvfVotingTtl);
    if (next === undefined) {
      enactRejected(state, hash, vote.causes);
      continue;
    }
    storage.pvfActiveVoteMap.set(state, hash, next);
    kept.push(hash);
  }
  storage.pvfActiveVoteList.set(state, kept);
}
