/** Finality votes and blocks that are not what they claim to be. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as ensure } from "@parahost/base";
import { BlockAnnounce, encodeBlockResponse, type PeerId } from "@parahost/network";
import type { RelayNode } from "@parahost/node/service/node";
import {
  GrandpaGossip,
  type GrandpaId,
  type GrandpaNeighborPacket,
  type GrandpaSignature,
  type Header,
  headerHash,
  type SignedGrandpaMessage,
  ZERO_HASH,
} from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import { Stranger } from "./stranger.ts";
import { WatchedNetwork } from "./watch.ts";

const NO_SIGNATURE = new Uint8Array(64) as GrandpaSignature;
const NOBODY = `0x${"ab".repeat(32)}` as GrandpaId;

const firstOf = ({ simulation }: WatchedNetwork): readonly [RelayNode, PeerId] => {
  const [node] = simulation.validators;
  ensure(node !== undefined, "a network has validators");
  return [node, simulation.peerOf(0)];
};

/** Where the peer last told the stranger that it stands. */
function placeOf({ heard }: Stranger): GrandpaNeighborPacket {
  const packets = heard.flatMap(({ protocol, bytes }) => {
    if (protocol !== "grandpa") return [];
    const message = decode(GrandpaGossip, bytes);
    return message.type === "neighbor" ? [message.value.value] : [];
  });
  const last = packets.at(-1);
  ensure(last !== undefined, "nodes tell new peers where they stand");
  return last;
}

test("finality votes that nobody signed, or nobody may, cost their sender", async () => {
  const network = new WatchedNetwork({ seed: 16, validators: 4, paras: 1 });
  const { simulation } = network;
  const [node, alice] = firstOf(network);
  assert.ok(await simulation.runUntilFinalized(1, 20 * simulation.slotMs));
  const { grandpa } = simulation.keysOf(node);
  const cases = [
    { id: grandpa, pays: /grandpa: bad signature/ },
    { id: NOBODY, pays: /grandpa: unknown voter/ },
  ].map((given, index) => {
    const stranger = new Stranger(simulation, `voter ${index}`);
    stranger.connect([alice], ["grandpa"]);
    return { ...given, stranger };
  });
  await network.midSlot();
  const { hash, number } = node.chain.best();
  for (const { stranger, id } of cases) {
    const { round, setId } = placeOf(stranger);
    const target = { targetHash: hash, targetNumber: number };
    const message: SignedGrandpaMessage = {
      message: { type: "prevote", value: target },
      signature: NO_SIGNATURE,
      id,
    };
    const vote = encode(GrandpaGossip, { type: "vote", value: { round, setId, message } });
    assert.ok(stranger.say("grandpa", alice, vote));
  }
  for (const { stranger, pays } of cases) await network.pays(stranger.peer, pays);
  await network.goesOnAndEnds();
});

test("blocks that nobody sealed, or with another state, cost whoever serves them", async () => {
  const network = new WatchedNetwork({ seed: 17, validators: 4, paras: 1 });
  const { simulation } = network;
  const [node, alice] = firstOf(network);
  assert.ok(await simulation.runUntilFinalized(1, 20 * simulation.slotMs));
  await network.midSlot();
  const best = node.chain.best();
  const real = node.chain.header(best.hash);
  const body = node.chain.body(best.hash);
  ensure(real !== undefined && body !== undefined, "the best block is kept");
  // A seal is over all else, so whatever is changed breaks it.
  const forged: readonly Header[] = [
    { ...real, digest: real.digest.slice(0, -1) },
    { ...real, stateRoot: ZERO_HASH },
    { ...real, extrinsicsRoot: ZERO_HASH },
  ];
  for (const [index, header] of forged.entries()) {
    const stranger = new Stranger(simulation, `author ${index}`);
    stranger.answers.sync = () =>
      encodeBlockResponse([{ hash: headerHash(header), header, body }], {
        takesManyJustifications: true,
      });
    stranger.connect([alice], ["blockAnnounces"]);
    await simulation.run(500);
    const announce = encode(BlockAnnounce, { header, isBest: true, data: new Uint8Array() });
    assert.ok(stranger.say("blockAnnounces", alice, announce));
    await network.pays(stranger.peer, /invalid block/);
    assert.equal(node.chain.header(headerHash(header)), undefined);
  }
  await network.goesOnAndEnds();
});
