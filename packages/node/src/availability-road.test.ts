/** The part of a candidate's road from its chunks to bitfields, over real overseers and a network. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk, ok, type Random, silentLogger } from "@parahost/base";
import { DirectVerifier, MemoryKeystore } from "@parahost/crypto";
import { branches, directCoder, obtainChunks } from "@parahost/erasure";
import { MemoryNetwork, type PeerId, peerId, Role } from "@parahost/network";
import {
  AvailableData,
  asAuthorityDiscoveryId,
  asCoreIndex,
  asGroupIndex,
  asSessionIndex,
  asValidatorId,
  asValidatorIndex,
  type BabeEpoch,
  candidateHash,
  type Hash,
  type Header,
  headerHash,
  nodeFeatures,
  type SessionInfo,
  type UncheckedSignedAvailabilityBitfield,
  ZERO_HASH,
} from "@parahost/primitives";
import { bitsToBooleans, encode } from "@parahost/scale";
import { MemoryStore } from "@parahost/storage";
import { run as runAvailabilityDistribution } from "./availability-distribution/subsystem.ts";
import { AVAILABILITY_COLUMNS } from "./availability-store/database.ts";
import { run as runAvailabilityStore } from "./availability-store/subsystem.ts";
import { run as runBitfieldDistribution } from "./bitfield-distribution/subsystem.ts";
import type { BitfieldRecordColumn } from "./bitfield-signing/bitfield-record.ts";
import { run as runBitfieldSigning } from "./bitfield-signing/subsystem.ts";
import { run as runChainApi } from "./chain-api/subsystem.ts";
import { run as runGossipSupport } from "./gossip-support/subsystem.ts";
import { AuthorityTable } from "./network-bridge/authority-discovery.ts";
import { NetworkBridge } from "./network-bridge/bridge.ts";
import { runRx } from "./network-bridge/rx.ts";
import { runTx } from "./network-bridge/tx.ts";
import { ManualClock } from "./overseer/manual-clock.ts";
import { Overseer } from "./overseer/overseer.ts";
import type { RuntimeApiAt } from "./runtime-api/runtime-api-at.ts";
import { run as runRuntimeApi } from "./runtime-api/subsystem.ts";
import { sampleOccupiedCore, sampleReceipt } from "./sample-candidate.ts";

const VALIDATORS = 4;
const SLOT_MS = 2000;
const indices = Array.from({ length: VALIDATORS }, (_, i) => i);
const keystores = indices.map(() => new MemoryKeystore());
const insert = (type: "para" | "audi", i: number): string =>
  expectOk((keystores[i] as MemoryKeystore).insert(type, `//${i}`), "a key");
const validators = indices.map((i) => asValidatorId(insert("para", i)));
const authorities = indices.map((i) => asAuthorityDiscoveryId(insert("audi", i)));
const peers = indices.map((i) => peerId(`validator${i}`));

const availableData: AvailableData = {
  pov: { blockData: new Uint8Array(500).fill(5) },
  validationData: {
    parentHead: new Uint8Array([1]),
    relayParentNumber: 0,
    relayParentStorageRoot: ZERO_HASH,
    maxPovSize: 1024,
  },
};
const pieces = expectOk(obtainChunks(VALIDATORS, encode(AvailableData, availableData)), "encodes");
const erasureRoot = branches(pieces).root as Hash;
const receipt = sampleReceipt({ erasureRoot });

const header = (number: number, parentHash: Hash): Header => ({
  parentHash,
  number,
  stateRoot: ZERO_HASH,
  extrinsicsRoot: ZERO_HASH,
  digest: [],
});
const genesis = header(0, ZERO_HASH);
const first = header(1, headerHash(genesis));
const second = header(2, headerHash(first));
const headers = [genesis, first, second];

const sessionInfo = {
  validators,
  discoveryKeys: authorities,
  validatorGroups: [[asValidatorIndex(0), asValidatorIndex(1)], [asValidatorIndex(2)]],
} as unknown as SessionInfo;

/** Block 2 backs the candidate: from then on it waits on core 0. */
const runtimeAt = (block: Hash): RuntimeApiAt =>
  ({
    authorities: () => authorities,
    validators: () => validators,
    sessionIndexForChild: () => asSessionIndex(1),
    sessionInfo: () => sessionInfo,
    nodeFeatures: () => nodeFeatures(),
    currentBabeEpoch: () => ({ randomness: new Uint8Array(32) }) as unknown as BabeEpoch,
    availabilityCores: () => [
      block === headerHash(second) ? sampleOccupiedCore(receipt, VALIDATORS) : { type: "free" },
    ],
    candidateEvents: () =>
      block === headerHash(second)
        ? [
            {
              type: "backed",
              value: {
                receipt,
                headData: new Uint8Array(),
                core: asCoreIndex(0),
                group: asGroupIndex(0),
              },
            },
          ]
        : [],
  }) as Partial<RuntimeApiAt> as RuntimeApiAt;

