/**
 * Paras: the register of parachains and parathreads with their heads and code. This file is what other
 * modules use; `registration.ts` has their lives, `code.ts` and `upgrades.ts` their code,
 * `pvf-votes.ts` the pre-checks of it.
 *
 * Guide: runtime/paras.md. Reference: 4.3.
 */

import { concatBytes, err, hexToBytes, ok, type Result } from "@parahost/base";
import {
  BlockNumber,
  HeadData,
  ParaId,
  PvfCheckStatement,
  type SessionIndex,
  ValidationCode,
  ValidationCodeHash,
  ValidatorSignature,
  validationCodeHash,
} from "@parahost/primitives";
import { encode, u64 } from "@parahost/scale";
import {
  call,
  constant,
  type DispatchError,
  type DispatchResult,
  done,
  ensureNone,
  ensureRoot,
  ensureSigned,
  type Origin,
  pallet,
  type State,
  type UnsignedValidity,
  weightOf,
} from "../../framework/index.ts";
import { burn } from "../../pallets/balances/transfer.ts";
import { blockNumber } from "../../pallets/system/block.ts";
import { blocksAfter } from "../block-time.ts";
import { configuration } from "../configuration/configuration.ts";
import type { SessionChangeNotification } from "../session-change.ts";
import { sessionIndex } from "../shared/shared.ts";
import { queueAction } from "./actions.ts";
import { addCodeUse, pruneOldCode, replaceCurrentCode } from "./code.ts";
import { isLive, isParathread } from "./lifecycle.ts";
import {
  acceptTrusted,
  checkStatement,
  includePvfCheckStatement,
  onNewSession as renewVotes,
} from "./pvf-votes.ts";
import { applyActions, lifecycle } from "./registration.ts";
import { errors, events, storage } from "./storage.ts";
import {
  applyDueUpgrades,
  COOLDOWN_REMOVAL_PER_BLOCK,
  cooldownLeft,
  liftDueRestrictions,
  noteNewHead,
  removeCooldown,
  scheduleCodeUpgrade,
  signalDueUpgrades,
} from "./upgrades.ts";

export {
  currentCode,
  currentCodeHash,
  validationCodeAt,
  validationCodeByHash,
} from "./code.ts";
export type { ParaState } from "./lifecycle.ts";
export { pvfsRequirePrecheck } from "./pvf-votes.ts";
export {
  initializePara,
  lifecycle,
  parachains,
  scheduleParaCleanup,
  scheduleParachainDowngrade,
  scheduleParaInitialize,
  scheduleParathreadUpgrade,
} from "./registration.ts";
export { ParaGenesisArgs } from "./storage.ts";
export {
  canUpgradeValidationCode,
  lastCodeUpgrade,
  noteNewHead,
  scheduleCodeUpgrade,
} from "./upgrades.ts";

// Questions

/** The head of a para's last included candidate. */
export const paraHead = (state: State, para: ParaId): HeadData | undefined =>
  storage.heads.get(state, para);

/** Number of the relay parent of a para's last included candidate. */
export const mostRecentContext = (state: State, para: ParaId): BlockNumber =>
  storage.mostRecentContext.get(state, para) ?? 0;

/** True for paras that live on claims now. */
export const isLiveParathread = (state: State, para: ParaId): boolean =>
  isParathread(lifecycle(state, para));

/** True for paras that are here and will be after the next session change. */
export const isValidPara = (state: State, para: ParaId): boolean => isLive(lifecycle(state, para));

/** True for paras that have a head: all but those that are still onboarding. */
const isOnboarded = (state: State, para: ParaId): boolean => storage.heads.has(state, para);

/** All paras that have a head, ascending. */
export const paraIds = (state: State): readonly ParaId[] =>
  storage.heads.keys(state).sort((a, b) => a - b);

/** What a para that upgrades is told, and from which relay parent on its new code applies. */
export const pendingUpgrade = (
  state: State,
  para: ParaId,
): { readonly expectedAt: BlockNumber; readonly codeHash: ValidationCodeHash } | undefined => {
  const expectedAt = storage.futureCodeUpgrades.get(state, para);
  const codeHash = storage.futureCodeHash.get(state, para);
  return expectedAt === undefined || codeHash === undefined ? undefined : { expectedAt, codeHash };
};

