/**
 * Approval assignments against schnorrkel 0.11 and merlin 3, the crates that Polkadot draws them with. The facts
 * below were made with them, for the seed of 32 bytes 7, ten cores, 40 delay tranches and a zeroth width of 3.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Hex, hexToBytes, ok } from "@parahost/base";
import { slotTranscript } from "@parahost/consensus";
import { MemoryKeystore, makeBytes, vrfVerify } from "@parahost/crypto";
import { ownAssignments } from "@parahost/node/approval-criteria/assign";
import { checkAssignments } from "@parahost/node/approval-criteria/check";
import type { CriteriaBlock, CriteriaSession } from "@parahost/node/approval-criteria/criteria";
import {
  ASSIGNMENT_LABELS,
  type AssignmentCert,
  asAssignmentId,
  asCoreIndex,
  asGroupIndex,
  type BabeEpoch,
  CoreBitfield,
  type Slot,
  type ValidatorIndex,
} from "@parahost/primitives";
import { bitsAt, decode } from "@parahost/scale";

const SEED: Hex = `0x${"07".repeat(32)}`;
const PUBLIC: Hex = "0x7c0f469d3bd340bae718203fa30ca071a5e37c751e891dbded837b213d45d91d";
const CORES = 10;
const US = 0 as ValidatorIndex;

/** Pre-output and proof of a signature. */
type Signed = readonly [preOutput: string, proof: string];

const CLAIM: Signed = [
  "30ce62ab7cdc79bb581b005078b3780e89d86403a445d0f750a0995cd3b2d84e",
  "024f5adf80073bd6b9c12c0692d4f111627e5a8e4dac0f52eace73ad1a0a940dd33d7e334fbf920bda32ea6f472f61920813595f77f5d85a3edc3de351c49608",
];
const STORY: Hex = "0xec33857d6aa7d065b72230f4e116993ee8a6887e0a4109dfc74cd91c43f8a432";

/** Sample, drawn core, signature. */
const MODULO: readonly (readonly [number, number, Signed])[] = [
  [
    0,
    9,
    [
      "c4525091b10bae66284f12bde0be88eb283a7df650331ba29327c3924b3bfe11",
      "aa5e612d84bf45bc50bc8adcbebb71d81a89c145436bcc55c5476c760b6b6f0730c4b2bfb6a7be896b6ee751337c2513c6d2cd69fbc3751b46a4074666590808",
    ],
  ],
  [
    1,
    6,
    [
      "96398d10274f2841d942f0bfa74c76cbaf6fe1704b295f242ce68e2d06374539",
      "c5c9fb3163ba4d86893f2aa47a94e8eabba7d1e2049e940cb879ed33d2e0d10ee548a3f0173748e1d3dae82043b6eab034bdb56023fa82cddc0fae40f5c45302",
    ],
  ],
  [
    2,
    3,
    [
      "beebf51c1543f37d8becc8193bb2e0b13da7dc7f0835386f711b7fae4838cd1b",
      "1b617230a4c8b1971dd836593bcbd4d0ee510d4c1644a57d80b02e62001e310216a845031db083da6ffbcaf51488b1bc61538ea1d43c4e4fb0cc9a72c22a4007",
    ],
  ],
  [
    3,
    5,
    [
      "86b51af5472e7fc7a5dab702efa675100172796f7c2db46523f06ba02f3de75f",
      "c1c53e8871acac33d9dd3dc2dfecd866dc15700a21a6ca8884bd65476048a400fe0a20a9ff21266428d6ac456cbf0539c0fc9efab04288449a6e70714bdd6806",
    ],
  ],
];

/** Samples, drawn cores in order, the claimed cores as a bitfield, signature. */
const COMPACT: readonly (readonly [number, readonly number[], Hex, Signed])[] = [
  [
    3,
    [3, 7, 8],
    "0x248801",
    [
      "ae13a01e94dbf0229b76a77ffa2e7de19aaa763b306ce2dacb1c13ff0fbced4e",
      "e190527700f91a84e9fe67f14630377f6c876e0f19ff5567f097dc6a56f2580c20cd01255466f3b356545fb9a606a6e1aa2eed4a4b62e9e90ba146d2ff12d100",
    ],
  ],
  [
    6,
    [2, 5, 4, 3, 7, 8],
    "0x24bc01",
    [
      "ae13a01e94dbf0229b76a77ffa2e7de19aaa763b306ce2dacb1c13ff0fbced4e",
      "6d4731a5acd4c037bf6f2df93cdbbcc76cd26d8e11c04f5c20d508361a12fc09ecc25cf966cba3119ea37f1b9469e079f6c73cb2bd9b6d15aa392e354d533f05",
    ],
  ],
];

