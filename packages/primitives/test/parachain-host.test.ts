/** What real relay chains answered, stored and signed about parachains. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import { sr25519Verify } from "@parahost/crypto";
import {
  AsyncBackingParams,
  BlockNumber,
  CandidateDescriptor,
  CandidateEvent,
  CandidateHash,
  CommittedCandidateReceipt,
  CoreIndex,
  candidateHash,
  collatorSignaturePayload,
  commitmentsHash,
  GroupIndex,
  GroupRotationInfo,
  IndirectAssignmentCertV1,
  ParachainsInherentData,
  ParaId,
  paraHeadHash,
  SessionIndex,
  SessionInfo,
  Statement,
  toCompactStatement,
  UncheckedSignedAvailabilityBitfield,
  ValidatorId,
  ValidatorIndex,
  ValidatorSignature,
} from "@parahost/primitives";
import {
  bitsToBooleans,
  bitVec,
  type Codec,
  decode,
  encode,
  option,
  struct,
  tuple,
  u32,
  vec,
} from "@parahost/scale";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";
import { parachainsInherentBytes } from "./inherent-bytes.ts";

/** Decodes all bytes, checks that they encode back, and gives the value. */
function roundTrip<T>(codec: Codec<T>, hex: string): T {
  const value = decode(codec, hexToBytes(hex));
  assert.equal(bytesToHex(encode(codec, value)), `0x${hex}`);
  return value;
}

// Runtime API

interface ApiCase<T> {
  readonly hex: string;
  readonly expect: T;
}

function apiCase<T>(id: string): ApiCase<T> {
  const cases = readVectorJson<(ApiCase<T> & { readonly id: string })[]>(
    "parachain-host",
    "runtime-api.json",
  );
  const found = cases.find((candidate) => candidate.id === id);
  assert.ok(found !== undefined);
  return found;
}

const skip = skipWithoutVectors;

test("validators of a session", { skip }, () => {
  const { hex, expect } = apiCase<{ n: number; first: string; last: string }>("validators");
  const validators = roundTrip(vec(ValidatorId), hex);
  assert.equal(validators.length, expect.n);
  assert.equal(validators[0], `0x${expect.first}`);
  assert.equal(validators.at(-1), `0x${expect.last}`);
});

test("validator groups with their rotation", { skip }, () => {
  const { hex, expect } = apiCase<{ groups: number[][]; rotation: number[] }>("validator_groups");
  const [groups, rotation] = roundTrip(tuple(vec(vec(ValidatorIndex)), GroupRotationInfo), hex);
  assert.deepEqual(groups, expect.groups);
  assert.deepEqual(
    [rotation.sessionStartBlock, rotation.groupRotationFrequency, rotation.now],
    expect.rotation,
  );
});

test("session index of the child", { skip }, () => {
  const { hex, expect } = apiCase<number>("session_index_for_child");
  assert.equal(roundTrip(SessionIndex, hex), expect);
});

test("a candidate pending availability", { skip }, () => {
  const { hex, expect } = apiCase<{
    para_id: number;
    commitments_hash: string;
    candidate_hash: string;
    head_len: number;
    processed_downward_messages: number;
    hrmp_watermark: number;
    upward_messages: number;
  }>("candidate_pending_availability");
  const receipt = roundTrip(option(CommittedCandidateReceipt), hex);
  assert.ok(receipt !== undefined);
  const { descriptor, commitments } = receipt;
  assert.equal(descriptor.paraId, expect.para_id);
  assert.equal(descriptor.version, 1);
  assert.equal(commitmentsHash(commitments), `0x${expect.commitments_hash}`);
  assert.equal(candidateHash(receipt), `0x${expect.candidate_hash}`);
  assert.equal(commitments.headData.length, expect.head_len);
  assert.equal(paraHeadHash(commitments.headData), descriptor.paraHead);
  assert.equal(commitments.processedDownwardMessages, expect.processed_downward_messages);
  assert.equal(commitments.hrmpWatermark, expect.hrmp_watermark);
  assert.equal(commitments.upwardMessages.length, expect.upward_messages);
});

test("candidate events of a block", { skip }, () => {
  const { hex, expect } =
    apiCase<
      {
        kind: string;
        para_id: number;
        candidate_hash: string;
        core: number;
        group: number | undefined;
        head_len: number;
      }[]
    >("candidate_events");
  const events = roundTrip(vec(CandidateEvent), hex);
  assert.equal(events.length, expect.length);
  const kinds = { backed: "CandidateBacked", included: "CandidateIncluded", timedOut: "TimedOut" };
  events.forEach((event, i) => {
    const known = expect[i];
    assert.ok(known !== undefined);
    assert.equal(kinds[event.type], known.kind);
    const { receipt, headData, core } = event.value;
    assert.equal(receipt.descriptor.paraId, known.para_id);
    assert.equal(candidateHash(receipt), `0x${known.candidate_hash}`);
    assert.equal(core, known.core);
    if ("group" in event.value) assert.equal(event.value.group, known.group);
    assert.equal(headData.length, known.head_len);
    assert.equal(paraHeadHash(headData), receipt.descriptor.paraHead);
  });
});