export const upgradeRestriction = (state: State, para: ParaId) =>
  storage.upgradeRestrictionSignal.get(state, para);

// Routines

/** Replaces the head of a para that has one, whatever its candidates say. */
export function setCurrentHead(
  state: State,
  para: ParaId,
  head: HeadData,
): Result<void, DispatchError> {
  if (!isOnboarded(state, para)) return err(errors.notRegistered);
  storage.heads.set(state, para, head);
  events.deposit(state, { type: "currentHeadUpdated", value: para });
  return ok(undefined);
}

/** Replaces the code of a para at once, without a pre-check. */
function setCurrentCode(
  state: State,
  para: ParaId,
  code: ValidationCode,
): Result<void, DispatchError> {
  // The code of a para that is onboarding belongs to the vote on it.
  if (!isOnboarded(state, para)) return err(errors.notRegistered);
  if (code.length > configuration(state).maxCodeSize) return err(errors.invalidCode);
  const hash = validationCodeHash(code);
  addCodeUse(state, hash, code);
  replaceCurrentCode(state, para, hash, blockNumber(state));
  events.deposit(state, { type: "currentCodeUpdated", value: para });
  return ok(undefined);
}

/** Whether governance has authorized this code for the para, and not too long ago. */
function checkAuthorized(
  state: State,
  para: ParaId,
  code: ValidationCode,
): Result<{ readonly expireAt: BlockNumber }, DispatchError> {
  const authorized = storage.authorizedCodeHash.get(state, para);
  if (authorized === undefined) return err(errors.nothingAuthorized);
  if (authorized.expireAt <= blockNumber(state)) return err(errors.invalidBlockNumber);
  return authorized.codeHash === validationCodeHash(code)
    ? ok(authorized)
    : err(errors.unauthorized);
}

// Initialization, finalization, session change

export function initialize(state: State, now: BlockNumber): void {
  pruneOldCode(state, now);
  signalDueUpgrades(state, now);
  applyDueUpgrades(state, now);
}

export function finalize(state: State, now: BlockNumber): void {
  liftDueRestrictions(state, now);
}

/** Applies what was queued for this session; returns the paras that have left, ascending. */
export function onNewSession(
  state: State,
  { session, configuration, validators }: SessionChangeNotification,
): readonly ParaId[] {
  const outgoing = applyActions(state, session);
  renewVotes(state, configuration, validators.length);
  return outgoing;
}

// Entry points

/** Votes come before ordinary transactions and live for an hour of blocks. */
const PVF_CHECK_PRIORITY = 1n << 62n;
const PVF_CHECK_LONGEVITY_BLOCKS = 600n;

const AUTHORIZED_CODE_PRIORITY = 100n;

/** Custom codes of refused votes, as Polkadot's. */
const BAD_VALIDATOR_INDEX = 1;
const BAD_SUBJECT = 2;
const DOUBLE_VOTE = 3;

const rooted = (origin: Origin, run: () => DispatchResult): DispatchResult => {
  const root = ensureRoot(origin);
  return root.ok ? run() : root;
};

const toDispatchResult = (result: Result<void, DispatchError>): DispatchResult =>
  result.ok ? done : result;

const isVotedOn = (state: State, para: ParaId): boolean => {
  const hash = storage.currentCodeHash.get(state, para);
  return hash !== undefined && storage.pvfActiveVoteMap.has(state, hash);
};

const codeWork = (code: ValidationCode) => ({ reads: 5, writes: 5, bytes: 2 * code.length });

const custom = (code: number): UnsignedValidity =>
  err({ type: "invalid", value: { type: "custom", value: code } });

function validatePvfCheck(
  state: State,
  statement: PvfCheckStatement,
  signature: ValidatorSignature,
): UnsignedValidity {
  const checked = checkStatement(state, statement, signature);
  if (checked.ok)
    return ok({
      priority: PVF_CHECK_PRIORITY,
      requires: [],
      provides: [
        concatBytes(
          new TextEncoder().encode("PvfPreCheckingVote"),
          encode(PvfCheckStatement, { ...statement, accept: true }),
        ),
      ],
      longevity: PVF_CHECK_LONGEVITY_BLOCKS,
      propagate: true,
    });
  switch (checked.error) {
    case errors.pvfCheckStatementStale:
      return err({ type: "invalid", value: { type: "stale" } });
    case errors.pvfCheckStatementFuture:
      return err({ type: "invalid", value: { type: "future" } });
    case errors.pvfCheckValidatorIndexOutOfBounds:
      return custom(BAD_VALIDATOR_INDEX);
    case errors.pvfCheckSubjectInvalid:
      return custom(BAD_SUBJECT);
    case errors.pvfCheckDoubleVote:
      return custom(DOUBLE_VOTE);
    default:
      return err({ type: "invalid", value: { type: "badProof" } });
  }
}

