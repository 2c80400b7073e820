import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex } from "@parahost/base";
import { encode, tryDecode } from "@parahost/scale";
import { justificationBy } from "./block.ts";
import {
  type DigestItem,
  DigestItem as DigestItemCodec,
  describeDigestItem,
  ParachainLog,
  parachainLogItem,
  parachainLogs,
  soleEngineData,
} from "./digest.ts";
import {
  equalHeaders,
  type Header,
  Header as HeaderCodec,
  headerHash,
  revertTarget,
  stripSeal,
  withSeal,
} from "./header.ts";
import { asCandidateHash, asHash, asSessionIndex, ZERO_HASH } from "./ids.ts";

/** Polkadot's genesis header. */
const genesis: Header = {
  parentHash: ZERO_HASH,
  number: 0,
  stateRoot: asHash("0x29d0d972cd27cbc511e9589fcb7a4506d5eb6a9e8df205f00472e5ab354a4e17"),
  extrinsicsRoot: asHash("0x03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314"),
  digest: [],
};

test("Polkadot's genesis hash follows from its header", () => {
  assert.equal(
    headerHash(genesis),
    "0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3",
  );
});

test("the block number is compact", () => {
  const bytes = encode(HeaderCodec, { ...genesis, number: 16_384 });
  assert.equal(bytesToHex(bytes.subarray(32, 36)), "0x02000100");
});

const preRuntime: DigestItem = {
  type: "preRuntime",
  value: { engine: "BABE", data: new Uint8Array([1]) },
};

test("a seal goes on last and comes off again", () => {
  const header = { ...genesis, digest: [preRuntime] };
  const sealed = withSeal(header, "BABE", new Uint8Array(64));
  const stripped = stripSeal(sealed);
  assert.deepEqual(stripped?.header, header);
  assert.deepEqual(stripped?.seal, { engine: "BABE", data: new Uint8Array(64) });
  assert.notEqual(headerHash(sealed), headerHash(header));
  assert.ok(equalHeaders(header, { ...genesis, digest: [preRuntime] }));
  assert.ok(!equalHeaders(header, sealed));
});

test("only the last item is a seal", () => {
  assert.equal(stripSeal(genesis), undefined);
  const sealed = withSeal(genesis, "BABE", new Uint8Array(64));
  assert.equal(stripSeal({ ...sealed, digest: [...sealed.digest, preRuntime] }), undefined);
});

test("two pre-runtime items of one engine are none", () => {
  assert.deepEqual(soleEngineData([preRuntime], "preRuntime", "BABE"), new Uint8Array([1]));
  assert.equal(soleEngineData([preRuntime, preRuntime], "preRuntime", "BABE"), undefined);
  assert.equal(soleEngineData([preRuntime], "preRuntime", "FRNK"), undefined);
  assert.equal(soleEngineData([preRuntime], "seal", "BABE"), undefined);
});

test("retired digest tags are refused", () => {
  for (const tag of [1, 2, 3, 7, 9, 255]) {
    const refused = tryDecode(DigestItemCodec, new Uint8Array([tag, 66, 65, 66, 69, 0]));
    assert.ok(!refused.ok && refused.error.code === "badVariant", `tag ${tag}`);
  }
  assert.equal(bytesToHex(encode(DigestItemCodec, { type: "runtimeEnvironmentUpdated" })), "0x08");
});

test("engine ids take any four bytes", () => {
  const bytes = new Uint8Array([4, 0xff, 0x00, 0x80, 0x41, 0]);
  const decoded = tryDecode(DigestItemCodec, bytes);
  assert.ok(decoded.ok);
  assert.deepEqual(encode(DigestItemCodec, decoded.value), bytes);
});

test("digest items are described for logs", () => {
  assert.equal(describeDigestItem(preRuntime), "preRuntime BABE 0x01");
  assert.equal(describeDigestItem({ type: "other", value: new Uint8Array([2]) }), "other 0x02");
});

const revert = (value: number): DigestItem => parachainLogItem({ type: "revert", value });

test("a revert below its header names the first block to abandon", () => {
  const header = { ...genesis, number: 10, digest: [preRuntime, revert(8), revert(7)] };
  assert.equal(revertTarget(header), 7);
});

test("reverts that point at their header or above are ignored", () => {
  assert.equal(
    revertTarget({ ...genesis, number: 10, digest: [revert(10), revert(11)] }),
    undefined,
  );
  assert.equal(revertTarget({ ...genesis, number: 10, digest: [revert(10), revert(9)] }), 9);
});

test("undecodable parachain logs are skipped", () => {
  const unknown: DigestItem = {
    type: "consensus",
    value: { engine: "POL1", data: new Uint8Array([9, 9]) },
  };
  assert.deepEqual(parachainLogs([unknown, revert(3), preRuntime]), [{ type: "revert", value: 3 }]);
});

test("a dispute's log stands beside the revert", () => {
  const log: ParachainLog = {
    type: "paraDispute",
    value: {
      candidate: asCandidateHash(`0x${"cc".repeat(32)}`),
      session: asSessionIndex(4),
      includedIn: 8,
      lastValid: asHash(`0x${"aa".repeat(32)}`),
    },
  };
  assert.equal(
    bytesToHex(encode(ParachainLog, log)),
    `0x05${"cc".repeat(32)}0400000008000000${"aa".repeat(32)}`,
  );
  assert.deepEqual(parachainLogs([parachainLogItem(log)]), [log]);
});

test("the justification of an engine is found", () => {
  const justifications = [{ engine: "FRNK", data: new Uint8Array([1]) }];
  assert.deepEqual(justificationBy(justifications, "FRNK"), new Uint8Array([1]));
  assert.equal(justificationBy(justifications, "BEEF"), undefined);
});
