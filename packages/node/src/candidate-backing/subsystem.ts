/**
 * Candidate backing: validates candidates for our group, signs what is good, tallies everybody's
 * statements and says which candidates can be backed. Guide: Candidate Backing.
 *
 * The loop only dispatches and tallies. Fetching and validating are jobs; what they find is looked at
 * again under the relay parent's present state, since it may be gone. A signature leaves the node
 * after the record of it is on disk and the candidate's data is stored.
 */
import { describe, type Logger, type Result } from "@parahost/base";
import type { Keystore } from "@parahost/crypto";
import {
  asValidatorIndex,
  type BackedCandidate,
  type BlockNumber,
  type CandidateCommitments,
  type CandidateHash,
  type CandidateReceipt,
  type CommittedCandidateReceipt,
  candidateHash,
  commitmentsHash,
  type Hash,
  type ParaId,
  type PersistedValidationData,
  type PoV,
  persistedValidationDataHash,
  statementPayload,
  toPlainReceipt,
  type ValidatorIndex,
  type ValidatorSignature,
} from "@parahost/primitives";
import type { KeyValueStore } from "@parahost/storage";
import type { ValidationFailed, ValidationVerdict } from "../candidate-validation/messages.ts";
import { ImplicitView, openLeafView } from "../implicit-view.ts";
import type { MisbehaviorArbitrationMessage } from "../misbehavior-arbitration/messages.ts";
import type { Context } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import type { ActivatedLeaf } from "../overseer/signal.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import type {
  CandidateAt,
  CandidateBackingMessage,
  FullStatementWithPvd,
  SignedFullStatementWithPvd,
  SignedInvalid,
} from "./messages.ts";
import { openRelayParent, type RelayParent, VALIDATOR_KEY } from "./relay-parent.ts";
import { StatementRecord, type StatementRecordColumn } from "./statement-record.ts";
import type { ImportError, Misbehavior } from "./statement-table.ts";

const TARGET = "parachain::candidate-backing";
/** Times that one validator is asked for a candidate's PoV, for each block that may take the candidate. */
const POV_ASKS_MAX = 2;

export type CandidateBackingSends =
  | "runtime-api"
  | "chain-api"
  | "prospective-parachains"
  | "candidate-validation"
  | "availability-distribution"
  | "availability-store"
  | "statement-distribution"
  | "collator-protocol"
  | "dispute-coordinator"
  | "misbehavior-arbitration";
export type CandidateBackingContext = Context<"candidate-backing", CandidateBackingSends>;

export interface Dependencies {
  readonly logger: Logger;
  readonly keystore: Keystore;
  readonly store: KeyValueStore<StatementRecordColumn>;
  /** Whether the network signs the guide's "it is invalid"; off without it. */
  readonly invalidStatements?: boolean;
  /** Told of each candidate that we seconded, for those who watch. */
  readonly onSeconded?: (candidate: CommittedCandidateReceipt, relayParent: BlockNumber) => void;
}

interface State {
  readonly context: CandidateBackingContext;
  readonly deps: Dependencies;
  readonly record: StatementRecord;
  readonly view: ImplicitView;
  readonly relayParents: Map<Hash, RelayParent>;
  /** The longest ancestry that any leaf allowed. */
  ancestryMax: number;
}

export async function run(context: CandidateBackingContext, deps: Dependencies): Promise<void> {
  const state: State = {
    context,
    deps,
    record: new StatementRecord(deps.store),
    view: new ImplicitView(),
    relayParents: new Map(),
    ancestryMax: 0,
  };
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") {
      await handle(state, incoming.message);
      continue;
    }
    const { signal } = incoming;
    switch (signal.type) {
      case "conclude":
        return;
      case "blockFinalized":
        // Relay parents may lie so far behind a leaf on the finalized block.
        state.record.prune(Math.max(0, signal.number - state.ancestryMax));
        break;
      case "activeLeaves":
        // First the new leaf, so that what it has in common with the old one goes on.
        if (signal.activated !== undefined) await openLeaf(state, signal.activated);
        for (const hash of state.view.deactivate(signal.deactivated))
          state.relayParents.delete(hash);
        break;
    }
  }
}

