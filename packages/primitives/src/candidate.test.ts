import assert from "node:assert/strict";
import { test } from "node:test";
import { hexToBytes } from "@parahost/base";
import { sr25519Verify } from "@parahost/crypto";
import { decode, encode, option, tryDecode } from "@parahost/scale";
import {
  CandidateReceipt,
  CommittedCandidateReceipt,
  candidateHash,
  commitmentsHash,
  compareCandidates,
  toPlainReceipt,
} from "./candidate.ts";
import {
  CandidateDescriptor,
  type CandidateDescriptorV2,
  collatorSignaturePayload,
  descriptorCoreIndex,
  descriptorSessionIndex,
} from "./candidate-descriptor.ts";
import { asCoreIndex, asHash, asParaId, asSessionIndex, asValidationCodeHash } from "./ids.ts";
import { paraHeadHash } from "./validation.ts";

/** Answer of a Westend node to `candidate_pending_availability`: para 1001, relay block 15,372,194. */
const RECORDED =
  "01e9030000328b2b271db466af1870b5918aa43aec671de9803aeadf75013d3c78de35ceea84b5c6e57a116cba4148aaad37fbfc3edc54e7728b5192a40391d9c8ef33bc40e0a84b429996989d65526edda87a56b79f51b98cbeb347ce22a356cc7da02e38ab0e77029716d6a3e8b45e3ac27c623c347f28d433926a7f762cf0018484f58e505b19ef3223929a5ac8e2f17e5add18665a164f002b806899329b25c8da3be76c5664eb273bc0dbc3016d1304e53fc86b20d4d3583c4b72599ffe4386aa7060c9e6f1ad9699ddcc8f2bbe324c882cba6307b47e991cff013ffc307cc7d3e4831efb8e925358db3e93e466f6238871a8a29a6028279db855f0eed3fe4d7705f2dcc6cda49b51efbe0fd184b974074d1258ca9f15b9fccfedc35b7dee6e1ab9e9000000e902bc8e637ddab3bc69db43a62181e9a5807647ae518b205161b1beb25cc72bb441a6dc4600cd7190aaa808a47ac7c2cce73922a0cdde3fc639969c76d5ab44566e25e5fee50cc06625cdc46c76bd0bf8c046308022fe7b2cfd31859fcab2c7d84a2b208b1b080661757261206f495c0800000000056175726101012cd5b2805efcf8f0d7a35e05a9b3582df5af3cab0c912af9a56e83a10a42ef56b4feea6347c7c862c71ad66e0a6296cb6e46cdf10baf65dc89315f2768fd4f8100000000a18fea00";

function recorded(): CommittedCandidateReceipt {
  const receipt = decode(option(CommittedCandidateReceipt), hexToBytes(RECORDED));
  assert.ok(receipt !== undefined);
  return receipt;
}

const h = (byte: string) => asHash(`0x${byte.repeat(32)}`);

const V2: CandidateDescriptorV2 = {
  version: 2,
  paraId: asParaId(1000),
  relayParent: h("11"),
  coreIndex: asCoreIndex(0x0201),
  sessionIndex: asSessionIndex(0x06050403),
  persistedValidationDataHash: h("22"),
  povHash: h("33"),
  erasureRoot: h("44"),
  paraHead: h("55"),
  validationCodeHash: asValidationCodeHash(h("66")),
};

test("a recorded candidate has the published hashes", () => {
  const receipt = recorded();
  assert.equal(
    commitmentsHash(receipt.commitments),
    "0x8b87e371267e8c76edfd246eb79a577af0bd47fed21209599d1b396849356928",
  );
  assert.equal(
    candidateHash(receipt),
    "0xe9951ceaef434b5ab2053f7c922830cf1ecca2017c7c569641cbcbe4263211fb",
  );
  assert.equal(paraHeadHash(receipt.commitments.headData), receipt.descriptor.paraHead);
});

test("both forms of a receipt have one hash, and the plain one is made once", () => {
  const receipt = recorded();
  const plain = toPlainReceipt(receipt);
  assert.equal(toPlainReceipt(receipt), plain);
  assert.equal(candidateHash(plain), candidateHash(receipt));
  const again = decode(CandidateReceipt, encode(CandidateReceipt, plain));
  assert.equal(candidateHash(again), candidateHash(receipt));
});

test("a version 1 descriptor carries a collator and its signature", () => {
  const { descriptor } = recorded();
  assert.ok(descriptor.version === 1);
  assert.equal(descriptor.paraId, 1001);
  assert.equal(descriptorCoreIndex(descriptor), undefined);
  assert.equal(descriptorSessionIndex(descriptor), undefined);
  const payload = collatorSignaturePayload(descriptor);
  assert.equal(payload.length, 132);
  assert.ok(sr25519Verify(descriptor.collator, payload, descriptor.signature));
});

test("a version 2 descriptor has core and session where version 1 has the collator", () => {
  const bytes = encode(CandidateDescriptor, V2);
  assert.equal(bytes.length, 292);
  assert.deepEqual(bytes.subarray(36, 44), new Uint8Array([0, 1, 2, 3, 4, 5, 6, 0]));
  assert.deepEqual(decode(CandidateDescriptor, bytes), V2);
  assert.equal(descriptorCoreIndex(V2), 0x0201);
  assert.equal(descriptorSessionIndex(V2), 0x06050403);
});

test("any byte in the reserved areas makes a descriptor version 1", () => {
  const bytes = encode(CandidateDescriptor, V2);
  for (const at of [43, 67, 164, 227]) {
    const changed = bytes.slice();
    changed[at] = 1;
    assert.equal(decode(CandidateDescriptor, changed).version, 1, `byte ${at}`);
    assert.deepEqual(encode(CandidateDescriptor, decode(CandidateDescriptor, changed)), changed);
  }
});

test("an unknown version is refused", () => {
  const bytes = encode(CandidateDescriptor, V2);
  bytes[36] = 1;
  const refused = tryDecode(CandidateDescriptor, bytes);
  assert.ok(!refused.ok);
  assert.equal(refused.error.code, "badVariant");
  assert.equal(refused.error.offset, 36);
});

test("every cut of a descriptor is refused", () => {
  const bytes = encode(CandidateDescriptor, V2);
  for (let length = 0; length < bytes.length; length++) {
    const refused = tryDecode(CandidateDescriptor, bytes.subarray(0, length));
    assert.ok(!refused.ok && refused.error.code === "unexpectedEnd", `${length} bytes`);
  }
});

test("a version 1 descriptor that would be read as version 2 is not encoded", () => {
  const { coreIndex: _, sessionIndex: __, version: ___, ...shared } = V2;
  const unsigned = {
    ...shared,
    version: 1 as const,
    collator: `0x${"00".repeat(32)}` as never,
    signature: new Uint8Array(64),
  };
  assert.throws(() => encode(CandidateDescriptor, unsigned), /would be read as version 2/);
});

test("receipts are ordered by para, then by head", () => {
  const receipt = recorded();
  const withHead = (paraId: number, ...head: number[]): CommittedCandidateReceipt => ({
    descriptor: { ...receipt.descriptor, paraId: asParaId(paraId) },
    commitments: { ...receipt.commitments, headData: new Uint8Array(head) },
  });
  const sorted = [withHead(1, 2), withHead(2, 0), withHead(1, 1, 9), withHead(1, 1)].sort(
    compareCandidates,
  );
  assert.deepEqual(
    sorted.map(({ descriptor, commitments }) => [descriptor.paraId, ...commitments.headData]),
    [
      [1, 1],
      [1, 1, 9],
      [1, 2],
      [2, 0],
    ],
  );
});
