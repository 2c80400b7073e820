/**
 * Taking in what was checked: statements into the store, candidates once we have their receipt, and
 * both on to candidate backing, which hears of a candidate's seconding before anything else about it.
 *
 * Candidate backing sends to us and we to it, so nobody may wait: what we send is bounded by the store.
 */

import type { SignatureItem } from "@parahost/crypto";
import {
  type CommittedCandidateReceipt,
  type PersistedValidationData,
  statementPayload,
} from "@parahost/primitives";
import type { FullStatementWithPvd } from "../candidate-backing/messages.ts";
import type { Claim, ConfirmedCandidate } from "./candidates.ts";
import type { GuideVote } from "./invalid-statements.ts";
import type { RelayParent } from "./relay-parent.ts";
import { spread } from "./spreading.ts";
import { isLive, report, type State, TARGET } from "./state.ts";
import { isEnoughToBack } from "./statement-filter.ts";
import type { Judgement, SignedVote } from "./statement-store.ts";

/** What has to be checked of a statement's signature; `undefined` when there is no such validator. */
export function signatureItem(
  relayParent: RelayParent,
  { statement, validatorIndex, signature }: GuideVote,
): SignatureItem | undefined {
  const publicKey = relayParent.validators[validatorIndex];
  if (publicKey === undefined) return undefined;
  const message = statementPayload(statement, relayParent.signingContext);
  return { scheme: "sr25519", publicKey, message, signature };
}

/**
 * Stores a statement whose signature was checked. A validator that contradicts itself is reported with
 * both its signatures and heard no more at this relay parent. True for a statement that is new.
 */
export function importVote(state: State, relayParent: RelayParent, vote: SignedVote): boolean {
  const { equivocators, statements } = relayParent;
  if (equivocators.has(vote.validatorIndex)) return false;
  const judgement = statements.judge(vote.validatorIndex, vote.statement);
  if (judgement.type === "new") statements.insert(vote);
  else if (judgement.type === "contradiction")
    reportContradiction(state, relayParent, vote, judgement);
  return judgement.type === "new";
}

function reportContradiction(
  { context, deps }: State,
  { equivocators, hash }: RelayParent,
  vote: SignedVote,
  { earlier, kind }: Extract<Judgement, { readonly type: "contradiction" }>,
): void {
  const { validatorIndex } = vote;
  equivocators.add(validatorIndex);
  deps.logger.log("warn", TARGET, `validator contradicts itself: ${kind}`, {
    validator: validatorIndex,
    relayParent: hash,
  });
  // Once per validator and relay parent, hence not awaited.
  void context.send("misbehavior-arbitration", {
    type: kind === "multipleCandidates" ? "doubleVote" : "selfContradiction",
    relayParent: hash,
    validatorIndex,
    votes: [earlier, vote],
  });
}

/** Takes a candidate with what its hash commits to, which was checked. */
export async function confirm(
  state: State,
  relayParent: RelayParent,
  claim: Claim,
  hash: ConfirmedCandidate["hash"],
  receipt: CommittedCandidateReceipt,
  persistedValidationData: PersistedValidationData,
): Promise<void> {
  const { candidate, liars } = relayParent.candidates.confirm(
    hash,
    claim.group,
    receipt,
    persistedValidationData,
  );
  state.requests.remove(relayParent.hash, hash);
  for (const peer of liars)
    await report(state, peer, "costMajor", "claims about a candidate that are not true");
  await onStatements(state, relayParent, candidate);
}

/** There is something new about a candidate that we have: others may have to know. */
export async function onStatements(
  state: State,
  relayParent: RelayParent,
  candidate: ConfirmedCandidate,
): Promise<void> {
  if (!isLive(state, relayParent)) return;
  forward(state, relayParent, candidate);
  await spread(state, relayParent, candidate);
}

/**
 * Hands what backing does not have to it. Candidates of other groups only with a quorum: before that
 * nobody but their group has to do with them.
 */
function forward(
  { context }: State,
  { hash: relayHash, localGroup, groups, statements, threshold }: RelayParent,
  { group, hash, persistedValidationData, receipt }: ConfirmedCandidate,
): void {
  const groupSize = groups[group]?.length ?? 0;
  const quorum = isEnoughToBack(statements.filter(hash, group, groupSize), threshold(groupSize));
  if (group !== localGroup && !quorum) return;
  let isSeconded = false;
  for (const stored of statements.of(hash)) {
    isSeconded ||= stored.statement.type === "seconded";
    if (!isSeconded) return;
    if (stored.isForwarded) continue;
    stored.isForwarded = true;
    const payload: FullStatementWithPvd =
      stored.statement.type === "seconded"
        ? { type: "seconded", value: receipt, persistedValidationData }
        : { type: "valid", value: hash };
    void context.send("candidate-backing", {
      type: "statement",
      relayParent: relayHash,
      statement: {
        payload,
        validatorIndex: stored.validatorIndex,
        signature: stored.signature,
      },
    });
  }
}
