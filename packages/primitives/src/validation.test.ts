import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, concatBytes } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { compactU32, encode, tryDecode } from "@parahost/scale";
import { CandidateCommitments, commitmentsOf } from "./candidate.ts";
import { asHash, asParaId } from "./ids.ts";
import {
  AvailableData,
  ErasureChunk,
  type PersistedValidationData,
  paraHeadHash,
  persistedValidationDataHash,
  povHash,
  ValidationParams,
  ValidationResult,
  validationCodeHash,
} from "./validation.ts";

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

const validationData: PersistedValidationData = {
  parentHead: bytes(1),
  relayParentNumber: 7,
  relayParentStorageRoot: asHash(`0x${"11".repeat(32)}`),
  maxPovSize: 1024,
};
const PVD = `040107000000${"11".repeat(32)}00040000`;

test("available data is the proof of validity, then the validation data", () => {
  const data = encode(AvailableData, { pov: { blockData: bytes(9, 9) }, validationData });
  assert.equal(bytesToHex(data), `0x080909${PVD}`);
  assert.equal(persistedValidationDataHash(validationData), blake2b256Hex(data.subarray(3)));
});

test("the hash of a proof of validity covers its length, those of heads and code do not", () => {
  assert.equal(povHash({ blockData: bytes(9, 9) }), blake2b256Hex(bytes(8, 9, 9)));
  assert.equal(paraHeadHash(bytes(9, 9)), blake2b256Hex(bytes(9, 9)));
  assert.equal(validationCodeHash(bytes(9, 9)), blake2b256Hex(bytes(9, 9)));
});

test("a chunk carries its index between data and proof", () => {
  const chunk = encode(ErasureChunk, { chunk: bytes(1, 2), index: 3, proof: [bytes(4)] });
  assert.equal(bytesToHex(chunk), "0x08010203000000040404");
});

test("a chunk proof longer or with larger nodes than any trie makes is refused", () => {
  const refusal = (proof: Uint8Array[]) => {
    const decoded = tryDecode(
      ErasureChunk,
      encode(ErasureChunk, { chunk: bytes(), index: 0, proof }),
    );
    return decoded.ok ? undefined : decoded.error.code;
  };
  assert.equal(refusal(new Array(8).fill(bytes(1))), undefined);
  assert.equal(refusal(new Array(9).fill(bytes(1))), "boundExceeded");
  assert.equal(refusal([new Uint8Array(612)]), undefined);
  assert.equal(refusal([new Uint8Array(613)]), "boundExceeded");
});

test("parameters of a validation are in the order of its interface", () => {
  const encoded = encode(ValidationParams, {
    parentHead: bytes(1),
    blockData: bytes(2),
    relayParentNumber: 3,
    relayParentStorageRoot: asHash(`0x${"22".repeat(32)}`),
  });
  assert.equal(bytesToHex(encoded), `0x0401040203000000${"22".repeat(32)}`);
});

test("a result begins with the head, commitments with the messages", () => {
  const result: ValidationResult = {
    headData: bytes(1),
    newValidationCode: bytes(2),
    upwardMessages: [bytes(3)],
    horizontalMessages: [{ recipient: asParaId(4), data: bytes(5) }],
    processedDownwardMessages: 6,
    hrmpWatermark: 7,
  };
  assert.equal(
    bytesToHex(encode(ValidationResult, result)),
    "0x0401" + "010402" + "040403" + "04040000000405" + "06000000" + "07000000",
  );
  assert.equal(
    bytesToHex(encode(CandidateCommitments, commitmentsOf(result))),
    "0x040403" + "04040000000405" + "010402" + "0401" + "06000000" + "07000000",
  );
});

test("more messages than a candidate may send are refused before they are read", () => {
  // An empty head, no code, then the count alone with enough bytes behind it.
  const tooMany = concatBytes(bytes(0, 0), encode(compactU32, 16_385), new Uint8Array(20_000));
  const refused = tryDecode(ValidationResult, tooMany);
  assert.ok(!refused.ok && refused.error.code === "boundExceeded");
});
