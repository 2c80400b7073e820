/** Statements that must not count, and candidates whose chunks or PoV are not what was promised. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asGroupIndex,
  asParaId,
  asValidatorIndex,
  type Hash,
  paraHeadHash,
  type ValidatorSignature,
} from "@parahost/primitives";
import { bitsAt } from "@parahost/scale";
import { bestOf, type ChainView } from "./chain-view.ts";
import { hashOf, type MadeUpCandidate, makeUpCandidate } from "./made-up-candidate.ts";
import { RogueValidator, statementMessage } from "./rogue-validator.ts";
import { WatchedNetwork } from "./watch.ts";

const PARA = asParaId(1000);
const ROGUE = 3;
const otherHash = `0x${"ab".repeat(32)}` as Hash;

interface Case {
  readonly does: string;
  readonly message: (rogue: RogueValidator, now: ChainView, made: MadeUpCandidate) => Uint8Array;
  readonly pays: RegExp;
}

const statementOn = (
  relayParent: Hash,
  statement: ReturnType<RogueValidator["statement"]>,
): Uint8Array => statementMessage({ type: "statement", value: { relayParent, statement } });

const seconds = (rogue: RogueValidator, now: ChainView, made: MadeUpCandidate) =>
  rogue.statement(now, { type: "seconded", value: hashOf(made) });

const manifestOf = (
  now: ChainView,
  made: MadeUpCandidate,
  group: number,
  paraId = PARA,
  groupSize = now.groups[group]?.length ?? 0,
): Uint8Array => {
  const everybody = bitsAt(
    groupSize,
    Array.from({ length: groupSize }, (_, i) => i),
  );
  const nobody = bitsAt(groupSize, []);
  return statementMessage({
    type: "backedCandidateManifest",
    value: {
      relayParent: now.hash,
      candidateHash: hashOf(made),
      groupIndex: asGroupIndex(group),
      paraId,
      parentHeadDataHash: paraHeadHash(made.validationData.parentHead),
      statementKnowledge: { secondedInGroup: everybody, validatedInGroup: nobody },
    },
  });
};

const CASES: readonly Case[] = [
  {
    does: "signs wrongly",
    message: (rogue, now, made) =>
      statementOn(now.hash, {
        ...seconds(rogue, now, made),
        signature: new Uint8Array(64) as ValidatorSignature,
      }),
    pays: /bad signature on a statement/,
  },
  {
    does: "speaks for nobody",
    message: (rogue, now, made) =>
      statementOn(now.hash, {
        ...seconds(rogue, now, made),
        validatorIndex: asValidatorIndex(99),
      }),
    pays: /statement of no validator/,
  },
  {
    does: "names a relay parent that is none",
    message: (rogue, now, made) => statementOn(otherHash, seconds(rogue, now, made)),
    pays: /unknown relay parent/,
  },
  {
    does: "finds valid what nobody has seconded",
    message: (rogue, now, made) =>
      statementOn(now.hash, rogue.statement(now, { type: "valid", value: hashOf(made) })),
    pays: /refused: unexpected/,
  },
  {
    does: "tells of a candidate of a group that there is not",
    message: (_, now, made) => manifestOf(now, made, 7, PARA, 4),
    pays: /refused: notAssigned/,
  },
  {
    does: "tells of a candidate for another para than its group backs",
    message: (_, now, made) => manifestOf(now, made, 0, asParaId(1234)),
    pays: /refused: notAssigned/,
  },
  {
    does: "tells of votes of more members than the group has",
    message: (_, now, made) => manifestOf(now, made, 0, PARA, 9),
    pays: /refused: malformed/,
  },
];

test("statements that are forged or out of place cost their validator and back nothing", async () => {
  const network = new WatchedNetwork({
    seed: 11,
    validators: 4,
    paras: 1,
    groupSize: 4,
    absent: [ROGUE],
    // Few blocks pass while costs are gathered.
    slotMs: 15_000,
  });
  const { simulation } = network;
  const rogue = new RogueValidator(simulation, ROGUE);
  const alice = simulation.peerOf(0);
  await simulation.runUntilFinalized(1, 20 * simulation.slotMs);
  for (const [salt, { does, message, pays }] of CASES.entries()) {
    await network.midSlot();
    const now = bestOf(simulation);
    const bytes = message(rogue, now, makeUpCandidate(now, PARA, salt));
    assert.ok(rogue.stranger.say("validation", alice, bytes), does);
    await network.pays(rogue.peer, pays);
  }
  await network.goesOnAndEnds();
});
