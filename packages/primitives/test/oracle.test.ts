/**
 * The same values through another implementation: @polkadot/types reads what we wrote, names what it
 * sees, and writes the same bytes. For structures of which no recorded data are at hand.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asAccountId,
  asAssignmentId,
  asAuthorityDiscoveryId,
  asBabeId,
  asCandidateHash,
  asCollatorId,
  asCoreIndex,
  asGroupIndex,
  asHash,
  asParaId,
  asSessionIndex,
  asValidationCodeHash,
  asValidatorId,
  asValidatorIndex,
  BabeEpoch,
  BabeEquivocationProof,
  BabePreDigest,
  type CandidateDescriptor,
  CoreState,
  DisputeState,
  DisputeStatementSet,
  ExecutorParams,
  type Header,
  HrmpChannel,
  MultiAddress,
  ParachainsInherentData,
  PvfCheckStatement,
  ScrapedOnChainVotes,
  SessionInfo,
} from "@parahost/primitives";
import { bitsAt, type Codec, encode } from "@parahost/scale";
import { TypeRegistry } from "@polkadot/types";

const registry = new TypeRegistry();
// The name is that of an index of staking there, with 16 bits.
registry.register({ ValidatorIndex: "u32" });

/** What the other implementation sees in our encoding, once it has written the same bytes. */
// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape
function seen<T>(theirType: string, codec: Codec<T>, value: T): any {
  const ours = encode(codec, value);
  const theirs = registry.createType(theirType, ours);
  assert.deepEqual(Uint8Array.from(theirs.toU8a()), ours, theirType);
  return theirs.toJSON();
}

const h = (byte: string): `0x${string}` => `0x${byte.repeat(32)}`;
const signature = (byte: number) => new Uint8Array(64).fill(byte);
const asText = (bytes: Uint8Array) => `0x${Buffer.from(bytes).toString("hex")}`;

const descriptor: CandidateDescriptor = {
  version: 1,
  paraId: asParaId(2000),
  relayParent: asHash(h("11")),
  collator: asCollatorId(h("22")),
  persistedValidationDataHash: asHash(h("33")),
  povHash: asHash(h("44")),
  erasureRoot: asHash(h("55")),
  signature: signature(6),
  paraHead: asHash(h("77")),
  validationCodeHash: asValidationCodeHash(h("88")),
};
const candidateHash = asCandidateHash(h("99"));
const disputes: DisputeStatementSet = {
  candidateHash,
  session: asSessionIndex(7),
  statements: [
    { type: "valid", value: { type: "explicit" } } as const,
    { type: "valid", value: { type: "backingSeconded", value: asHash(h("aa")) } } as const,
    { type: "valid", value: { type: "backingValid", value: asHash(h("bb")) } } as const,
    { type: "valid", value: { type: "approvalChecking" } } as const,
    { type: "invalid", value: { type: "explicit" } } as const,
  ].map((statement, i) => ({
    statement,
    validatorIndex: asValidatorIndex(i),
    signature: signature(i),
  })),
};
const header: Header = {
  parentHash: asHash(h("01")),
  number: 70_000,
  stateRoot: asHash(h("02")),
  extrinsicsRoot: asHash(h("03")),
  digest: [
    { type: "preRuntime", value: { engine: "BABE", data: new Uint8Array([1]) } },
    { type: "consensus", value: { engine: "FRNK", data: new Uint8Array([2]) } },
    { type: "other", value: new Uint8Array([3]) },
    { type: "runtimeEnvironmentUpdated" },
    { type: "seal", value: { engine: "BABE", data: signature(4) } },
  ],
};

test("dispute statement sets", () => {
  const set = seen("DisputeStatementSet", DisputeStatementSet, disputes);
  assert.equal(set.candidateHash, candidateHash);
  assert.equal(set.session, 7);
  assert.deepEqual(
    set.statements.map(([statement]: readonly unknown[]) => statement),
    [
      { valid: { explicit: null } },
      { valid: { backingSeconded: h("aa") } },
      { valid: { backingValid: h("bb") } },
      { valid: { approvalChecking: null } },
      { invalid: "Explicit" },
    ],
  );
  assert.equal(set.statements[4][1], 4);
  assert.equal(set.statements[4][2], asText(signature(4)));
});