async function openLeaf(state: State, leaf: ActivatedLeaf): Promise<void> {
  const { context, deps, relayParents, view } = state;
  // Nothing is signed again on a leaf that was active before.
  if (leaf.status !== "fresh") return;
  const opened = await openLeafView(context, leaf);
  if (opened !== undefined) {
    const { allowedAncestryLen } = opened.params;
    state.ancestryMax = Math.max(state.ancestryMax, allowedAncestryLen);
    for (const { hash, number } of view.activate(leaf.hash, opened)) {
      const own = await openRelayParent(context, deps.keystore, hash, number, opened.params);
      if (own !== undefined) relayParents.set(hash, own);
    }
  }
  if (!relayParents.has(leaf.hash))
    deps.logger.log("warn", TARGET, "no runtime data, not backing on this leaf", {
      leaf: leaf.hash,
    });
}

async function handle(state: State, message: CandidateBackingMessage): Promise<void> {
  switch (message.type) {
    case "second":
      await second(state, message);
      break;
    case "statement": {
      const relayParent = state.relayParents.get(message.relayParent);
      if (relayParent !== undefined) await importStatement(state, relayParent, message.statement);
      break;
    }
    case "invalidStatement":
      await onInvalidStatement(state, message);
      break;
    case "canSecond":
      message.reply(await canSecond(state, message));
      break;
    case "getBackableCandidates":
      message.reply(backableCandidates(state, message.candidates));
      break;
  }
}

// Seconding

type SecondRequest = Extract<CandidateBackingMessage, { type: "second" }>;

/**
 * Whether this para's candidates are ours to second here and we have not seconded enough others. One that is
 * on record may be seconded again: we may have crashed before its signature left.
 */
function maySecond(
  { record }: State,
  relayParent: RelayParent,
  paraId: ParaId,
  candidate: CandidateHash,
): boolean {
  const { hash, local, number, secondedMax } = relayParent;
  return (
    local?.core !== undefined &&
    !relayParent.disabled.has(local.index) &&
    local.core.paras.includes(paraId) &&
    (record.secondedCount(number, hash) < secondedMax ||
      record.signed(number, hash, candidate) === "seconded")
  );
}

async function second(state: State, request: SecondRequest): Promise<void> {
  const relayParent = state.relayParents.get(request.relayParent);
  const receipt = request.candidateReceipt;
  const hash = candidateHash(receipt);
  if (
    relayParent === undefined ||
    !maySecond(state, relayParent, receipt.descriptor.paraId, hash) ||
    relayParent.issued.has(hash) ||
    relayParent.awaiting.has(hash)
  ) {
    state.deps.logger.log("debug", TARGET, "not seconding", { candidate: hash });
    return;
  }
  relayParent.awaiting.add(hash);
  state.context.spawn("validate and second", async () => {
    const verdict = await validateAndStore(
      state,
      relayParent,
      receipt,
      request.persistedValidationData,
      request.pov,
    );
    relayParent.awaiting.delete(hash);
    if (state.relayParents.get(relayParent.hash) !== relayParent) return;
    switch (verdict.type) {
      case "failed":
        return;
      case "invalid":
        relayParent.issued.add(hash);
        state.deps.logger.log("warn", TARGET, `not seconding an invalid candidate`, {
          candidate: hash,
          reason: verdict.reason,
        });
        await state.context.send("collator-protocol", {
          type: "invalid",
          relayParent: relayParent.hash,
          candidateReceipt: receipt,
        });
        return;
      case "valid": {
        const committed: CommittedCandidateReceipt = {
          descriptor: receipt.descriptor,
          commitments: verdict.commitments,
        };
        // Others may have been seconded while this one was validated.
        const isOurTurn = (): boolean =>
          maySecond(state, relayParent, receipt.descriptor.paraId, hash);
        if (!isOurTurn()) return;
        const isViable = await introduce(
          state,
          relayParent,
          hash,
          committed,
          request.persistedValidationData,
        );
        if (!isViable || !isOurTurn()) return;
        const statement = await signAndShare(state, relayParent, {
          type: "seconded",
          value: committed,
          persistedValidationData: request.persistedValidationData,
        });
        if (statement === undefined) return;
        state.deps.onSeconded?.(committed, relayParent.number);
        await state.context.send("collator-protocol", {
          type: "seconded",
          relayParent: relayParent.hash,
          statement: {
            payload: { type: "seconded", value: committed },
            validatorIndex: statement.validatorIndex,
            signature: statement.signature,
          },
        });
      }
    }
  });
}

