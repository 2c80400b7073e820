import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, concatBytes, u64Bytes } from "@parahost/base";
import { blake2b256 } from "@parahost/crypto";
import {
  BABE_ENGINE_ID,
  BabeConsensusLog,
  engineData,
  type Header,
  type NextConfigDescriptor,
} from "@parahost/primitives";
import { decode } from "@parahost/scale";
import { babeConfiguration, currentBabeEpoch, nextBabeEpoch } from "../../runtime-api.ts";
import { TestChain } from "../../testing/chain.ts";
import { signedBy, sudo } from "../../testing/transactions.ts";
import { epochStartSlot } from "./epochs.ts";
import { storage } from "./storage.ts";

const babeLogs = (header: Header): BabeConsensusLog[] =>
  engineData(header.digest, "consensus", BABE_ENGINE_ID).map((data) =>
    decode(BabeConsensusLog, data),
  );

const ZERO = new Uint8Array(32);

test("block 1 begins epoch 0 at its slot and announces epoch 1 with the same values", () => {
  const chain = new TestChain();
  const slot = chain.nextSlot;
  const header = chain.add();
  const epoch = currentBabeEpoch(chain.state);
  assert.equal(epoch.epochIndex, 0);
  assert.equal(epoch.startSlot, slot);
  assert.deepEqual(epoch.randomness, ZERO);
  assert.deepEqual(babeLogs(header), [
    { type: "nextEpochData", value: { authorities: epoch.authorities, randomness: ZERO } },
  ]);
});

test("within an epoch nothing is announced", () => {
  const chain = new TestChain();
  chain.add();
  assert.deepEqual(babeLogs(chain.add()), []);
});

test("an epoch changes in its first block, which announces the next", () => {
  const chain = new TestChain({ epochSlots: 5 });
  const start = chain.nextSlot;
  chain.addMany(5);
  assert.equal(currentBabeEpoch(chain.state).epochIndex, 0);
  const header = chain.add();
  const current = currentBabeEpoch(chain.state);
  const next = nextBabeEpoch(chain.state);
  assert.equal(current.epochIndex, 1);
  assert.equal(current.startSlot, start + 5);
  assert.equal(next.startSlot, start + 10);
  assert.deepEqual(babeLogs(header), [
    {
      type: "nextEpochData",
      value: { authorities: next.authorities, randomness: next.randomness },
    },
  ]);
});

test("the first block of an epoch may come late", () => {
  const chain = new TestChain({ epochSlots: 5 });
  const start = chain.nextSlot;
  chain.add();
  chain.add({ slot: start + 8 });
  assert.equal(currentBabeEpoch(chain.state).epochIndex, 1);
  assert.equal(currentBabeEpoch(chain.state).startSlot, start + 5);
});

test("epochs without any block are skipped", () => {
  const chain = new TestChain({ epochSlots: 5 });
  const start = chain.nextSlot;
  chain.add();
  const header = chain.add({ slot: start + 17 });
  assert.equal(currentBabeEpoch(chain.state).epochIndex, 3);
  assert.equal(epochStartSlot(chain.state, 3), start + 15);
  assert.equal(babeLogs(header).length, 1);
  chain.add();
  assert.equal(currentBabeEpoch(chain.state).epochIndex, 3);
});

test("primary claims make the randomness of the epoch after next, secondary ones do not", () => {
  const chain = new TestChain({ epochSlots: 4 });
  const contributions: Uint8Array[] = [];
  for (const kind of ["secondaryVRF", "primary", "secondaryVRF", "primary"] as const) {
    chain.add({ kind });
    if (kind === "primary")
      contributions.push(storage.authorVrfRandomness.get(chain.state) as Uint8Array);
  }
  chain.add();
  const expected = blake2b256(concatBytes(ZERO, u64Bytes(2), ...contributions));
  assert.equal(bytesToHex(nextBabeEpoch(chain.state).randomness), bytesToHex(expected));
  assert.equal(storage.underConstruction.keys(chain.state).length, 0);
});

test("what was announced is what the next epoch has", () => {
  const chain = new TestChain({ epochSlots: 3 });
  chain.addMany(4);
  const announced = nextBabeEpoch(chain.state);
  chain.addMany(3);
  assert.deepEqual(currentBabeEpoch(chain.state), announced);
});

test("the configuration is what genesis says", () => {
  const chain = new TestChain({ epochSlots: 7 });
  const { authorities, randomness, ...rest } = babeConfiguration(chain.state);
  assert.deepEqual(rest, {
    slotDuration: 2_000,
    epochLength: 7,
    c: { numerator: 1, denominator: 4 },
    allowedSlots: { type: "primaryAndSecondaryVRFSlots" },
  });
  assert.equal(authorities.length, 4);
  assert.deepEqual(randomness, ZERO);
});

const planning = (config: NextConfigDescriptor["value"]) =>
  sudo({
    type: "babe",
    value: { type: "planConfigChange", value: { config: { type: "v1", value: config } } },
  });

test("a change of configuration is announced with the next epoch and in force after it", () => {
  const chain = new TestChain({ epochSlots: 3 });
  chain.add();
  const config = {
    c: { numerator: 1, denominator: 2 },
    allowedSlots: { type: "primaryAndSecondaryVRFSlots" },
  } as const;
  chain.add({ extrinsics: [signedBy(chain, "//Alice", planning(config))] });
  chain.add();
  const first = chain.add();
  assert.deepEqual(babeLogs(first)[1], {
    type: "nextConfigData",
    value: { type: "v1", value: config },
  });
  assert.deepEqual(nextBabeEpoch(chain.state).config, config);
  assert.equal(currentBabeEpoch(chain.state).config.c.denominator, 4);
  chain.addMany(3);
  assert.deepEqual(currentBabeEpoch(chain.state).config, config);
});

test("a configuration without secondary VRF slots is refused, as is an impossible probability", () => {
  const chain = new TestChain({ epochSlots: 3 });
  chain.add();
  const vrf = { type: "primaryAndSecondaryVRFSlots" } as const;
  for (const config of [
    { c: { numerator: 0, denominator: 4 }, allowedSlots: vrf },
    { c: { numerator: 5, denominator: 4 }, allowedSlots: vrf },
    {
      c: { numerator: 1, denominator: 4 },
      allowedSlots: { type: "primaryAndSecondaryPlainSlots" } as const,
    },
  ])
    chain.add({ extrinsics: [signedBy(chain, "//Alice", planning(config))] });
  assert.equal(storage.pendingEpochConfigChange.has(chain.state), false);
  assert.equal(storage.nextEpochConfig.has(chain.state), false);
});
