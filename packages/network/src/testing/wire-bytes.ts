/**
 * Bytes put together by hand from the reference's layouts, with the values that they stand for: the
 * tests of each protocol compare its codec with them. Hashes and signatures are one repeated byte.
 */
import assert from "node:assert/strict";
import { concatBytes, hexToBytes } from "@parahost/base";
import {
  asCandidateHash,
  asHash,
  asParaId,
  asSessionIndex,
  asValidationCodeHash,
  asValidatorIndex,
  type CandidateReceipt,
  type CommittedCandidateReceipt,
  type CoreIndex,
  type Hash,
} from "@parahost/primitives";
import { type Codec, decode, encode, tryDecode } from "@parahost/scale";

/** `count` times the same byte. */
export const fill = (byte: number, count: number): Uint8Array => new Uint8Array(count).fill(byte);

/** Bytes from hex text and byte strings, one after the other. */
export const wire = (...parts: readonly (string | Uint8Array)[]): Uint8Array =>
  concatBytes(...parts.map((part) => (typeof part === "string" ? hexToBytes(part) : part)));

/** A hash of one repeated byte. */
export const hashOf = (byte: number): Hash =>
  asHash(`0x${byte.toString(16).padStart(2, "0").repeat(32)}`);

export const relayParent: Hash = hashOf(0x11);
export const candidateHash = asCandidateHash(hashOf(0x77));

const descriptorBytes = wire(
  "e8030000", // para 1000
  fill(0x11, 32), // relay parent
  "00", // version 2
  "0300", // core 3
  "09000000", // session 9
  fill(0, 25), // reserved
  fill(0x22, 32), // persisted validation data hash
  fill(0x33, 32), // PoV hash
  fill(0x44, 32), // erasure root
  fill(0, 64), // reserved
  fill(0x55, 32), // para head
  fill(0x66, 32), // validation code hash
);
const descriptor = {
  version: 2,
  paraId: asParaId(1000),
  relayParent,
  coreIndex: 3 as CoreIndex,
  sessionIndex: asSessionIndex(9),
  persistedValidationDataHash: hashOf(0x22),
  povHash: hashOf(0x33),
  erasureRoot: hashOf(0x44),
  paraHead: hashOf(0x55),
  validationCodeHash: asValidationCodeHash(hashOf(0x66)),
} as const;

export const receiptBytes: Uint8Array = wire(descriptorBytes, fill(0x99, 32));
export const receipt: CandidateReceipt = { descriptor, commitmentsHash: hashOf(0x99) };

export const committedReceiptBytes: Uint8Array = wire(
  descriptorBytes,
  "04", // one upward message
  "080a0b",
  "00", // no horizontal messages
  "00", // no new code
  "0c010203", // head
  "00000000", // downward messages processed
  "05000000", // watermark
);
export const committedReceipt: CommittedCandidateReceipt = {
  descriptor,
  commitments: {
    upwardMessages: [new Uint8Array([10, 11])],
    horizontalMessages: [],
    newValidationCode: undefined,
    headData: new Uint8Array([1, 2, 3]),
    processedDownwardMessages: 0,
    hrmpWatermark: 5,
  },
};

/** `BKNG`, seconded, candidate hash, validator 2, signature. */
export const signedStatementBytes: Uint8Array = wire(
  "424b4e47",
  "01",
  fill(0x77, 32),
  "02000000",
  fill(0x88, 64),
);
export const signedStatement = {
  payload: { type: "seconded", value: candidateHash },
  validatorIndex: asValidatorIndex(2),
  signature: fill(0x88, 64),
} as const;

/** Five members: 0 and 2 have seconded, 4 has found valid. */
export const filterBytes: Uint8Array = wire("1405", "1410");
export const filter = {
  secondedInGroup: { length: 5, bytes: new Uint8Array([0b0_0101]) },
  validatedInGroup: { length: 5, bytes: new Uint8Array([0b1_0000]) },
} as const;

/** Why bytes are refused, or `ok`. */
export function codeOf<T>(codec: Codec<T>, bytes: Uint8Array): string {
  const decoded = tryDecode(codec, bytes);
  return decoded.ok ? "ok" : decoded.error.code;
}

/**
 * The codec gives these bytes for this value and back; no beginning of them is another value, and
 * nothing may follow them.
 */
export function assertLayout<T>(codec: Codec<T>, value: T, bytes: Uint8Array): void {
  assert.deepEqual(encode(codec, value), bytes);
  assert.deepEqual(decode(codec, bytes), value);
  for (let length = 0; length < bytes.length; length++)
    assert.notEqual(codeOf(codec, bytes.subarray(0, length)), "ok", `the first ${length} bytes`);
  assert.equal(codeOf(codec, wire(bytes, "00")), "trailingBytes");
}