async function canSecond(
  state: State,
  question: Extract<CandidateBackingMessage, { type: "canSecond" }>,
): Promise<boolean> {
  const { candidateHash: candidate, paraId } = question;
  const relayParent = state.relayParents.get(question.relayParent);
  if (relayParent === undefined || !maySecond(state, relayParent, paraId, candidate)) return false;
  if (relayParent.issued.has(candidate)) return false;
  const leaves = await unlessCancelled(
    state.context.ask("prospective-parachains", {
      type: "getHypotheticalMembership",
      candidate: {
        type: "incomplete",
        candidateHash: candidate,
        paraId,
        relayParent: question.relayParent,
        parentHeadDataHash: question.parentHeadDataHash,
      },
    }),
  );
  return leaves !== undefined && leaves.length > 0;
}

/** Whether the candidate, which somebody seconded, may become part of a chain. */
async function introduce(
  { context }: State,
  { viable }: RelayParent,
  hash: CandidateHash,
  receipt: CommittedCandidateReceipt,
  persistedValidationData: PersistedValidationData,
): Promise<boolean> {
  if (viable.has(hash)) return true;
  const isViable = await unlessCancelled(
    context.ask("prospective-parachains", {
      type: "introduceSecondedCandidate",
      candidateHash: hash,
      receipt,
      persistedValidationData,
    }),
  );
  if (isViable === true) viable.add(hash);
  return isViable === true;
}

// Statements

async function importStatement(
  state: State,
  relayParent: RelayParent,
  statement: SignedFullStatementWithPvd,
): Promise<void> {
  if (relayParent.disabled.has(statement.validatorIndex)) return;
  const imported = await tally(state, relayParent, statement);
  if (!imported) return;
  const hash = hashOf(statement.payload);
  const candidate = relayParent.table.get(hash);
  const { local } = relayParent;
  if (candidate === undefined || local === undefined) return;
  if (candidate.core !== local.core || relayParent.disabled.has(local.index)) return;
  // Our own statement, which others kept while we were away.
  if (statement.validatorIndex === local.index) relayParent.issued.add(hash);
  if (relayParent.issued.has(hash)) return;
  const attesting = relayParent.fallbacks.get(hash) ?? [];
  if (!attesting.includes(statement.validatorIndex))
    relayParent.fallbacks.set(hash, [...attesting, statement.validatorIndex]);
  if (relayParent.awaiting.has(hash) || !relayParent.viable.has(hash)) return;
  relayParent.awaiting.add(hash);
  state.context.spawn("attest", () => attest(state, relayParent, hash));
}

const hashOf = (payload: FullStatementWithPvd): CandidateHash =>
  payload.type === "seconded" ? candidateHash(payload.value) : payload.value;

/** Counts a statement and tells what follows from it. False for one that changes nothing. */
async function tally(
  state: State,
  relayParent: RelayParent,
  statement: SignedFullStatementWithPvd,
): Promise<boolean> {
  const imported = relayParent.table.import(
    statement as Parameters<typeof relayParent.table.import>[0],
  );
  if (!imported.ok) {
    onImportError(state, relayParent, statement, imported.error);
    return false;
  }
  const { becameBackable, candidateHash: hash, isNew } = imported.value;
  const { payload } = statement;
  if (isNew && payload.type === "seconded")
    await introduce(state, relayParent, hash, payload.value, payload.persistedValidationData);
  const paraId = relayParent.table.get(hash)?.receipt.descriptor.paraId;
  if (becameBackable && paraId !== undefined) {
    // Not awaited: statement distribution sends to us, and the table bounds the number.
    void state.context.send("prospective-parachains", {
      type: "candidateBacked",
      paraId,
      candidateHash: hash,
    });
    void state.context.send("statement-distribution", { type: "backed", candidateHash: hash });
  }
  return isNew;
}

