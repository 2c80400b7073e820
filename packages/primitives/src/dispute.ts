/** Disputes: votes, sets of votes, their state on chain, and slashing. Reference: runtime 1.3, 1.4. */
import { asciiBytes, concatBytes, hexToBytes, u32Bytes } from "@parahost/base";
import {
  bitVec,
  map,
  option,
  positional,
  struct,
  type ValueOf,
  variant,
  vec,
} from "@parahost/scale";
import { approvalPayload } from "./approval.ts";
import { ValidityAttestation } from "./backing.ts";
import { CandidateReceipt } from "./candidate.ts";
import { PAYLOAD_MAGIC } from "./constants.ts";
import {
  BlockNumber,
  CandidateHash,
  Hash,
  SessionIndex,
  ValidatorId,
  ValidatorIndex,
  ValidatorSignature,
} from "./ids.ts";
import { statementPayload } from "./statement.ts";

const v9 = (name: string): readonly string[] => ["polkadot_primitives", "v9", name];

/** Why somebody is on record for a candidate. */
export const ValidDisputeStatementKind = variant(
  {
    explicit: 0,
    /** Seconded it; the value is the relay parent in the signed context. */
    backingSeconded: [1, Hash],
    backingValid: [2, Hash],
    approvalChecking: 3,
    /** One signature over several candidates; must name the disputed one. */
    approvalCheckingMultipleCandidates: [4, vec(CandidateHash)],
  },
  v9("ValidDisputeStatementKind"),
);
export type ValidDisputeStatementKind = ValueOf<typeof ValidDisputeStatementKind>;

export const InvalidDisputeStatementKind = variant(
  { explicit: 0 },
  v9("InvalidDisputeStatementKind"),
);
export type InvalidDisputeStatementKind = ValueOf<typeof InvalidDisputeStatementKind>;

export const DisputeStatement = variant(
  { valid: [0, ValidDisputeStatementKind], invalid: [1, InvalidDisputeStatementKind] },
  v9("DisputeStatement"),
);
export type DisputeStatement = ValueOf<typeof DisputeStatement>;

/** One vote in a set. */
export const DisputeVote = positional(
  struct({
    statement: DisputeStatement,
    validatorIndex: ValidatorIndex,
    signature: ValidatorSignature,
  }),
);
export type DisputeVote = ValueOf<typeof DisputeVote>;

/** Votes on one candidate, as authors put them into blocks. */
export const DisputeStatementSet = struct(
  { candidateHash: CandidateHash, session: SessionIndex, statements: vec(DisputeVote) },
  v9("DisputeStatementSet"),
);
export type DisputeStatementSet = ValueOf<typeof DisputeStatementSet>;

/** What the chain knows of a dispute. */
export const DisputeState = struct(
  {
    /** One bit per validator of the session. */
    validatorsFor: bitVec(),
    validatorsAgainst: bitVec(),
    /** Block of the first import. */
    start: BlockNumber,
    /** Block at which one side reached a supermajority. */
    concludedAt: option(BlockNumber),
  },
  v9("DisputeState"),
);
export type DisputeState = ValueOf<typeof DisputeState>;

/** Raises a dispute between nodes: one vote of each side is mandatory. */
export const UncheckedDisputeMessage = struct(
  {
    candidateReceipt: CandidateReceipt,
    sessionIndex: SessionIndex,
    invalidVote: struct({
      validatorIndex: ValidatorIndex,
      signature: ValidatorSignature,
      kind: InvalidDisputeStatementKind,
    }),
    validVote: struct({
      validatorIndex: ValidatorIndex,
      signature: ValidatorSignature,
      kind: ValidDisputeStatementKind,
    }),
  },
  ["polkadot_node_primitives", "UncheckedDisputeMessage"],
);
export type UncheckedDisputeMessage = ValueOf<typeof UncheckedDisputeMessage>;

/** The votes that a block brought, for nodes that follow the chain. */
export const ScrapedOnChainVotes = struct(
  {
    session: SessionIndex,
    backingValidatorsPerCandidate: vec(
      positional(
        struct({
          receipt: CandidateReceipt,
          votes: vec(
            positional(
              struct({ validatorIndex: ValidatorIndex, attestation: ValidityAttestation }),
            ),
          ),
        }),
      ),
    ),
    disputes: vec(DisputeStatementSet),
  },
  v9("ScrapedOnChainVotes"),
);
export type ScrapedOnChainVotes = ValueOf<typeof ScrapedOnChainVotes>;

/** A dispute as the runtime API lists it. */
export const DisputeEntry = positional(
  struct({ session: SessionIndex, candidateHash: CandidateHash, state: DisputeState }),
);
export type DisputeEntry = ValueOf<typeof DisputeEntry>;

// Payloads

/** What a validator signs to vote explicitly, with its `para` key: 41 bytes. */
export function explicitDisputePayload(
  valid: boolean,
  candidate: CandidateHash,
  session: SessionIndex,
): Uint8Array {
  return concatBytes(
    asciiBytes(PAYLOAD_MAGIC.dispute),
    new Uint8Array([valid ? 1 : 0]),
    hexToBytes(candidate),
    u32Bytes(session),
  );
}

/**
 * What the signature of a dispute vote is over; votes taken over from backing and approval keep their
 * own payloads. `undefined` when an approval of several candidates does not name this one.
 */
export function disputePayload(
  statement: DisputeStatement,
  candidate: CandidateHash,
  session: SessionIndex,
): Uint8Array | undefined {
  if (statement.type === "invalid") return explicitDisputePayload(false, candidate, session);
  const kind = statement.value;
  switch (kind.type) {
    case "explicit":
      return explicitDisputePayload(true, candidate, session);
    case "backingSeconded":
    case "backingValid":
      return statementPayload(
        { type: kind.type === "backingSeconded" ? "seconded" : "valid", value: candidate },
        { sessionIndex: session, parentHash: kind.value },
      );
    case "approvalChecking":
      return approvalPayload([candidate], session);
    case "approvalCheckingMultipleCandidates":
      return kind.value.includes(candidate) ? approvalPayload(kind.value, session) : undefined;
  }
}

// Slashing

const slashing = (name: string): readonly string[] => [
  "polkadot_primitives",
  "v9",
  "slashing",
  name,
];

/** When an offence happened. */
export const DisputesTimeSlot = struct(
  { sessionIndex: SessionIndex, candidateHash: CandidateHash },
  slashing("DisputesTimeSlot"),
);
export type DisputesTimeSlot = ValueOf<typeof DisputesTimeSlot>;

export const DisputeOffenceKind = variant(
  {
    /** Backed an invalid candidate. */
    forInvalidBacked: 0,
    /** Disputed a valid candidate. */
    againstValid: 1,
    /** Approved an invalid candidate. */
    forInvalidApproved: 2,
  },
  slashing("DisputeOffenceKind"),
);
export type DisputeOffenceKind = ValueOf<typeof DisputeOffenceKind>;

/** Names one offender of a past session. */
export const DisputeProof = struct(
  {
    timeSlot: DisputesTimeSlot,
    kind: DisputeOffenceKind,
    validatorIndex: ValidatorIndex,
    validatorId: ValidatorId,
  },
  slashing("DisputeProof"),
);
export type DisputeProof = ValueOf<typeof DisputeProof>;

/** Offenders of one candidate who have not been slashed yet. */
export const PendingSlashes = struct(
  { keys: map(ValidatorIndex, ValidatorId), kind: DisputeOffenceKind },
  slashing("PendingSlashes"),
);
export type PendingSlashes = ValueOf<typeof PendingSlashes>;
