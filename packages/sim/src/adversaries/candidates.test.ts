/**
 * A validator that stands by candidates which are not what it says: what it hands over is checked, whoever
 * asked it does not ask it again, and nothing of it is backed.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assert as ensure } from "@parahost/base";
import {
  AttestedCandidateResponse,
  ChunkFetchingRequest,
  ChunkFetchingResponse,
  type PeerId,
  PovFetchingResponse,
} from "@parahost/network";
import {
  asParaId,
  type Hash,
  type ParaId,
  type ValidatorIndex,
  type ValidatorSignature,
} from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import { bestOf, type ChainView, coreOf, groupWith, peerOfValidator } from "./chain-view.ts";
import { hashOf, type MadeUpCandidate, makeUpCandidate } from "./made-up-candidate.ts";
import { RogueValidator, statementMessage } from "./rogue-validator.ts";
import { WatchedNetwork } from "./watch.ts";

const PARAS = [asParaId(1000), asParaId(1001)];
/**
 * Groups of three, so that a group with the rogue in it can still back; slots so long that few blocks pass
 * while costs are gathered.
 */
const OPTIONS = {
  slotMs: 15_000,
  validators: 6,
  paras: PARAS.length,
  groupSize: 3,
  absent: [5],
};
const ROGUE = 5;
const otherHash = `0x${"ab".repeat(32)}` as Hash;
const GARBAGE = new Uint8Array([7, 7, 7]);

/** What the rogue seconds, and at whom. */
interface Scene {
  readonly now: ChainView;
  readonly rogue: RogueValidator;
  /** Of the rogue's group. */
  readonly victim: PeerId;
  /** The third of them. */
  readonly third: ValidatorIndex;
  /** Of the core that the group has now, or of the other. */
  readonly made: MadeUpCandidate;
}

interface Case {
  readonly does: string;
  readonly isOfOtherPara?: boolean;
  readonly isAtOtherBlock?: boolean;
  readonly receipt: (scene: Scene, good: AttestedCandidateResponse) => Uint8Array;
  readonly pov?: (scene: Scene) => Uint8Array;
  readonly pays?: RegExp;
  /** Where it costs nothing: who seconds what is not valid is for disputes to punish. */
  readonly logged?: RegExp;
}

const changed =
  (change: (good: AttestedCandidateResponse) => Partial<AttestedCandidateResponse>) =>
  (_: Scene, good: AttestedCandidateResponse): Uint8Array =>
    encode(AttestedCandidateResponse, { ...good, ...change(good) });
const asItIs = changed(() => ({}));

const CASES: readonly Case[] = [
  {
    does: "answers with no receipt at all",
    receipt: () => GARBAGE,
    pays: /undecodable response/,
  },
  {
    does: "answers with another candidate",
    receipt: changed(({ candidateReceipt }) => ({
      candidateReceipt: {
        ...candidateReceipt,
        commitments: { ...candidateReceipt.commitments, hrmpWatermark: 0 },
      },
    })),
    pays: /bad answer to a request: candidateHashMismatch/,
  },
  {
    does: "seconds a candidate of another group's para",
    isOfOtherPara: true,
    receipt: asItIs,
    pays: /bad answer to a request: paraMismatch/,
  },
  {
    does: "seconds a candidate at another relay parent",
    isAtOtherBlock: true,
    receipt: asItIs,
    pays: /bad answer to a request: relayParentMismatch/,
  },
  {
    does: "answers with other validation data",
    receipt: changed(({ persistedValidationData }) => ({
      persistedValidationData: { ...persistedValidationData, maxPovSize: 1 },
    })),
    pays: /bad answer to a request: validationDataMismatch/,
  },
  {
    does: "answers with statements that nobody signed",
    receipt: ({ made, third }, good) =>
      encode(AttestedCandidateResponse, {
        ...good,
        statements: [
          {
            payload: { type: "valid", value: hashOf(made) },
            validatorIndex: third,
            signature: new Uint8Array(64) as ValidatorSignature,
          },
        ],
      }),
    pays: /bad answer to a request: badSignature/,
  },
  {
    does: "gives no PoV",
    receipt: asItIs,
    pov: () => GARBAGE,
    pays: /undecodable response/,
  },
  {
    does: "gives a PoV with a wrong hash",
    receipt: asItIs,
    pov: () => encode(PovFetchingResponse, { type: "pov", value: { blockData: GARBAGE } }),
    pays: /PoV with a wrong hash/,
  },
  {
    does: "gives a PoV that no validation code accepts",
    receipt: asItIs,
    pov: ({ made }) => encode(PovFetchingResponse, { type: "pov", value: made.pov }),
    logged: /a seconded candidate is invalid .*executionError/,
  },
];