const counting = (): Random => {
  let drawn = 0;
  return {
    fill: (target) => {
      for (let i = 0; i < target.length; i++) target[i] = drawn++ % 251;
    },
  };
};

function node(i: number, memory: MemoryNetwork, discovery: AuthorityTable) {
  const { clock } = memory;
  const logger = silentLogger;
  const keystore = keystores[i] as MemoryKeystore;
  const network = memory.join(peers[i] as PeerId);
  const chain = { genesisHash: headerHash(genesis) };
  const bridge = new NetworkBridge({
    network,
    chain,
    role: Role.authority,
    discovery,
    clock,
    logger,
  });
  const bitfields = new Map<number, UncheckedSignedAvailabilityBitfield>();
  const random = counting();
  const overseer = new Overseer(
    { clock, logger },
    { finalized: 0, leaves: [] },
    {
      "network-bridge-rx": (context) => runRx(context, bridge),
      "network-bridge-tx": (context) => runTx(context, bridge),
      "gossip-support": (context) =>
        runGossipSupport(context, { clock, logger, keystore, discovery }),
      "runtime-api": (context) => runRuntimeApi(context, { provider: { at: runtimeAt }, logger }),
      "chain-api": (context) =>
        runChainApi(context, {
          logger,
          chain: {
            header: (hash) => headers.find((one) => headerHash(one) === hash),
            weight: () => 0,
            finalizedHash: () => headerHash(genesis),
            finalizedNumber: () => 0,
          },
        }),
      "availability-store": (context) =>
        runAvailabilityStore(context, {
          clock,
          coder: directCoder,
          logger,
          store: new MemoryStore(AVAILABILITY_COLUMNS),
        }),
      "availability-distribution": (context) =>
        runAvailabilityDistribution(context, { keystore, logger, random }),
      "bitfield-signing": (context) =>
        runBitfieldSigning(context, {
          clock,
          logger,
          keystore,
          store: new MemoryStore<BitfieldRecordColumn>(["ownBitfields"]),
          slotMs: SLOT_MS,
        }),
      "bitfield-distribution": (context) =>
        runBitfieldDistribution(context, { verifier: new DirectVerifier(), random, logger }),
      provisioner: async ({ inbox }) => {
        for await (const incoming of inbox) {
          if (incoming.from === "overseer") {
            if (incoming.signal.type === "conclude") return;
            if (incoming.signal.type === "activeLeaves") bitfields.clear();
          } else if (
            incoming.message.type === "provisionableData" &&
            incoming.message.data.type === "bitfield"
          ) {
            const { bitfield } = incoming.message.data;
            bitfields.set(bitfield.validatorIndex, bitfield);
          }
        }
      },
    },
  );
  return { overseer, bitfields, network };
}

test("four validators fetch their chunks from one backer and hear each other's bitfields", async () => {
  const clock = new ManualClock();
  const memory = new MemoryNetwork(clock, { delay: () => 20 });
  const discovery = new AuthorityTable();
  for (const i of indices)
    discovery.add(authorities[i] as (typeof authorities)[number], peers[i] as PeerId);
  const nodes = indices.map((i) => node(i, memory, discovery));
  const everybodyImports = (block: Header): Promise<unknown> =>
    Promise.all(
      nodes.map(({ overseer }) =>
        overseer.blockImported({
          hash: headerHash(block),
          number: block.number,
          parentHash: block.parentHash,
        }),
      ),
    );

  void everybodyImports(first);
  await clock.advance(SLOT_MS);
  for (const { bitfields } of nodes) {
    assert.equal(bitfields.size, VALIDATORS);
    for (const { payload } of bitfields.values())
      assert.deepEqual(bitsToBooleans(payload), [false]);
  }

  const stored = await nodes[0]?.overseer.ask("availability-store", {
    type: "storeAvailableData",
    candidateHash: candidateHash(receipt),
    validatorCount: VALIDATORS,
    availableData,
    expectedErasureRoot: erasureRoot,
    coreIndex: asCoreIndex(0),
    nodeFeatures: nodeFeatures(),
  });
  assert.deepEqual(stored, ok(undefined));
  void everybodyImports(second);
  await clock.advance(SLOT_MS);
  for (const { bitfields } of nodes) {
    assert.equal(bitfields.size, VALIDATORS);
    for (const { payload } of bitfields.values()) assert.deepEqual(bitsToBooleans(payload), [true]);
  }

  for (const { overseer, network } of nodes) {
    assert.deepEqual(await overseer.stop(), { reason: { type: "stopped" }, unfinished: [] });
    network.close();
  }
  await clock.advance(60_000);
  assert.equal(clock.pending, 0);
});