const calls = {
  forceSetCurrentCode: call({
    index: 0,
    docs: "Replaces the code of a para at once.",
    args: { para: ParaId, newCode: ValidationCode },
    weight: ({ newCode }) => weightOf(codeWork(newCode)),
    dispatch: (state, origin, { para, newCode }) =>
      rooted(origin, () => {
        const set = setCurrentCode(state, para, newCode);
        return set.ok ? done : set;
      }),
  }),
  forceSetCurrentHead: call({
    index: 1,
    docs: "Replaces the head of a para at once.",
    args: { para: ParaId, newHead: HeadData },
    weight: ({ newHead }) => weightOf({ reads: 2, writes: 1, bytes: newHead.length }),
    dispatch: (state, origin, { para, newHead }) =>
      rooted(origin, () => {
        const set = setCurrentHead(state, para, newHead);
        return set.ok ? done : set;
      }),
  }),
  forceScheduleCodeUpgrade: call({
    index: 2,
    docs: "Schedules a code upgrade as if announced at `relay_parent_number`; it does not wait for the para.",
    args: { para: ParaId, newCode: ValidationCode, relayParentNumber: BlockNumber },
    weight: ({ newCode }) => weightOf(codeWork(newCode)),
    dispatch: (state, origin, { para, newCode, relayParentNumber }) =>
      rooted(origin, () => {
        if (!isValidPara(state, para)) return err(errors.notRegistered);
        if (newCode.length > configuration(state).maxCodeSize) return err(errors.invalidCode);
        scheduleCodeUpgrade(state, para, newCode, relayParentNumber, {
          type: "applyAtExpectedBlock",
        });
        events.deposit(state, { type: "codeUpgradeScheduled", value: para });
        return done;
      }),
  }),
  forceNoteNewHead: call({
    index: 3,
    docs: "Notes a new head of a para as if it were included in the context of this block.",
    args: { para: ParaId, newHead: HeadData },
    weight: ({ newHead }) => weightOf({ reads: 5, writes: 5, bytes: newHead.length }),
    dispatch: (state, origin, { para, newHead }) =>
      rooted(origin, () => {
        if (!isOnboarded(state, para)) return err(errors.notRegistered);
        noteNewHead(state, para, newHead, blockNumber(state));
        events.deposit(state, { type: "newHeadNoted", value: para });
        return done;
      }),
  }),
  forceQueueAction: call({
    index: 4,
    docs: "Applies the queued change of a para at the next session already.",
    args: { para: ParaId },
    weight: weightOf({ reads: 2, writes: 1 }),
    dispatch: (state, origin, { para }) =>
      rooted(origin, () => {
        // Code that is being voted on must not come into use before the vote has ended.
        if (isVotedOn(state, para)) return err(errors.cannotOnboard);
        const session = (sessionIndex(state) + 1) as SessionIndex;
        queueAction(state, session, para);
        events.deposit(state, { type: "actionQueued", value: { para, session } });
        return done;
      }),
  }),
  addTrustedValidationCode: call({
    index: 5,
    docs: "Stores code that needs no pre-check; a vote on it ends with acceptance.",
    args: { validationCode: ValidationCode },
    weight: ({ validationCode }) => weightOf(codeWork(validationCode)),
    dispatch: (state, origin, { validationCode }) =>
      rooted(origin, () => {
        const hash = validationCodeHash(validationCode);
        if (!acceptTrusted(state, hash) && !storage.codeByHash.has(state, hash))
          storage.codeByHash.set(state, hash, validationCode);
        return done;
      }),
  }),
  pokeUnusedValidationCode: call({
    index: 6,
    docs: "Removes stored code that no para uses.",
    args: { validationCodeHash: ValidationCodeHash },
    weight: weightOf({ reads: 1, writes: 1 }),
    dispatch: (state, origin, args) =>
      rooted(origin, () => {
        if (storage.codeByHashRefs.get(state, args.validationCodeHash) === 0)
          storage.codeByHash.remove(state, args.validationCodeHash);
        return done;
      }),
  }),
  includePvfCheckStatement: call({
    index: 7,
    docs: "A validator's vote on code that awaits its pre-check.",
    args: { stmt: PvfCheckStatement, signature: ValidatorSignature },
    weight: weightOf({ reads: 8, writes: 8, signatures: 1 }),
    paysFee: false,
    validateUnsigned: (state, { stmt, signature }) => validatePvfCheck(state, stmt, signature),
    dispatch: (state, origin, { stmt, signature }) => {
      const none = ensureNone(origin);
      if (!none.ok) return none;
      return toDispatchResult(includePvfCheckStatement(state, stmt, signature));
    },
  }),
  removeUpgradeCooldown: call({
    index: 9,
    docs: "Lets a para upgrade again before its cooldown is over, for a price per block that is burned.",
    args: { para: ParaId },
    weight: weightOf({ reads: 4, writes: 3 }),
    dispatch: (state, origin, { para }) => {
      const who = ensureSigned(origin);
      if (!who.ok) return who;
      const left = cooldownLeft(state, para);
      if (left === 0) return done;
      const price = COOLDOWN_REMOVAL_PER_BLOCK * BigInt(left);
      const paid = burn(state, who.value, price, "preserve");
      if (!paid.ok) return paid;
      removeCooldown(state, para);
      return done;
    },
  }),
  authorizeForceSetCurrentCodeHash: call({
    index: 10,
    docs: "Admits code with this hash as the para's for `valid_period` blocks, whoever hands it in.",
    args: { para: ParaId, newCodeHash: ValidationCodeHash, validPeriod: BlockNumber },
    weight: weightOf({ reads: 1, writes: 1 }),
    dispatch: (state, origin, { para, newCodeHash, validPeriod }) =>
      rooted(origin, () => {
        const expireAt = blocksAfter(blockNumber(state), validPeriod);
        const value = { codeHash: newCodeHash, expireAt };
        storage.authorizedCodeHash.set(state, para, value);
        events.deposit(state, { type: "codeAuthorized", value: { paraId: para, ...value } });
        return done;
      }),
  }),
  applyAuthorizedForceSetCurrentCode: call({
    index: 11,
    docs: "Hands in the code that governance has authorized for a para.",
    args: { para: ParaId, newCode: ValidationCode },
    weight: ({ newCode }) => weightOf(codeWork(newCode)),
    paysFee: false,
    validateUnsigned: (state, { para, newCode }) => {
      const checked = checkAuthorized(state, para, newCode);
      if (!checked.ok) return err({ type: "invalid", value: { type: "call" } });
      return ok({
        priority: AUTHORIZED_CODE_PRIORITY,
        requires: [],
        provides: [hexToBytes(validationCodeHash(newCode))],
        longevity: BigInt(checked.value.expireAt - blockNumber(state)),
        propagate: true,
      });
    },
    dispatch: (state, _origin, { para, newCode }) => {
      const checked = checkAuthorized(state, para, newCode);
      if (!checked.ok) return checked;
      storage.authorizedCodeHash.remove(state, para);
      const set = setCurrentCode(state, para, newCode);
      return set.ok ? done : set;
    },
  }),
  forceSetMostRecentContext: call({
    index: 8,
    docs: "Sets the relay parent number that a para's next candidate may not go back behind.",
    args: { para: ParaId, context: BlockNumber },
    weight: weightOf({ reads: 1, writes: 1 }),
    dispatch: (state, origin, { para, context }) =>
      rooted(origin, () => {
        if (!isOnboarded(state, para)) return err(errors.notRegistered);
        storage.mostRecentContext.set(state, para, context);
        return done;
      }),
  }),
};

export const paras = pallet({
  name: "Paras",
  index: 56,
  storage,
  constants: {
    UnsignedPriority: constant("Of votes on code in the pool.", u64, () => PVF_CHECK_PRIORITY),
  },
  calls,
  events,
  errors,
});