/** Core, drawn tranche, signature. */
const DELAY: readonly (readonly [number, number, Signed])[] = [
  [
    0,
    11,
    [
      "ce383e1ead173116e9400d7686dc4ae4d80ac62e664b0626942c317758ca5e3c",
      "f808182a07ea32c155aafa37af9526b3086f7291b0a61819a6ed47cd88520f0670cefbc52ebdf6e28903ec44baf75ba7356c4fc6644f81d4081c2a3cf244410c",
    ],
  ],
  [
    1,
    27,
    [
      "f00e9e752e5de6826ce6e3e464bd06f96dc403424e0a0ee34d5b947aae8d6728",
      "1eb220036c03661ace1347a2ff978542134177fd820decece537420bed680703280fc9bb9dabf19aad8c5957398ffc23eb408b71089b8f9259c11ce66c92850f",
    ],
  ],
  [
    2,
    15,
    [
      "e0f5aca907c6613cf317b7e8ff04c5bf9343218ab4794f2a8956abaf10ff9d3d",
      "a70cae1b0997d9f680fd29861fc5da02a7ac03d11c86ba32dd4fe3e4e13ed9011e7145875abed3db1c4ac47255f256e5d4fa3421b7063172173f6f001d379407",
    ],
  ],
  [
    3,
    18,
    [
      "6c06c3db94aeacd9349e4255829ff0d87249523c846f82a16e53511a86fcfe06",
      "407803df44d7e7d76bf8b9339e00bde30293b1727ac413b91f70acc921dab904d9bec6e7de4483d0f5b253ccb004d6a15051202bcff43d3ea5db7bc66b101e04",
    ],
  ],
];

const sessionOf = (relayVrfModuloSamples: number): CriteriaSession => ({
  assignmentKeys: [asAssignmentId(PUBLIC)],
  // Nobody backed anything here, so that we may check everything.
  validatorGroups: [[], []],
  nCores: CORES,
  relayVrfModuloSamples,
  nDelayTranches: 40,
  zerothDelayTrancheWidth: 3,
});

/** Every core's candidate becomes available. */
const block: CriteriaBlock = {
  hash: `0x${"00".repeat(32)}` as never,
  story: hexToBytes(STORY),
  candidates: Array.from({ length: CORES }, (_, core) => ({
    candidate: `0x${String(core).padStart(64, "0")}` as never,
    core: asCoreIndex(core),
    group: asGroupIndex(1),
  })),
  equivocatedCores: new Set(),
};

const signature = ([preOutput, proof]: Signed) => ({
  preOutput: hexToBytes(`0x${preOutput}`),
  proof: hexToBytes(`0x${proof}`),
});

const judged = (
  samples: number,
  kind: AssignmentCert["kind"],
  signed: Signed,
  cores: readonly number[],
) =>
  checkAssignments("modern", [
    {
      session: sessionOf(samples),
      block,
      validator: US,
      cert: { kind, vrf: signature(signed) },
      claimed: bitsAt(Math.max(...cores) + 1, cores),
    },
  ])[0] ?? assert.fail();

const inTranche = (tranche: number) => ok({ tranche, criterion: "story" });

function drawn(samples: number, isCompactOn: boolean) {
  const keystore = new MemoryKeystore();
  assert.deepEqual(keystore.insert("asgn", SEED), ok(PUBLIC));
  return ownAssignments(keystore, sessionOf(samples), block, { profile: "modern", isCompactOn })
    .byStory;
}

test("the story of a block is what its author's claim says to everybody", () => {
  const epoch: BabeEpoch = {
    epochIndex: 3,
    startSlot: 0 as Slot,
    duration: 1,
    authorities: [],
    randomness: new Uint8Array(32).fill(9),
    config: {
      c: { numerator: 1, denominator: 4 },
      allowedSlots: { type: "primaryAndSecondaryVRFSlots" },
    },
  };
  const value = vrfVerify(PUBLIC, slotTranscript(100 as Slot, epoch), signature(CLAIM));
  assert.ok(value !== undefined, "the claim is good");
  assert.deepEqual(makeBytes(value, ASSIGNMENT_LABELS.story, 32), hexToBytes(STORY));
});

test("certificates for drawn cores are good, and for no other core", () => {
  for (const [sample, core, signed] of MODULO) {
    const kind = { type: "relayVRFModulo", value: { sample } } as const;
    assert.deepEqual(judged(MODULO.length, kind, signed, [core]), inTranche(0));
    assert.equal(judged(MODULO.length, kind, signed, [(core + 1) % CORES]).ok, false);
  }
});

test("compact certificates are good for all their cores", () => {
  for (const [samples, cores, bits, signed] of COMPACT) {
    const coreBitfield = decode(CoreBitfield, hexToBytes(bits));
    const kind = { type: "relayVRFModuloCompact", value: { coreBitfield } } as const;
    assert.deepEqual(judged(samples, kind, signed, cores), inTranche(0));
    // Fewer samples draw fewer cores.
    assert.equal(judged(1, kind, signed, cores).ok, false);
  }
});

test("delays put a validator into the same tranche", () => {
  for (const [core, tranche, signed] of DELAY) {
    const kind = { type: "relayVRFDelay", value: { coreIndex: asCoreIndex(core) } } as const;
    assert.deepEqual(judged(0, kind, signed, [core]), inTranche(tranche));
  }
});

test("with the same key we draw the same", () => {
  const modulo = drawn(MODULO.length, false);
  for (const [, core] of MODULO) assert.equal(modulo.get(asCoreIndex(core))?.tranche, 0);
  for (const [samples, cores] of COMPACT) {
    const compact = drawn(samples, true);
    const atOnce = [...compact.values()].filter(
      ({ cert }) => cert.kind.type === "relayVRFModuloCompact",
    );
    assert.deepEqual([...new Set(atOnce.flatMap((own) => own.cores))].sort(), [...cores].sort());
  }
  const delays = drawn(0, false);
  for (const [core, tranche] of DELAY)
    assert.equal(delays.get(asCoreIndex(core))?.tranche, tranche);
});