function onImportError(
  state: State,
  relayParent: RelayParent,
  statement: SignedFullStatementWithPvd,
  error: ImportError,
): void {
  state.deps.logger.log("debug", TARGET, `statement refused: ${error.code}`, {
    validator: statement.validatorIndex,
    relayParent: relayParent.hash,
  });
  if (error.code === "notScheduled" || error.code === "unknownCandidate") return;
  const offence = accusation(relayParent.hash, statement.validatorIndex, error);
  // Not awaited, as nothing follows from it here; the table bounds the number.
  if (offence !== undefined) void state.context.send("misbehavior-arbitration", offence);
}

/** `undefined` for two signatures on one statement: they differ with every signing. */
function accusation(
  relayParent: Hash,
  validatorIndex: ValidatorIndex,
  misbehavior: Misbehavior,
): MisbehaviorArbitrationMessage | undefined {
  switch (misbehavior.code) {
    case "multipleCandidates":
      return { type: "doubleVote", relayParent, validatorIndex, votes: misbehavior.votes };
    case "validityDoubleVote":
      return { type: "selfContradiction", relayParent, validatorIndex, votes: misbehavior.votes };
    case "unauthorizedStatement": {
      const [vote] = misbehavior.votes;
      return { type: "unauthorizedStatement", relayParent, validatorIndex, vote };
    }
    case "doubleSign":
      return undefined;
  }
}

/**
 * Fetches the PoV from those who attest the candidate, one after the other, and judges it. Who gave no
 * answer is asked once more when all others were asked: messages can be lost.
 */
async function attest(state: State, relayParent: RelayParent, hash: CandidateHash): Promise<void> {
  const isLive = (): boolean => state.relayParents.get(relayParent.hash) === relayParent;
  const candidate = relayParent.table.get(hash);
  if (candidate === undefined) return;
  const { receipt, persistedValidationData } = candidate;
  const asks = new Map<ValidatorIndex, number>();
  const asksMax = POV_ASKS_MAX * (1 + relayParent.ancestry);
  for (;;) {
    const attesting = relayParent.fallbacks.get(hash) ?? [];
    const next =
      attesting.find((validator) => !asks.has(validator)) ??
      attesting.find((validator) => (asks.get(validator) ?? 0) < asksMax);
    if (next === undefined || !isLive()) {
      // Another attester may still come; its statement starts the job again.
      relayParent.awaiting.delete(hash);
      return;
    }
    asks.set(next, (asks.get(next) ?? 0) + 1);
    const pov = await unlessCancelled(
      state.context.ask("availability-distribution", {
        type: "fetchPov",
        relayParent: relayParent.hash,
        fromValidator: next,
        paraId: receipt.descriptor.paraId,
        candidateHash: hash,
        povHash: receipt.descriptor.povHash,
      }),
    );
    if (pov === undefined || !pov.ok) {
      if (pov !== undefined && pov.error.code !== "unavailable") asks.set(next, asksMax);
      continue;
    }
    const verdict = await validateAndStore(
      state,
      relayParent,
      toPlainReceipt(receipt),
      persistedValidationData,
      pov.value,
    );
    relayParent.awaiting.delete(hash);
    if (!isLive() || verdict.type === "failed") return;
    if (verdict.type === "invalid") {
      relayParent.issued.add(hash);
      state.deps.logger.log("warn", TARGET, "a seconded candidate is invalid", {
        candidate: hash,
        reason: verdict.reason,
      });
      if (state.deps.invalidStatements === true) {
        await sayInvalid(state, relayParent, hash);
        return;
      }
      // It may have been invalid to us alone: too slow for backing, or on another fork. If a block backs
      // it nevertheless, it is checked as any disputed candidate is.
      await state.context.send("dispute-coordinator", {
        type: "candidateInQuestion",
        session: relayParent.signingContext.sessionIndex,
        candidateReceipt: toPlainReceipt(receipt),
        statements: [],
        foundInvalid: false,
      });
      return;
    }
    await signAndShare(state, relayParent, { type: "valid", value: hash });
    return;
  }
}

// Judging and signing

