/** Bytes that are no message: on every protocol they cost whoever sends them, and nobody else notices. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockAnnounce, type PeerId, peerIdOfName } from "@parahost/network";
import { type Header, ZERO_HASH } from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { NOTIFICATION_NAMES, REQUEST_NAMES, Stranger } from "./stranger.ts";
import { WatchedNetwork } from "./watch.ts";

/** Of an unknown kind, with a length that promises too much, and cut short: malformed everywhere. */
const GARBAGE = new Uint8Array([0xff, 0xfe, 0xff, 0xff, 0xff]);
/** Of the least of the major costs. */
const MAJOR = -300_000;

test("malformed and oversized bytes cost their sender on every protocol", async () => {
  const network = new WatchedNetwork({ seed: 1, validators: 4, paras: 1 });
  const { simulation } = network;
  const alice = simulation.peerOf(0);
  assert.ok(await simulation.runUntilFinalized(1, 20 * simulation.slotMs));
  const guilty: { readonly peer: PeerId; readonly reason: RegExp }[] = [];
  const newcomer = (what: string, reason: RegExp): Stranger => {
    const stranger = new Stranger(simulation, what);
    guilty.push({ peer: stranger.peer, reason });
    return stranger;
  };

  // Notifications
  const talkers = NOTIFICATION_NAMES.flatMap((protocol) => {
    const garbled = newcomer(`garbage on ${protocol}`, /undecodable|malformed/);
    const large = newcomer(`too much on ${protocol}`, /oversized message/);
    for (const stranger of [garbled, large]) stranger.connect([alice], [protocol]);
    return [
      { stranger: garbled, protocol, bytes: GARBAGE },
      { stranger: large, protocol, bytes: new Uint8Array(large.messageBytesMax(protocol) + 1) },
    ];
  });
  await simulation.run(500);
  for (const { stranger, protocol, bytes } of talkers)
    assert.ok(stranger.say(protocol, alice, bytes), `${stranger.peer} is not connected`);

  // Requests
  const answers = REQUEST_NAMES.flatMap((protocol) => {
    const reason = protocol === "sync" ? /bad field tag/ : /undecodable request/;
    const garbled = newcomer(`garbage to ${protocol}`, reason);
    const large = newcomer(`too much to ${protocol}`, /oversized request/);
    return [
      garbled.ask(protocol, alice, GARBAGE),
      large.ask(protocol, alice, new Uint8Array(large.requestBytesMax(protocol) + 1)),
    ];
  });
  await simulation.run(3000);
  for (const answer of await Promise.all(answers))
    assert.deepEqual(answer, { ok: false, error: { code: "refused" } });

  // An answer: alice asks for the block that was announced to her.
  const { number, hash } = (simulation.validators[0] ?? assert.fail()).chain.best();
  const header: Header = {
    parentHash: hash,
    number: number + 1,
    stateRoot: ZERO_HASH,
    extrinsicsRoot: ZERO_HASH,
    digest: [],
  };
  const announce = encode(BlockAnnounce, { header, isBest: true, data: new Uint8Array() });
  for (const [what, reason, answer] of [
    ["garbage for blocks", /bad field tag/, GARBAGE],
    ["nothing for blocks", /announced a block it does not have/, new Uint8Array()],
  ] as const) {
    const stranger = newcomer(what, reason);
    stranger.answers.sync = () => answer;
    stranger.connect([alice], ["blockAnnounces"]);
    await simulation.run(500);
    assert.ok(stranger.say("blockAnnounces", alice, announce));
    await simulation.run(1000);
  }

  for (const { peer, reason } of guilty) {
    const { by, delta } = await network.pays(peer, reason);
    assert.equal(by, alice);
    const isMild = peer === peerIdOfName("nothing for blocks");
    assert.ok(isMild || delta <= MAJOR, `${peer} pays only ${delta}`);
  }
  await network.goesOnAndEnds();
});

test("a peer that keeps sending nonsense is banned and disconnected", async () => {
  const network = new WatchedNetwork({ seed: 2, validators: 4, paras: 1 });
  const { simulation } = network;
  const alice = simulation.peerOf(0);
  const stranger = new Stranger(simulation, "mallory");
  stranger.connect([alice], ["transactions"]);
  await simulation.run(500);
  // Fewer at a time than may wait for one peer.
  while (stranger.isConnected("transactions", alice)) {
    for (let i = 0; i < 200; i++) stranger.say("transactions", alice, GARBAGE);
    await simulation.run(60);
  }
  const costs = network.costs(stranger.peer);
  assert.equal(costs.at(-1)?.isBanned, true);
  assert.equal(costs.filter(({ isBanned }) => isBanned).length, 1);
  await network.goesOnAndEnds();
});
