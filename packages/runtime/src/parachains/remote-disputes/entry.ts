/**
 * Whether a dispute of another fork may be carried to this one: its votes are those of validators that this
 * fork knows by the same keys, somebody answers for it, and the code to judge it with is at hand. The para need
 * not be registered here.
 *
 * Guide: remote disputes. Reference: 4.7.1, node 8.6.
 */
import { err, ok, type Result } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import {
  asHash,
  type CandidateHash,
  type CandidateReceipt,
  candidateHash,
  type DisputeStatement,
  type DisputeVote,
  disputePayload,
  type Hash,
  type RemoteDispute,
  type SessionIndex,
  type SessionInfo,
  ValidatorId,
  type ValidatorIndex,
  validationCodeHash,
} from "@parahost/primitives";
import { bitsAt, encode, vec } from "@parahost/scale";
import { type DispatchError, type State, verifySignature } from "../../framework/index.ts";
import { blockNumber } from "../../pallets/system/block.ts";
import { configuration } from "../configuration/configuration.ts";
import {
  type CheckedSet,
  checkStatementSet,
  disputableSession,
} from "../disputes/statement-set.ts";
import { disputeOf, errors as disputesErrors } from "../disputes/storage.ts";
import { newDispute, VoteImport, voteKind } from "../disputes/vote-import.ts";
import { validationCodeByHash } from "../paras/paras.ts";
import { hasEscalatedWrongly } from "../slashing/punish.ts";
import { errors, OPEN_MAX, OPEN_MAX_OF_VALIDATOR, type OpenDispute, storage } from "./storage.ts";

type Checked<T> = Result<T, DispatchError>;

/** Tells validator sets apart: forks may disagree on who validates in a session. */
export const sessionKeysHash = ({ validators }: Pick<SessionInfo, "validators">): Hash =>
  asHash(blake2b256Hex(encode(vec(ValidatorId), validators)));

// Concluded

/** Votes that have decided a dispute elsewhere decide it here, too. */
export function checkConcluded(
  state: State,
  receipt: CandidateReceipt,
  session: SessionIndex,
  votes: readonly DisputeVote[],
): Checked<CheckedSet> {
  const hash = candidateHash(receipt);
  if (disputeOf(state, session, hash) !== undefined) return err(errors.alreadyDisputed);
  const set = { candidateHash: hash, session, statements: votes };
  const checked = checkStatementSet(state, set, "refuse");
  if (!checked.ok) return err(disputesErrors[checked.error]);
  return checked.value.summary.concluded === undefined ? err(errors.notConcluded) : checked;
}

// Open

/** All votes of an entry in the form in which disputes have them. */
export function votesOf({
  receipt,
  backing,
  secondaryChecks,
  invalidVotes,
}: RemoteDispute): DisputeVote[] {
  const { relayParent } = receipt.descriptor;
  return [
    ...backing.map(({ validatorIndex, attestation }): DisputeVote => {
      const type = attestation.type === "implicit" ? "backingSeconded" : "backingValid";
      const statement: DisputeStatement = { type: "valid", value: { type, value: relayParent } };
      return { validatorIndex, statement, signature: attestation.value };
    }),
    ...secondaryChecks.map(
      ({ validatorIndex, kind, signature }): DisputeVote => ({
        validatorIndex,
        statement: { type: "valid", value: kind },
        signature,
      }),
    ),
    ...invalidVotes.map(
      ({ validatorIndex, kind, signature }): DisputeVote => ({
        validatorIndex,
        statement: { type: "invalid", value: kind },
        signature,
      }),
    ),
  ];
}

/**
 * Whether a validator who votes against the candidate answers for the entry. Who has paid for it once does so no
 * more, or the same votes could be replayed for ever.
 */
export function isAnswered(
  state: State,
  { receipt, session, invalidVotes }: RemoteDispute,
): boolean {
  const timeSlot = { sessionIndex: session, candidateHash: candidateHash(receipt) };
  return invalidVotes.some(
    ({ validatorIndex }) => !hasEscalatedWrongly(state, timeSlot, validatorIndex),
  );
}