type Judgement =
  | { readonly type: "valid"; readonly commitments: CandidateCommitments }
  | { readonly type: "invalid"; readonly reason: string }
  /** Our own fault, or the state is gone: we say nothing. */
  | { readonly type: "failed" };

const failed: Judgement = { type: "failed" };
const invalid = (reason: string): Judgement => ({ type: "invalid", reason });

/** Executes the candidate, compares what it claims, and stores its data. */
async function validateAndStore(
  state: State,
  relayParent: RelayParent,
  receipt: CandidateReceipt,
  persistedValidationData: PersistedValidationData,
  pov: PoV,
): Promise<Judgement> {
  const { context } = state;
  const { descriptor } = receipt;
  const expected = await unlessCancelled(
    context.ask("prospective-parachains", {
      type: "getProspectiveValidationData",
      paraId: descriptor.paraId,
      relayParent: relayParent.hash,
      parentHead: { type: "data", value: persistedValidationData.parentHead },
    }),
  );
  if (expected === undefined) return failed;
  if (persistedValidationDataHash(expected) !== descriptor.persistedValidationDataHash)
    return invalid("validation data that the chain does not have");
  const validationCode = await queryRuntime(
    context,
    relayParent.hash,
    "validationCodeByHash",
    descriptor.validationCodeHash,
  );
  if (validationCode === undefined) return judgeUnknownCode(state, relayParent, descriptor);
  const verdict: Result<ValidationVerdict, ValidationFailed> | undefined = await unlessCancelled(
    context.ask("candidate-validation", {
      type: "validateFromExhaustive",
      persistedValidationData,
      validationCode,
      candidateReceipt: receipt,
      pov,
      executorParams: relayParent.executorParams,
      purpose: { type: "backing", relayParent: relayParent.hash },
    }),
  );
  if (verdict === undefined) return failed;
  if (!verdict.ok) {
    state.deps.logger.log("warn", TARGET, `cannot judge a candidate: ${verdict.error.message}`);
    return failed;
  }
  if (verdict.value.type === "invalid") return invalid(describe(verdict.value.reason));
  const { commitments } = verdict.value;
  if (commitmentsHash(commitments) !== receipt.commitmentsHash)
    return invalid("commitments hash mismatch");
  const acceptable = await queryRuntime(
    context,
    relayParent.hash,
    "checkValidationOutputs",
    descriptor.paraId,
    commitments,
  );
  if (acceptable === undefined) return failed;
  if (!acceptable) return invalid("the chain would not take these outputs");
  const { local } = relayParent;
  if (local?.core === undefined) return failed;
  const stored = await unlessCancelled(
    context.ask("availability-store", {
      type: "storeAvailableData",
      candidateHash: candidateHash(receipt),
      validatorCount: relayParent.validators.length,
      availableData: { pov, validationData: persistedValidationData },
      expectedErasureRoot: descriptor.erasureRoot,
      coreIndex: local.core.core,
      nodeFeatures: relayParent.features,
    }),
  );
  if (stored === undefined) return failed;
  if (!stored.ok) return invalid("erasure root mismatch");
  return { type: "valid", commitments };
}

/** The code is not to be had: is it the chain that does not say, or a code that the para never had? */
async function judgeUnknownCode(
  { context }: State,
  relayParent: RelayParent,
  { paraId, validationCodeHash }: CandidateReceipt["descriptor"],
): Promise<Judgement> {
  let judgement = failed;
  for (const type of ["included", "timedOut", "free"] as const) {
    const code = await queryRuntime(context, relayParent.hash, "validationCodeHash", paraId, {
      type,
    });
    if (code === validationCodeHash) return failed;
    if (code !== undefined) judgement = invalid("validation code that is not the para's");
  }
  return judgement;
}

