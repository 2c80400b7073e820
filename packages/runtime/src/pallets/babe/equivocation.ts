/**
 * Reports of authors who sealed two blocks for one slot.
 *
 * Reference: consensus-and-sync.md 3.9.
 */
import { err, hexToBytes, ok, type Result } from "@parahost/base";
import {
  BABE_ENGINE_ID,
  type BabeEquivocationProof,
  BabePreDigest,
  type Header,
  headerHash,
  type KeyOwnershipProof,
  Slot,
  soleEngineData,
  stripSeal,
} from "@parahost/primitives";
import { encode, tryDecode } from "@parahost/scale";
import { type DispatchError, type State, verifySignature } from "../../framework/index.ts";
import { checkKeyOwnership } from "../historical.ts";
import { equivocationFraction } from "../offences/equivocations.ts";
import type { Offence } from "../offences/offences.ts";
import { sessionOfEpoch } from "./epochs.ts";
import { epochDuration, errors, storage } from "./storage.ts";

const KIND = "babe:equivocatio";

/** The offence that the proof shows, or why it shows none. */
export function provenEquivocation(
  state: State,
  proof: BabeEquivocationProof,
  owner: KeyOwnershipProof,
): Result<Offence, DispatchError> {
  const { offender: key, slot } = proof;
  const offender = checkKeyOwnership(state, "babe", key, owner);
  if (offender === undefined) return err(errors.invalidKeyOwnershipProof);
  if (!isEquivocation(state, proof)) return err(errors.invalidEquivocationProof);
  const sinceGenesis = slot - storage.genesisSlot.get(state);
  if (sinceGenesis < 0) return err(errors.invalidEquivocationProof);
  const session = sessionOfEpoch(state, Math.floor(sinceGenesis / epochDuration(state)));
  if (session !== owner.session) return err(errors.invalidKeyOwnershipProof);
  return ok({
    kind: KIND,
    timeSlot: encode(Slot, slot),
    session,
    offender,
    fractionOf: (offenders) => equivocationFraction(offenders, owner.validatorCount),
  });
}

/** Two headers, one slot, one author's index, both sealed by the offender. */
function isEquivocation(
  state: State,
  { offender, slot, firstHeader, secondHeader }: BabeEquivocationProof,
): boolean {
  if (headerHash(firstHeader) === headerHash(secondHeader)) return false;
  const first = claimOf(firstHeader);
  const second = claimOf(secondHeader);
  if (first === undefined || second === undefined) return false;
  if (first.slot !== slot || second.slot !== slot) return false;
  if (first.authorityIndex !== second.authorityIndex) return false;
  return [firstHeader, secondHeader].every((header) => isSealedBy(state, header, offender));
}

function claimOf(header: Header) {
  const data = soleEngineData(header.digest, "preRuntime", BABE_ENGINE_ID);
  if (data === undefined) return undefined;
  const claim = tryDecode(BabePreDigest, data);
  return claim.ok ? claim.value.value : undefined;
}

function isSealedBy(
  state: State,
  header: Header,
  author: BabeEquivocationProof["offender"],
): boolean {
  const stripped = stripSeal(header);
  if (stripped === undefined || stripped.seal.engine !== BABE_ENGINE_ID) return false;
  return verifySignature(state, {
    scheme: "sr25519",
    publicKey: author,
    message: hexToBytes(headerHash(stripped.header)),
    signature: stripped.seal.data,
  });
}
