/**
 * Remote disputes: disputes of other forks that are carried to this one, so that who misbehaved there does not
 * get away with it here. One that is concluded is settled at once. One that is not has to show first that its
 * data can be had: the availability vote takes the place of inclusion.
 *
 * The calls prove themselves, so anybody may send them. Where no validator has voted against the candidate a
 * fisherman may stake on it instead.
 *
 * Guide: remote disputes. Reference: 4.7.1, node 8.6.
 */
import {
  asciiBytes,
  concatBytes,
  err,
  hexToBytes,
  ok,
  type Result,
  u32Bytes,
} from "@parahost/base";
import {
  type AccountId,
  CandidateHash,
  CandidateReceipt,
  candidateHash,
  type DisputesTimeSlot,
  DisputeVote,
  type Hash,
  RemoteDispute,
  SessionIndex,
  type ValidationCode,
  type ValidationCodeHash,
  ValidatorIndex,
  ValidatorSignature,
} from "@parahost/primitives";
import { vec } from "@parahost/scale";
import {
  call,
  type DispatchError,
  type DispatchResult,
  done,
  ensureNone,
  ensureSigned,
  invalid,
  type Origin,
  pallet,
  type State,
  type UnsignedValidity,
  weightOf,
} from "../../framework/index.ts";
import { minimumBond, takeBond } from "../fishermen/bonds.ts";
import { sessionInfo } from "../session-info.ts";
import { REPORT_LONGEVITY, REPORT_PRIORITY } from "../slashing/reports.ts";
import {
  checkAvailabilityVote,
  importVotes,
  initialize,
  onNewSession,
  openDispute,
  voteAvailable,
} from "./availability.ts";
import { checkConcluded, checkEntry, sessionKeysHash as hashKeys, isAnswered } from "./entry.ts";
import { errors, events, type OpenDispute, storage } from "./storage.ts";

export { initialize, onNewSession };

// Questions

/** Disputes whose data validators are to look for. */
export const remoteDisputes = (
  state: State,
): { readonly timeSlot: DisputesTimeSlot; readonly dispute: OpenDispute }[] =>
  storage.openList.get(state).flatMap((timeSlot) => {
    const dispute = storage.open.get(state, timeSlot.sessionIndex, timeSlot.candidateHash);
    return dispute === undefined ? [] : [{ timeSlot, dispute }];
  });

/** Code that came with a remote dispute. */
export const remoteDisputeCode = (
  state: State,
  session: SessionIndex,
  hash: ValidationCodeHash,
): ValidationCode | undefined => storage.code.get(state, session, hash);

/** What entries must say of the validators of a session; `undefined` for sessions that are forgotten. */
export function sessionKeysHash(state: State, session: SessionIndex): Hash | undefined {
  const info = sessionInfo(state, session);
  return info === undefined ? undefined : hashKeys(info);
}

// Entry points

/** Signed by a fisherman, an entry may do without a validator who answers for it. */
function open(state: State, origin: Origin, dispute: RemoteDispute): DispatchResult {
  const who = origin.type === "none" ? undefined : ensureSigned(origin);
  if (who?.ok === false) return who;
  const isBonded = who !== undefined && !isAnswered(state, dispute);
  const checked = checkEntry(state, dispute, isBonded);
  if (!checked.ok) return checked;
  if (isBonded) {
    const taken = bond(state, who.value, dispute);
    if (!taken.ok) return taken;
  }
  openDispute(state, dispute, checked.value);
  return done;
}

const bond = (
  state: State,
  who: AccountId,
  { receipt, session }: RemoteDispute,
): Result<void, DispatchError> =>
  takeBond(
    state,
    who,
    minimumBond(state),
    { sessionIndex: session, candidateHash: candidateHash(receipt) },
    { type: "invalid" },
  );

/** Who is first provides the tag; the others come too late. */
function validity(checked: Result<unknown, DispatchError>, ...tag: Uint8Array[]): UnsignedValidity {
  if (!checked.ok) return err(invalid("badProof"));
  return ok({
    priority: REPORT_PRIORITY,
    requires: [],
    provides: [concatBytes(...tag)],
    longevity: REPORT_LONGEVITY,
    propagate: true,
  });
}

const tagOf = (session: SessionIndex, hash: CandidateHash): Uint8Array =>
  concatBytes(u32Bytes(session), hexToBytes(hash));

const votesIn = ({ backing, secondaryChecks, invalidVotes }: RemoteDispute): number =>
  backing.length + secondaryChecks.length + invalidVotes.length;

export const remoteDisputesPallet = pallet({
  name: "RemoteDisputes",
  index: 241,
  docs: "Disputes carried here from other forks.",
  storage,
  events,
  errors,
  calls: {
    remoteConcluded: call({
      index: 0,
      docs: "Carries a dispute here that all its votes decide.",
      args: { receipt: CandidateReceipt, session: SessionIndex, votes: vec(DisputeVote) },
      class: "operational",
      weight: ({ votes }) =>
        weightOf({ reads: 20, writes: 20 + votes.length, signatures: votes.length }),
      paysFee: false,
      validateUnsigned: (state, { receipt, session, votes }) =>
        validity(
          checkConcluded(state, receipt, session, votes),
          asciiBytes("RemoteConcluded"),
          tagOf(session, candidateHash(receipt)),
        ),
      dispatch: (state, origin, { receipt, session, votes }) => {
        const none = ensureNone(origin);
        if (!none.ok) return none;
        const checked = checkConcluded(state, receipt, session, votes);
        if (!checked.ok) return checked;
        importVotes(state, checked.value);
        return done;
      },
    }),
    remoteDispute: call({
      index: 1,
      docs: "Carries an undecided dispute here, to be taken up if its data is available.",
      args: { dispute: RemoteDispute },
      class: "operational",
      weight: ({ dispute }) =>
        weightOf({
          reads: 1_050,
          writes: 10,
          signatures: votesIn(dispute),
          bytes: 2 * (dispute.code?.length ?? 0),
        }),
      validateUnsigned: (state, { dispute }) =>
        validity(
          checkEntry(state, dispute, false),
          asciiBytes("RemoteDispute"),
          tagOf(dispute.session, candidateHash(dispute.receipt)),
        ),
      dispatch: (state, origin, { dispute }) => open(state, origin, dispute),
    }),
    remoteAvailability: call({
      index: 2,
      docs: "A validator's word that it holds its chunk of a remote dispute's data.",
      args: {
        session: SessionIndex,
        candidateHash: CandidateHash,
        validatorIndex: ValidatorIndex,
        signature: ValidatorSignature,
      },
      class: "operational",
      weight: weightOf({ reads: 30, writes: 30, signatures: 1 }),
      paysFee: false,
      validateUnsigned: (state, vote) =>
        validity(
          checkAvailabilityVote(state, vote),
          asciiBytes("RemoteAvailability"),
          tagOf(vote.session, vote.candidateHash),
          u32Bytes(vote.validatorIndex),
        ),
      dispatch: (state, origin, vote) => {
        const none = ensureNone(origin);
        if (!none.ok) return none;
        const voted = voteAvailable(state, vote);
        return voted.ok ? done : voted;
      },
    }),
  },
});
