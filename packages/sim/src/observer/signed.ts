/** What a validator's key signs, read back from the payload: all that could contradict something else. */
import { asciiBytes, bytesToHex, equalBytes, type Hex } from "@parahost/base";
import type { KeyTypeId } from "@parahost/crypto";
import {
  AvailabilityBitfield,
  CandidateHash,
  GrandpaMessage,
  type Hash,
  PAYLOAD_MAGIC,
  RoundNumber,
  SessionIndex,
  SetId,
  SigningContext,
} from "@parahost/primitives";
import { type Codec, struct, tryDecode, variant, vec } from "@parahost/scale";

export type Signed =
  | {
      readonly type: "finalityVote";
      readonly stage: GrandpaMessage["type"];
      readonly setId: SetId;
      readonly round: RoundNumber;
      readonly target: Hash;
    }
  | {
      readonly type: "statement";
      readonly kind: "seconded" | "valid";
      readonly candidate: CandidateHash;
      readonly session: SessionIndex;
      readonly parent: Hash;
    }
  | { readonly type: "bitfield"; readonly bits: Hex; readonly parent: Hash }
  | {
      readonly type: "approval";
      readonly candidates: readonly CandidateHash[];
      readonly session: SessionIndex;
    }
  | {
      readonly type: "disputeVote";
      readonly isValid: boolean;
      readonly candidate: CandidateHash;
      readonly session: SessionIndex;
    };

const FinalityVote = struct({ message: GrandpaMessage, round: RoundNumber, setId: SetId });
const Statement = struct({
  statement: variant({ seconded: [1, CandidateHash], valid: [2, CandidateHash] }),
  context: SigningContext,
});
const DisputeVote = struct({
  verdict: variant({ invalid: [0, CandidateHash], valid: [1, CandidateHash] }),
  session: SessionIndex,
});
const OneApproval = struct({ candidate: CandidateHash, session: SessionIndex });
const ManyApprovals = struct({ candidates: vec(CandidateHash), session: SessionIndex });
const Bitfield = struct({ bits: AvailabilityBitfield, context: SigningContext });

/** `undefined` for what cannot contradict anything: proofs of identity, pre-checking votes, seals. */
export function readSigned(keyType: KeyTypeId, message: Uint8Array): Signed | undefined {
  if (keyType === "gran") {
    const vote = whole(FinalityVote, message);
    if (vote === undefined) return undefined;
    const { message: cast, round, setId } = vote;
    return {
      type: "finalityVote",
      stage: cast.type,
      setId,
      round,
      target: cast.value.targetHash,
    };
  }
  return keyType === "para" ? readParaSigned(message) : undefined;
}

function readParaSigned(message: Uint8Array): Signed | undefined {
  const rest = message.subarray(4);
  if (startsWith(message, PAYLOAD_MAGIC.backing)) {
    const signed = whole(Statement, rest);
    if (signed === undefined) return undefined;
    const { statement, context } = signed;
    return {
      type: "statement",
      kind: statement.type,
      candidate: statement.value,
      session: context.sessionIndex,
      parent: context.parentHash,
    };
  }
  if (startsWith(message, PAYLOAD_MAGIC.dispute)) {
    const vote = whole(DisputeVote, rest);
    if (vote === undefined) return undefined;
    const { verdict, session } = vote;
    const isValid = verdict.type === "valid";
    return { type: "disputeVote", isValid, candidate: verdict.value, session };
  }
  if (startsWith(message, PAYLOAD_MAGIC.approval)) {
    const one = whole(OneApproval, rest);
    if (one !== undefined)
      return { type: "approval", candidates: [one.candidate], session: one.session };
    const many = whole(ManyApprovals, rest);
    return many === undefined ? undefined : { type: "approval", ...many };
  }
  const field = whole(Bitfield, message);
  if (field === undefined) return undefined;
  const { context } = field;
  return { type: "bitfield", bits: bytesToHex(message), parent: context.parentHash };
}

const startsWith = (message: Uint8Array, magic: string): boolean =>
  equalBytes(message.subarray(0, magic.length), asciiBytes(magic));

function whole<T>(codec: Codec<T>, bytes: Uint8Array): T | undefined {
  const decoded = tryDecode(codec, bytes);
  return decoded.ok ? decoded.value : undefined;
}