test("dispute states", () => {
  const state = seen("DisputeState", DisputeState, {
    validatorsFor: bitsAt(8, [0, 7]),
    validatorsAgainst: bitsAt(8, [1]),
    start: 5,
    concludedAt: 9,
  });
  assert.deepEqual([state.validatorsFor, state.validatorsAgainst], ["0x81", "0x02"]);
  assert.deepEqual([state.start, state.concludedAt], [5, 9]);
});

test("a parachains inherent with everything in it", () => {
  const data = seen("ParachainsInherentData", ParachainsInherentData, {
    bitfields: [
      { payload: bitsAt(16, [3]), validatorIndex: asValidatorIndex(2), signature: signature(1) },
    ],
    backedCandidates: [
      {
        candidate: {
          descriptor,
          commitments: {
            upwardMessages: [new Uint8Array([1, 2])],
            horizontalMessages: [{ recipient: asParaId(2001), data: new Uint8Array([3]) }],
            newValidationCode: new Uint8Array([4]),
            headData: new Uint8Array([5]),
            processedDownwardMessages: 6,
            hrmpWatermark: 7,
          },
        },
        validityVotes: [
          { type: "implicit", value: signature(8) },
          { type: "explicit", value: signature(9) },
        ],
        validatorIndices: bitsAt(8, [0, 4]),
      },
    ],
    disputes: [disputes],
    parentHeader: header,
  });
  const [backed] = data.backedCandidates;
  assert.equal(backed.candidate.descriptor.paraId, 2000);
  assert.equal(backed.candidate.descriptor.collatorId, descriptor.collator);
  assert.equal(backed.candidate.descriptor.erasureRoot, descriptor.erasureRoot);
  assert.equal(backed.candidate.commitments.hrmpWatermark, 7);
  assert.equal(backed.candidate.commitments.newValidationCode, "0x04");
  assert.deepEqual(backed.validityVotes, [
    { implicit: asText(signature(8)) },
    { explicit: asText(signature(9)) },
  ]);
  assert.equal(data.bitfields[0].validatorIndex, 2);
  assert.equal(data.disputes.length, 1);
  assert.equal(data.parentHeader.number, 70_000);
});

test("session info", () => {
  const info = seen("SessionInfo", SessionInfo, {
    activeValidatorIndices: [asValidatorIndex(3), asValidatorIndex(1)],
    randomSeed: new Uint8Array(32).fill(5),
    disputePeriod: asSessionIndex(6),
    validators: [asValidatorId(h("01")), asValidatorId(h("02"))],
    discoveryKeys: [asAuthorityDiscoveryId(h("03"))],
    assignmentKeys: [asAssignmentId(h("04"))],
    validatorGroups: [[asValidatorIndex(0)], [asValidatorIndex(1)]],
    nCores: 2,
    zerothDelayTrancheWidth: 1,
    relayVrfModuloSamples: 3,
    nDelayTranches: 4,
    noShowSlots: 5,
    neededApprovals: 7,
  });
  assert.deepEqual(info.activeValidatorIndices, [3, 1]);
  assert.deepEqual(info.validatorGroups, [[0], [1]]);
  assert.deepEqual(
    [info.disputePeriod, info.nCores, info.zerothDelayTrancheWidth, info.relayVrfModuloSamples],
    [6, 2, 1, 3],
  );
  assert.deepEqual([info.nDelayTranches, info.noShowSlots, info.neededApprovals], [4, 5, 7]);
});

test("cores: occupied, scheduled, free", () => {
  const collator = asCollatorId(h("22"));
  const occupied = seen("CoreState", CoreState, {
    type: "occupied",
    value: {
      nextUpOnAvailable: { paraId: asParaId(1), collator },
      occupiedSince: 10,
      timeOutAt: 14,
      nextUpOnTimeOut: undefined,
      availability: bitsAt(8, [2]),
      groupResponsible: asGroupIndex(3),
      candidateHash,
      candidateDescriptor: descriptor,
    },
  });
  assert.deepEqual(occupied.occupied.nextUpOnAvailable, { paraId: 1, collator });
  assert.deepEqual([occupied.occupied.occupiedSince, occupied.occupied.timeOutAt], [10, 14]);
  assert.equal(occupied.occupied.candidateHash, candidateHash);
  const scheduled = seen("CoreState", CoreState, {
    type: "scheduled",
    value: { paraId: asParaId(5), collator: undefined },
  });
  assert.deepEqual(scheduled, { scheduled: { paraId: 5, collator: null } });
  assert.deepEqual(seen("CoreState", CoreState, { type: "free" }), { free: null });
  assert.equal(asCoreIndex(0), 0);
});

