/** Backed candidates: the votes of a group, as they go into a block. Reference: runtime 1.2. */
import { assert } from "@parahost/base";
import {
  type BitVec,
  bitAt,
  bitsAt,
  bitVec,
  onesOf,
  struct,
  type ValueOf,
  variant,
  vec,
} from "@parahost/scale";
import { CommittedCandidateReceipt } from "./candidate.ts";
import { type CandidateHash, type CoreIndex, ValidatorSignature } from "./ids.ts";
import type { CompactStatement } from "./statement.ts";

/** A backing vote without its voter; the statement it signs follows from its kind. */
export const ValidityAttestation = variant(
  {
    /** Signed "seconded". */
    implicit: [1, ValidatorSignature],
    /** Signed "valid". */
    explicit: [2, ValidatorSignature],
  },
  ["polkadot_primitives", "v9", "ValidityAttestation"],
);
export type ValidityAttestation = ValueOf<typeof ValidityAttestation>;

export const BackedCandidate = struct(
  {
    candidate: CommittedCandidateReceipt,
    /** In ascending order of position in the group. */
    validityVotes: vec(ValidityAttestation),
    /** Bit i = the i-th member of the group voted; then, with node feature 1, eight bits of core index. */
    validatorIndices: bitVec(),
  },
  ["polkadot_primitives", "v9", "BackedCandidate"],
);
export type BackedCandidate = ValueOf<typeof BackedCandidate>;

/** Bits behind the group's that carry the core index, lowest first. */
const CORE_INDEX_BITS = 8;

/** Who of the group voted, and for which core. */
export interface BackingIndices {
  /** As long as the group. */
  readonly voters: BitVec;
  /** Absent where the chain does not carry core indices (node feature 1 off). */
  readonly coreIndex: CoreIndex | undefined;
}

/** Reads `validatorIndices`; `undefined` when it is too short to hold a core index. */
export function backingIndices(
  validatorIndices: BitVec,
  carriesCoreIndex: boolean,
): BackingIndices | undefined {
  if (!carriesCoreIndex) return { voters: validatorIndices, coreIndex: undefined };
  const groupSize = validatorIndices.length - CORE_INDEX_BITS;
  if (groupSize < 0) return undefined;
  let core = 0;
  for (let bit = 0; bit < CORE_INDEX_BITS; bit++)
    if (bitAt(validatorIndices, groupSize + bit)) core |= 1 << bit;
  return {
    voters: bitsAt(
      groupSize,
      onesOf(validatorIndices).filter((position) => position < groupSize),
    ),
    coreIndex: core as CoreIndex,
  };
}

/** Makes `validatorIndices`; the core index is appended when given. */
export function validatorIndicesOf({ voters, coreIndex }: BackingIndices): BitVec {
  if (coreIndex === undefined) return voters;
  assert(coreIndex < 1 << CORE_INDEX_BITS, `core ${coreIndex} does not fit into eight bits`);
  const ones = onesOf(voters);
  for (let bit = 0; bit < CORE_INDEX_BITS; bit++)
    if ((coreIndex >> bit) & 1) ones.push(voters.length + bit);
  return bitsAt(voters.length + CORE_INDEX_BITS, ones);
}

/** The statement that an attestation's signature is over. */
export function attestedStatement(
  attestation: ValidityAttestation,
  candidate: CandidateHash,
): CompactStatement {
  return { type: attestation.type === "implicit" ? "seconded" : "valid", value: candidate };
}

/** The attestation that a signed statement becomes in a block. */
export function attestationOf(
  statement: CompactStatement,
  signature: ValidatorSignature,
): ValidityAttestation {
  return { type: statement.type === "seconded" ? "implicit" : "explicit", value: signature };
}
