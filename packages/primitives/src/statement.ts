/**
 * Statements of backing: "I second this candidate", "it is valid". Reference: runtime 1.3.
 *
 * The guide has a third kind, "it is invalid". It is off the wire unless the switch
 * `invalidStatements` is on; the types and codecs that know it are named `Guide…`.
 */
import { asciiBytes, concatBytes, equalBytes } from "@parahost/base";
import { type Codec, DecodeError, encode, type ValueOf, variant } from "@parahost/scale";
import { CommittedCandidateReceipt, candidateHash } from "./candidate.ts";
import { PAYLOAD_MAGIC } from "./constants.ts";
import { CandidateHash } from "./ids.ts";
import { SigningContext, uncheckedSigned } from "./signed.ts";

/** A statement with the whole receipt where it is new to the receiver. */
export const Statement = variant(
  { seconded: [1, CommittedCandidateReceipt], valid: [2, CandidateHash] },
  ["polkadot_node_primitives", "Statement"],
);
export type Statement = ValueOf<typeof Statement>;

/** With the guide's third kind. */
export const GuideStatement = variant(
  {
    seconded: [1, CommittedCandidateReceipt],
    valid: [2, CandidateHash],
    invalid: [3, CandidateHash],
  },
  ["polkadot_node_primitives", "Statement"],
);
export type GuideStatement = ValueOf<typeof GuideStatement>;

const magic = asciiBytes(PAYLOAD_MAGIC.backing);

/** Statements open with `BKNG`; the rest is an enum of candidate hashes. */
function withMagic<T>(codec: Codec<T>): Codec<T> {
  return {
    sizeMin: magic.length + codec.sizeMin,
    type: codec.type,
    write: (writer, value) => {
      writer.raw(magic);
      codec.write(writer, value);
    },
    read: (reader) => {
      const start = reader.offset;
      if (!equalBytes(reader.view(magic.length), magic))
        throw new DecodeError("badValue", start, "a statement opens with BKNG");
      return codec.read(reader);
    },
  };
}

/** A statement by candidate hash: what is signed, and what is gossiped. */
export const CompactStatement = withMagic(
  variant({ seconded: [1, CandidateHash], valid: [2, CandidateHash] }, [
    "polkadot_primitives",
    "v9",
    "CompactStatement",
  ]),
);
export type CompactStatement = ValueOf<typeof CompactStatement>;

/** With the guide's third kind. */
export const GuideCompactStatement = withMagic(
  variant(
    { seconded: [1, CandidateHash], valid: [2, CandidateHash], invalid: [3, CandidateHash] },
    ["polkadot_primitives", "v9", "CompactStatement"],
  ),
);
export type GuideCompactStatement = ValueOf<typeof GuideCompactStatement>;

export const SignedCompactStatement = uncheckedSigned(CompactStatement);
export type SignedCompactStatement = ValueOf<typeof SignedCompactStatement>;

export const SignedStatement = uncheckedSigned(Statement);
export type SignedStatement = ValueOf<typeof SignedStatement>;

export const SignedGuideCompactStatement = uncheckedSigned(GuideCompactStatement);
export type SignedGuideCompactStatement = ValueOf<typeof SignedGuideCompactStatement>;

export const SignedGuideStatement = uncheckedSigned(GuideStatement);
export type SignedGuideStatement = ValueOf<typeof SignedGuideStatement>;

/** The statement without its receipt. */
export function toCompactStatement(statement: Statement): CompactStatement;
export function toCompactStatement(statement: GuideStatement): GuideCompactStatement;
export function toCompactStatement(statement: GuideStatement): GuideCompactStatement {
  return statement.type === "seconded"
    ? { type: "seconded", value: candidateHash(statement.value) }
    : statement;
}

/** What a validator signs with its `para` key: the compact statement and the context, 73 bytes. */
export function statementPayload(
  statement: GuideCompactStatement,
  context: SigningContext,
): Uint8Array {
  return concatBytes(encode(GuideCompactStatement, statement), encode(SigningContext, context));
}