// Storage of Westend 15,946,390

function stored(keyPrefix: string): string[] {
  const { pairs } = readVectorJson<{ pairs: [string, string][] }>(
    "parachain-host",
    "storage-westend-15946390.json",
  );
  const found = pairs.filter(([key]) => key.startsWith(keyPrefix)).map(([, value]) => value);
  assert.ok(found.length > 0);
  return found;
}

test("stored session info", { skip }, () => {
  const [hex = ""] = stored("4da2c41eaffa8e1a791c5d65beeefd1f028685274e698e781f7f2766cba0cc83");
  const info = roundTrip(SessionInfo, hex);
  assert.equal(info.validators.length, 17);
  assert.equal(info.activeValidatorIndices.length, 17);
  assert.equal(info.assignmentKeys.length, 17);
  assert.equal(info.validatorGroups.length, 3);
  assert.equal(info.nCores, 3);
  assert.equal(info.noShowSlots, 2);
  assert.equal(info.nDelayTranches, 40);
  assert.equal(info.neededApprovals, 2);
});

test("stored candidates pending availability, with their backers and votes", { skip }, () => {
  const Pending = struct({
    core: CoreIndex,
    hash: CandidateHash,
    descriptor: CandidateDescriptor,
    availabilityVotes: bitVec(),
    backers: bitVec(),
    relayParentNumber: BlockNumber,
    backedInNumber: BlockNumber,
    backingGroup: GroupIndex,
  });
  const candidates = stored("196e027349017067f9eb56e2c4d9ded5a2ee677da3917cc29ee3b29c9f94c865").map(
    (hex) => roundTrip(Pending, hex),
  );
  assert.deepEqual(
    candidates.map(({ core, descriptor }) => [core, descriptor.paraId]),
    [
      [0, 1000],
      [1, 1001],
      [2, 1002],
    ],
  );
  for (const { availabilityVotes, backers, backedInNumber } of candidates) {
    assert.equal(availabilityVotes.length, 17);
    assert.equal(backers.length, 17);
    assert.equal(backedInNumber, 15_946_390);
  }
});

test("the part of a stored configuration that paras decode", { skip }, () => {
  const [hex = ""] = stored("06de3d8a54d27e44a9d5ce189618f22db4b49d95320d9021994c850f25b8e385");
  const Beginning = struct({
    maxCodeSize: u32,
    maxHeadDataSize: u32,
    maxUpwardQueueCount: u32,
    maxUpwardQueueSize: u32,
    maxUpwardMessageSize: u32,
    maxUpwardMessageNumPerCandidate: u32,
    hrmpMaxMessageNumPerCandidate: u32,
    validationUpgradeCooldown: u32,
    validationUpgradeDelay: u32,
    asyncBackingParams: AsyncBackingParams,
    maxPovSize: u32,
    maxDownwardMessageSize: u32,
  });
  assert.deepEqual(decode(Beginning, hexToBytes(hex).subarray(0, Beginning.sizeMin)), {
    maxCodeSize: 5_242_880,
    maxHeadDataSize: 20_480,
    maxUpwardQueueCount: 10,
    maxUpwardQueueSize: 51_200,
    maxUpwardMessageSize: 51_200,
    maxUpwardMessageNumPerCandidate: 10,
    hrmpMaxMessageNumPerCandidate: 10,
    validationUpgradeCooldown: 200,
    validationUpgradeDelay: 100,
    asyncBackingParams: { maxCandidateDepth: 0, allowedAncestryLen: 0 },
    maxPovSize: 5_242_880,
    maxDownwardMessageSize: 51_200,
  });
});

test("stored paras and validator groups", { skip }, () => {
  const [paras = ""] = stored("cd710b30bd2eab0352ddcc26417aa1940b76934f4cc08dee01012d059e1b83ee");
  assert.deepEqual(roundTrip(vec(ParaId), paras), [1000, 1001, 1002]);
  const [groups = ""] = stored("94eadf0156a8ad5156507773d0471e4a16973e1142f5bd30d9464076794007db");
  assert.deepEqual(
    roundTrip(vec(vec(ValidatorIndex)), groups).map((group) => group.length),
    [6, 6, 5],
  );
});

// Values carried by network messages of the first generation

function wirePayload(id: string, offset: number): string {
  const message = readVectorJson<{ id: string; hex: string }[]>(
    "parachain-host",
    "wire-messages-v1.json",
  ).find((candidate) => candidate.id === id);
  assert.ok(message !== undefined);
  return message.hex.slice(2 * offset);
}

