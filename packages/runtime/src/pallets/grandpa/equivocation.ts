/**
 * Reports of voters who voted for two blocks in one stage of one round.
 *
 * Reference: consensus-and-sync.md 4.7.
 */
import { err, ok, type Result } from "@parahost/base";
import {
  type GrandpaEquivocationProof,
  grandpaVotePayload,
  type KeyOwnershipProof,
  RoundNumber,
  type SessionIndex,
  SetId,
} from "@parahost/primitives";
import { encode, struct } from "@parahost/scale";
import { type DispatchError, type State, verifySignature } from "../../framework/index.ts";
import { checkKeyOwnership } from "../historical.ts";
import { equivocationFraction } from "../offences/equivocations.ts";
import type { Offence } from "../offences/offences.ts";
import { errors, storage } from "./storage.ts";

const KIND = "grandpa:equivoca";

const TimeSlot = struct({ setId: SetId, round: RoundNumber });

/** The offence that the proof shows, or why it shows none. */
export function provenEquivocation(
  state: State,
  proof: GrandpaEquivocationProof,
  owner: KeyOwnershipProof,
): Result<Offence, DispatchError> {
  const { setId, equivocation } = proof;
  const { identity, round } = equivocation.value;
  const offender = checkKeyOwnership(state, "gran", identity, owner);
  if (offender === undefined) return err(errors.invalidKeyOwnershipProof);
  if (!isEquivocation(state, proof)) return err(errors.invalidEquivocationProof);
  const session = owner.session as SessionIndex;
  if (!votedIn(state, setId, session)) return err(errors.invalidEquivocationProof);
  return ok({
    kind: KIND,
    timeSlot: encode(TimeSlot, { setId, round }),
    session,
    offender,
    fractionOf: (offenders) => equivocationFraction(offenders, owner.validatorCount),
  });
}

/** Whether the set of this id voted in the session: after the last session of the set before it. */
function votedIn(state: State, setId: SetId, session: SessionIndex): boolean {
  const last = storage.setIdSession.get(state, setId);
  if (last === undefined || session > last) return false;
  if (setId === 0) return true;
  const before = storage.setIdSession.get(state, setId - 1);
  return before !== undefined && session > before;
}

function isEquivocation(state: State, { setId, equivocation }: GrandpaEquivocationProof): boolean {
  const { round, identity, first, second } = equivocation.value;
  const isSame =
    first.target.targetHash === second.target.targetHash &&
    first.target.targetNumber === second.target.targetNumber;
  if (isSame) return false;
  return [first, second].every(({ target: { targetHash, targetNumber }, signature }) =>
    verifySignature(state, {
      scheme: "ed25519",
      publicKey: identity,
      message: grandpaVotePayload(equivocation.type, targetHash, targetNumber, round, setId),
      signature,
    }),
  );
}