/** An entry that may be opened. `isBonded` when a fisherman answers for it. */
export function checkEntry(
  state: State,
  dispute: RemoteDispute,
  isBonded: boolean,
): Checked<OpenDispute> {
  const { receipt, session } = dispute;
  const info = disputableSession(state, session);
  if (info === undefined) return err(errors.unknownSession);
  if (dispute.sessionKeysHash !== sessionKeysHash(info)) return err(errors.otherValidators);
  const hash = candidateHash(receipt);
  if (disputeOf(state, session, hash) !== undefined) return err(errors.alreadyDisputed);
  if (storage.open.has(state, session, hash)) return err(errors.alreadyOpen);
  const escalators = dispute.invalidVotes.map(({ validatorIndex }) => validatorIndex);
  if (!isBonded && !isAnswered(state, dispute)) return err(errors.nobodyEscalates);
  for (const outcome of [checkRoom(state, session, escalators), checkCode(state, dispute)])
    if (!outcome.ok) return outcome;
  const votes = countVotes(state, dispute, hash, info);
  if (!votes.ok) return votes;
  const { state: counted, backers } = votes.value;
  if (backers.size === 0) return err(disputesErrors.missingBackingVotes);
  return ok({
    receipt,
    validatorsFor: counted.validatorsFor,
    validatorsAgainst: counted.validatorsAgainst,
    backers,
    availabilityVotes: bitsAt(info.validators.length, []),
    openedAt: blockNumber(state),
    escalators,
  });
}

/** Neither everybody together nor one validator opens more than nodes can look after. */
function checkRoom(
  state: State,
  session: SessionIndex,
  escalators: readonly ValidatorIndex[],
): Checked<void> {
  const list = storage.openList.get(state);
  if (list.length >= OPEN_MAX) return err(errors.tooManyOpen);
  const counts = new Map<ValidatorIndex, number>();
  for (const { sessionIndex, candidateHash: hash } of list) {
    if (sessionIndex !== session) continue;
    for (const validator of storage.open.get(state, sessionIndex, hash)?.escalators ?? [])
      counts.set(validator, (counts.get(validator) ?? 0) + 1);
  }
  return escalators.some((validator) => (counts.get(validator) ?? 0) >= OPEN_MAX_OF_VALIDATOR)
    ? err(errors.tooManyOfValidator)
    : ok(undefined);
}

/** Code that this fork has may be left out. */
function checkCode(state: State, { receipt, session, code }: RemoteDispute): Checked<void> {
  const hash = receipt.descriptor.validationCodeHash;
  if (code === undefined)
    return knowsCode(state, session, hash) ? ok(undefined) : err(errors.codeMissing);
  if (code.length > configuration(state).maxCodeSize) return err(errors.codeTooLarge);
  return validationCodeHash(code) === hash ? ok(undefined) : err(errors.otherCode);
}

const knowsCode = (
  state: State,
  session: SessionIndex,
  hash: Parameters<typeof validationCodeByHash>[1],
): boolean =>
  validationCodeByHash(state, hash) !== undefined || storage.code.has(state, session, hash);

function countVotes(
  state: State,
  dispute: RemoteDispute,
  hash: CandidateHash,
  { validators }: SessionInfo,
): Checked<ReturnType<VoteImport["finish"]>> {
  const now = blockNumber(state);
  const votes = new VoteImport(newDispute(validators.length, now), new Set());
  for (const { validatorIndex, statement, signature } of votesOf(dispute)) {
    const kind = voteKind(statement);
    const bad = votes.check(validatorIndex, kind);
    if (bad !== undefined) return err(disputesErrors[bad]);
    const message = disputePayload(statement, hash, dispute.session);
    const publicKey = validators[validatorIndex];
    if (
      message === undefined ||
      publicKey === undefined ||
      !verifySignature(state, { scheme: "sr25519", publicKey, message, signature })
    )
      return err(disputesErrors.invalidSignature);
    votes.add(validatorIndex, kind);
  }
  return ok(votes.finish(now));
}