test("a gossiped statement with its receipt", { skip }, () => {
  const hex = wirePayload("statement/statementVDTSeconded", 0);
  const statement = roundTrip(Statement, hex);
  assert.ok(statement.type === "seconded");
  const { descriptor, commitments } = statement.value;
  assert.equal(descriptor.paraId, 1);
  assert.deepEqual(commitments.upwardMessages, [new Uint8Array([1, 2, 3])]);
  assert.deepEqual(commitments.newValidationCode, new Uint8Array([1, 2, 3]));
  assert.deepEqual(commitments.headData, new Uint8Array([1, 2, 3]));
  assert.equal(commitments.processedDownwardMessages, 5);
  assert.deepEqual(toCompactStatement(statement), {
    type: "seconded",
    value: candidateHash(statement.value),
  });
});

test("gossiped signed statements and bitfields", { skip }, () => {
  // Behind the message's tag and the relay parent.
  const valid = roundTrip(
    struct({ statement: Statement, validator: ValidatorIndex, signature: ValidatorSignature }),
    wirePayload("statement/statementValid", 33),
  );
  assert.deepEqual(valid.statement, { type: "valid", value: `0x${"05".repeat(32)}` });
  assert.equal(valid.validator, 5);
  const bitfield = roundTrip(
    UncheckedSignedAvailabilityBitfield,
    wirePayload("validation/bitfieldDistribution", 34),
  );
  assert.equal(bitfield.validatorIndex, 0);
  assert.deepEqual(bitsToBooleans(bitfield.payload), new Array(32).fill(true));
});

test("a gossiped assignment", { skip }, () => {
  const [[certificate, candidate]] = roundTrip(
    vec(tuple(IndirectAssignmentCertV1, u32)),
    wirePayload("validation/approvalDistributionMessageAssignments", 2),
  ) as readonly [readonly [IndirectAssignmentCertV1, number]];
  assert.equal(certificate.blockHash, `0x${"aa".repeat(32)}`);
  assert.equal(certificate.validator, 1);
  assert.deepEqual(certificate.cert.kind, { type: "relayVRFModulo", value: { sample: 2 } });
  assert.equal(candidate, 4);
});

// Collator signatures

interface CollatorCase {
  readonly from: string;
  readonly index: number;
  readonly para_id: number;
  readonly collator: string;
  readonly payload: string;
  readonly signature: string;
}

test("collator signatures of real candidates verify over their payload only", { skip }, () => {
  const { cases } = readVectorJson<{ cases: CollatorCase[] }>(
    "parachain-host",
    "collator-signatures.json",
  );
  assert.equal(cases.length, 110);
  const candidates = candidatesByBlock();
  let found = 0;
  for (const [i, known] of cases.entries()) {
    const collator = `0x${known.collator}` as const;
    const payload = hexToBytes(known.payload);
    const signature = hexToBytes(known.signature);
    assert.ok(sr25519Verify(collator, payload, signature), `${known.from} ${known.index}`);
    const descriptor = candidates.get(known.from)?.[known.index];
    if (descriptor !== undefined && descriptor.version === 1) {
      found += 1;
      assert.equal(descriptor.paraId, known.para_id);
      assert.equal(descriptor.collator, collator);
      assert.deepEqual(descriptor.signature, signature);
      assert.deepEqual(collatorSignaturePayload(descriptor), payload);
    }
    if (i % 10 !== 0) continue;
    const changed = payload.slice();
    changed[i % changed.length] = (changed[i % changed.length] ?? 0) ^ 1;
    assert.ok(!sr25519Verify(collator, changed, signature));
    const other = cases.find((candidate) => candidate.collator !== known.collator);
    assert.ok(!sr25519Verify(`0x${other?.collator ?? ""}`, payload, signature));
  }
  // The other blocks are not among the vectors.
  assert.equal(found, 20 + 16 + 3 + 25);
});

function candidatesByBlock(): Map<string, CandidateDescriptor[]> {
  const blocks = readVectorJson<
    { id: string; body: string[]; parachains_inherent: { extrinsic_index: number } }[]
  >("blocks", "relay-with-parachains-inherent.json");
  const { hex } = apiCase("candidate_events");
  const events = decode(vec(CandidateEvent), hexToBytes(hex));
  return new Map<string, CandidateDescriptor[]>([
    ["candidateEvents", events.map(({ value }) => value.receipt.descriptor)],
    ...blocks.map(({ id, body, parachains_inherent: { extrinsic_index: at } }) => {
      const data = decode(ParachainsInherentData, parachainsInherentBytes(body[at] ?? ""));
      const descriptors = data.backedCandidates.map(({ candidate }) => candidate.descriptor);
      return [id, descriptors] as const;
    }),
  ]);
}
