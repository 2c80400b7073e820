/** Bitfields that must not count. Each comes from a peer of its own, so that each pays for itself. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asValidatorIndex, type Hash, type ValidatorSignature } from "@parahost/primitives";
import { bestOf, type ChainView } from "./chain-view.ts";
import { bitfieldMessage, RogueValidator } from "./rogue-validator.ts";
import { Stranger } from "./stranger.ts";
import { WatchedNetwork } from "./watch.ts";

const ROGUE = 3;
const otherHash = `0x${"ab".repeat(32)}` as Hash;

interface Case {
  readonly does: string;
  /** What the peer sends, one after the other. */
  readonly messages: (rogue: RogueValidator, now: ChainView, past: ChainView) => Uint8Array[];
  readonly pays: RegExp;
}

const CASES: readonly Case[] = [
  {
    does: "signs wrongly",
    messages: (rogue, now) => [
      bitfieldMessage(now.hash, {
        ...rogue.bitfield(now, []),
        signature: new Uint8Array(64) as ValidatorSignature,
      }),
    ],
    pays: /wrong signature/,
  },
  {
    does: "signs in the name of another",
    messages: (rogue, now) => {
      const another = asValidatorIndex((rogue.indexIn(now) + 1) % now.validators.length);
      return [bitfieldMessage(now.hash, { ...rogue.bitfield(now, [0]), validatorIndex: another })];
    },
    pays: /wrong signature/,
  },
  {
    does: "signs for another block",
    messages: (rogue, now, past) => [bitfieldMessage(now.hash, rogue.bitfield(past, [0]))],
    pays: /wrong signature/,
  },
  {
    does: "speaks for nobody",
    messages: (rogue, now) => [
      bitfieldMessage(now.hash, {
        ...rogue.bitfield(now, []),
        validatorIndex: asValidatorIndex(4),
      }),
    ],
    pays: /no such validator/,
  },
  {
    does: "has more bits than there are cores",
    messages: (rogue, now) => [
      bitfieldMessage(now.hash, rogue.bitfield(now, [], now.coreCount + 1)),
    ],
    pays: /bitfield of another length/,
  },
  {
    does: "is stale",
    messages: (rogue, _, past) => [bitfieldMessage(past.hash, rogue.bitfield(past, [0]))],
    pays: /bitfield out of view/,
  },
  {
    does: "names a block that is none",
    messages: (rogue, now) => [bitfieldMessage(otherHash, rogue.bitfield(now, [0]))],
    pays: /bitfield out of view/,
  },
  {
    does: "repeats itself",
    messages: (rogue, now) => {
      const message = bitfieldMessage(now.hash, rogue.bitfield(now, []));
      return [message, message];
    },
    pays: /bitfield told twice/,
  },
];

test("bitfields that are forged, stale or repeated cost their sender and count for nothing", async () => {
  const network = new WatchedNetwork({ seed: 8, validators: 4, paras: 1, absent: [ROGUE] });
  const { simulation } = network;
  const rogue = new RogueValidator(simulation, ROGUE);
  const alice = simulation.peerOf(0);
  const peers = CASES.map((given) => {
    const stranger = new Stranger(simulation, `a bitfield that ${given.does}`);
    stranger.connect([alice], ["validation"]);
    return { ...given, stranger };
  });
  await simulation.runUntilFinalized(1, 20 * simulation.slotMs);
  const past = bestOf(simulation);
  const isLater = () => bestOf(simulation).hash !== past.hash;
  assert.ok(await simulation.runUntil(isLater, 5 * simulation.slotMs));
  const now = bestOf(simulation);
  for (const { stranger, messages } of peers)
    for (const message of messages(rogue, now, past))
      assert.ok(stranger.say("validation", alice, message), `${stranger.peer} is not connected`);
  for (const { stranger, pays } of peers) await network.pays(stranger.peer, pays);
  await network.goesOnAndEnds();
});

test("of two bitfields of one validator the first counts, and the second is noticed", async () => {
  const network = new WatchedNetwork({ seed: 9, validators: 4, paras: 1, absent: [ROGUE] });
  const { simulation } = network;
  const rogue = new RogueValidator(simulation, ROGUE);
  const alice = simulation.peerOf(0);
  const other = new Stranger(simulation, "mallory");
  other.connect([alice], ["validation"]);
  await simulation.runUntilFinalized(1, 20 * simulation.slotMs);
  const now = bestOf(simulation);
  const none = bitfieldMessage(now.hash, rogue.bitfield(now, []));
  const all = bitfieldMessage(now.hash, rogue.bitfield(now, [0]));
  assert.ok(rogue.stranger.say("validation", alice, none));
  assert.ok(other.say("validation", alice, all));
  await network.logs(/a validator signed two different bitfields/);
  await network.goesOnAndEnds();
});

test("a validator that claims chunks it does not have makes nothing available", async () => {
  const network = new WatchedNetwork({ seed: 10, validators: 4, paras: 1, absent: [ROGUE] });
  const { simulation } = network;
  const rogue = new RogueValidator(simulation, ROGUE);
  const seen = new Set<string>();
  // On every block it claims every core at once, before anybody else can have a chunk.
  rogue.stranger.onHeard = () => {
    const now = bestOf(simulation);
    if (seen.has(now.hash)) return;
    seen.add(now.hash);
    rogue.stranger.sayToAll("validation", bitfieldMessage(now.hash, rogue.bitfield(now, [0])));
  };
  assert.ok(await simulation.runUntilFinalized(4, 30 * simulation.slotMs));
  assert.ok(seen.size >= 4, `it claimed chunks on ${seen.size} blocks`);
  await network.goesOnAndEnds();
});