/** The para whose core the rogue's group has in the next block, and another. */
function parasFor(
  now: ChainView,
  group: ChainView["groups"][number],
): { own: ParaId; other: ParaId } {
  const position = now.groups.indexOf(group);
  const own = PARAS.find((para) => coreOf(now, para) === position);
  const other = PARAS.find((para) => para !== own);
  ensure(own !== undefined && other !== undefined, "groups do not rotate so early");
  return { own, other };
}

test("a validator that hands over other things than it stands by pays and backs nothing", async () => {
  const network = new WatchedNetwork({ ...OPTIONS, seed: 12 });
  const { simulation } = network;
  const rogue = new RogueValidator(simulation, ROGUE);
  await simulation.runUntilFinalized(1, 20 * simulation.slotMs);
  for (const [
    salt,
    { does, isOfOtherPara, isAtOtherBlock, receipt, pov, ...then },
  ] of CASES.entries()) {
    await network.midSlot();
    const now = bestOf(simulation);
    const group = groupWith(now, rogue.indexIn(now));
    const [partner, third] = group.filter((member) => member !== rogue.indexIn(now));
    ensure(partner !== undefined && third !== undefined, "groups are of three");
    const victim = peerOfValidator(simulation, now, partner);
    ensure(victim !== undefined, "the rogue is the only validator without a node");
    const { own, other } = parasFor(now, group);
    const at = isAtOtherBlock === true ? { ...now, hash: otherHash } : now;
    const made = makeUpCandidate(at, isOfOtherPara === true ? other : own, salt);
    const scene: Scene = { now, rogue, victim, third, made };
    const statement = rogue.statement(now, { type: "seconded", value: hashOf(made) });
    const good: AttestedCandidateResponse = {
      candidateReceipt: made.committed,
      persistedValidationData: made.validationData,
      // Whoever asks has what the rogue said.
      statements: [],
    };
    rogue.stranger.answers.attestedCandidate = () => receipt(scene, good);
    rogue.stranger.answers.pov = () => pov?.(scene);
    const message = statementMessage({
      type: "statement",
      value: { relayParent: now.hash, statement },
    });
    assert.ok(rogue.stranger.say("validation", victim, message), does);
    if (then.pays !== undefined) await network.pays(rogue.peer, then.pays);
    if (then.logged !== undefined) await network.logs(then.logged);
  }
  await network.goesOnAndEnds();
});

test("a backer that serves chunks with a wrong proof pays, and the others serve the right ones", async () => {
  const network = new WatchedNetwork({ ...OPTIONS, slotMs: 6000, seed: 14 });
  const { simulation } = network;
  const rogue = new RogueValidator(simulation, ROGUE);
  rogue.stranger.answers.chunk = (payload) => {
    const { validatorIndex } = decode(ChunkFetchingRequest, payload);
    const value = { index: validatorIndex, chunk: GARBAGE, proof: [GARBAGE] };
    return encode(ChunkFetchingResponse, { type: "chunk", value });
  };
  await network.pays(rogue.peer, /chunk with a wrong proof/);
  await network.goesOnAndEnds();
});