test("votes found on chain, and pre-check statements", () => {
  const votes = seen("ScrapedOnChainVotes", ScrapedOnChainVotes, {
    session: asSessionIndex(7),
    backingValidatorsPerCandidate: [
      {
        receipt: { descriptor, commitmentsHash: asHash(h("cc")) },
        votes: [
          {
            validatorIndex: asValidatorIndex(4),
            attestation: { type: "explicit", value: signature(1) },
          },
        ],
      },
    ],
    disputes: [disputes],
  });
  assert.equal(votes.backingValidatorsPerCandidate[0][0].commitmentsHash, h("cc"));
  assert.equal(votes.backingValidatorsPerCandidate[0][1][0][0], 4);
  assert.deepEqual(
    seen("PvfCheckStatement", PvfCheckStatement, {
      accept: true,
      subject: asValidationCodeHash(h("dd")),
      sessionIndex: asSessionIndex(8),
      validatorIndex: asValidatorIndex(9),
    }),
    { accept: true, subject: h("dd"), sessionIndex: 8, validatorIndex: 9 },
  );
});

test("executor parameters, channels, addresses", () => {
  assert.deepEqual(
    seen("ExecutorParams", ExecutorParams, [
      { type: "maxMemoryPages", value: 8192 },
      { type: "pvfExecTimeout", value: { kind: { type: "approval" }, milliseconds: 15_000 } },
    ]),
    [{ maxMemoryPages: 8192 }, { pvfExecTimeout: ["Approval", 15_000] }],
  );
  const channel = seen("HrmpChannel", HrmpChannel, {
    maxCapacity: 1,
    maxTotalSize: 2,
    maxMessageSize: 3,
    msgCount: 4,
    totalSize: 5,
    mqcHead: asHash(h("ee")),
    senderDeposit: 6n,
    recipientDeposit: 7n,
  });
  assert.deepEqual([channel.maxCapacity, channel.totalSize, channel.recipientDeposit], [1, 5, 7]);
  const address = seen("MultiAddress", MultiAddress, { type: "id", value: asAccountId(h("01")) });
  assert.deepEqual(Object.keys(address), ["id"]);
});

test("BABE epochs, claims and equivocations", () => {
  const epoch = seen("Epoch", BabeEpoch, {
    epochIndex: 1,
    startSlot: 2,
    duration: 3,
    authorities: [{ id: asBabeId(h("01")), weight: 1 }],
    randomness: new Uint8Array(32).fill(9),
    config: {
      c: { numerator: 1, denominator: 4 },
      allowedSlots: { type: "primaryAndSecondaryVRFSlots" },
    },
  });
  assert.deepEqual([epoch.epochIndex, epoch.startSlot, epoch.duration], [1, 2, 3]);
  assert.equal(epoch.config.allowedSlots, "PrimaryAndSecondaryVRFSlots");
  const claim = seen("RawBabePreDigest", BabePreDigest, {
    type: "secondaryVRF",
    value: {
      authorityIndex: 5,
      slot: 6,
      vrfSignature: { preOutput: new Uint8Array(32), proof: new Uint8Array(64) },
    },
  });
  assert.deepEqual([claim.secondaryVRF.authorityIndex, claim.secondaryVRF.slotNumber], [5, 6]);
  const proof = seen("BabeEquivocationProof", BabeEquivocationProof, {
    offender: asBabeId(h("02")),
    slot: 6,
    firstHeader: header,
    secondHeader: { ...header, number: 70_001 },
  });
  assert.deepEqual([proof.slotNumber, proof.secondHeader.number], [6, 70_001]);
});