/** Records, signs, counts and spreads our own statement; `undefined` when we must not sign it. */
async function signAndShare(
  state: State,
  relayParent: RelayParent,
  payload: FullStatementWithPvd,
): Promise<SignedFullStatementWithPvd | undefined> {
  const { local, number, hash: relayHash } = relayParent;
  const candidate = hashOf(payload);
  relayParent.issued.add(candidate);
  if (local === undefined) return undefined;
  // The same statement may be signed again, after a crash between record and signature; another not.
  const recorded = state.record.signed(number, relayHash, candidate);
  if (recorded !== undefined && recorded !== payload.type) return undefined;
  state.record.record(number, relayHash, candidate, payload.type);
  const signature = state.deps.keystore.sign(
    VALIDATOR_KEY,
    local.key,
    statementPayload({ type: payload.type, value: candidate }, relayParent.signingContext),
  );
  if (signature === undefined) return undefined;
  const statement: SignedFullStatementWithPvd = {
    payload,
    validatorIndex: asValidatorIndex(local.index),
    signature: signature as ValidatorSignature,
  };
  await state.context.send("statement-distribution", {
    type: "share",
    relayParent: relayHash,
    statement,
  });
  await tally(state, relayParent, statement);
  return statement;
}

// Invalid statements

/** Records, signs and spreads that the candidate, which others back, is invalid. */
async function sayInvalid(
  state: State,
  relayParent: RelayParent,
  candidate: CandidateHash,
): Promise<void> {
  const { local, number, hash: relayHash, signingContext } = relayParent;
  if (local === undefined) return;
  const recorded = state.record.signed(number, relayHash, candidate);
  if (recorded !== undefined && recorded !== "invalid") return;
  state.record.record(number, relayHash, candidate, "invalid");
  const payload = statementPayload({ type: "invalid", value: candidate }, signingContext);
  const signature = state.deps.keystore.sign(VALIDATOR_KEY, local.key, payload);
  if (signature === undefined) return;
  const validatorIndex = asValidatorIndex(local.index);
  const statement: SignedInvalid = { candidateHash: candidate, validatorIndex, signature };
  await state.context.send("statement-distribution", {
    type: "shareInvalid",
    relayParent: relayHash,
    statement,
  });
  await disagree(state, relayParent, statement);
}

/** Who called the candidate something else before has contradicted itself. */
async function onInvalidStatement(
  state: State,
  message: Extract<CandidateBackingMessage, { type: "invalidStatement" }>,
): Promise<void> {
  const relayParent = state.relayParents.get(message.relayParent);
  if (relayParent === undefined) return;
  const { statement } = message;
  const { candidateHash: value, validatorIndex, signature } = statement;
  const known = relayParent.table.get(value)?.votes.get(validatorIndex);
  if (known !== undefined)
    void state.context.send("misbehavior-arbitration", {
      type: "selfContradiction",
      relayParent: relayParent.hash,
      validatorIndex,
      votes: [known, { statement: { type: "invalid", value }, signature }],
    });
  await disagree(state, relayParent, statement);
}

/** The candidate is to be checked by all if a block backs it. */
async function disagree(
  { context }: State,
  { hash, table }: RelayParent,
  { candidateHash: value, validatorIndex, signature }: SignedInvalid,
): Promise<void> {
  const candidate = table.get(value);
  if (candidate === undefined) return;
  const backing = [...candidate.votes].map(([validator, vote]) => ({
    validatorIndex: validator,
    ...vote,
  }));
  // Not awaited, as nothing follows from it here; the group's size bounds the number.
  void context.send("misbehavior-arbitration", {
    type: "candidateValidityDisagreement",
    relayParent: hash,
    candidateReceipt: toPlainReceipt(candidate.receipt),
    statements: [...backing, { validatorIndex, statement: { type: "invalid", value }, signature }],
    foundInvalid: false,
  });
}

// What can be backed

/** For each para its candidates in the order asked for, up to the first that has no quorum. */
function backableCandidates(
  state: State,
  wanted: ReadonlyMap<ParaId, readonly CandidateAt[]>,
): ReadonlyMap<ParaId, readonly BackedCandidate[]> {
  const answer = new Map<ParaId, readonly BackedCandidate[]>();
  for (const [paraId, candidates] of wanted) {
    const backed: BackedCandidate[] = [];
    for (const { candidateHash: hash, relayParent } of candidates) {
      const candidate = state.relayParents.get(relayParent)?.table.backed(hash);
      if (candidate === undefined) break;
      backed.push(candidate);
    }
    if (backed.length > 0) answer.set(paraId, backed);
  }
  return answer;
}
