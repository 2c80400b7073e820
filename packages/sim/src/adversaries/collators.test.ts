/** Collators that cheat: refused for what they did, banned where it cannot be a mistake. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asParaId, type CollatorSignature, type Hash } from "@parahost/primitives";
import { planPara } from "../para-plan.ts";
import { type CollatorFault, RogueCollator, withDescriptor } from "./rogue-collator.ts";
import { WatchedNetwork } from "./watch.ts";

const PARA = asParaId(1000);
const OTHER_PARA = asParaId(1001);
const otherHash = `0x${"ab".repeat(32)}` as Hash;
const flipped = (bytes: Uint8Array): Uint8Array =>
  bytes.map((byte, index) => (index === 0 ? byte ^ 1 : byte));

interface Case {
  readonly does: string;
  readonly fault: CollatorFault;
  /** What its reputation suffers for. */
  readonly pays: RegExp;
  /** The refusal in a log, where the reason for the cost does not name it. */
  readonly logged?: RegExp;
  readonly isBanned: boolean;
}

const refusal = (code: string): Pick<Case, "pays" | "logged" | "isBanned"> => ({
  pays: /collation is not what was advertised/,
  logged: new RegExp(`collation refused: .*${code}`),
  isBanned: true,
});

const CASES: readonly Case[] = [
  {
    does: "declares with a wrong signature",
    fault: {
      declare: (declared) => ({
        ...declared,
        signature: flipped(declared.signature) as CollatorSignature,
      }),
    },
    pays: /bad signature on a declaration/,
    isBanned: true,
  },
  {
    does: "declares for a para that nobody knows",
    fault: { declare: (declared) => ({ ...declared, paraId: asParaId(9999) }) },
    pays: /collates for a para that is not ours/,
    isBanned: false,
  },
  {
    does: "advertises without a declaration",
    fault: { declare: () => undefined },
    pays: /advertises without a declaration/,
    isBanned: false,
  },
  {
    does: "advertises at a relay parent that is none",
    fault: { advertise: (advertised) => ({ ...advertised, relayParent: otherHash }) },
    pays: /advertises on a relay parent out of view/,
    isBanned: false,
  },
  {
    does: "collates for another para",
    fault: { collate: (made) => withDescriptor(made, { paraId: OTHER_PARA }) },
    ...refusal("paraMismatch"),
  },
  {
    does: "collates at another relay parent",
    fault: { collate: (made) => withDescriptor(made, { relayParent: otherHash }) },
    ...refusal("relayParentMismatch"),
  },
  {
    does: "collates on another head",
    fault: { collate: (made) => withDescriptor(made, { persistedValidationDataHash: otherHash }) },
    ...refusal("persistedValidationDataMismatch"),
  },
  {
    does: "hands over another candidate than it advertised",
    fault: {
      serve: ({ candidateReceipt, pov }) => ({
        candidateReceipt: { ...candidateReceipt, commitmentsHash: otherHash },
        pov,
      }),
    },
    ...refusal("candidateHashMismatch"),
  },
  {
    does: "hands over a PoV with a wrong hash",
    fault: {
      serve: ({ candidateReceipt, pov }) => ({
        candidateReceipt,
        pov: { blockData: flipped(pov.blockData) },
      }),
    },
    ...refusal("povHashMismatch"),
  },
  {
    does: "hands over bytes that are no collation",
    fault: { serve: () => new Uint8Array([9, 9, 9]) },
    pays: /undecodable response/,
    isBanned: false,
  },
  {
    does: "collates what is no block",
    fault: {},
    pays: /invalid collation/,
    logged: /not seconding an invalid candidate .*executionError/,
    isBanned: true,
  },
];

test("collators that cheat are refused, all at once, and the honest one goes on beside them", async () => {
  const network = new WatchedNetwork({
    seed: 6,
    validators: 4,
    paras: [planPara(PARA, "adder"), planPara(OTHER_PARA, "adder")],
  });
  const rogues = CASES.map((given) => ({
    ...given,
    rogue: new RogueCollator(network.simulation, `who ${given.does}`, PARA, given.fault),
  }));
  for (const { rogue, pays, logged, isBanned } of rogues) {
    const paid = await network.pays(rogue.peer, pays);
    assert.equal(paid.isBanned, isBanned, rogue.peer);
    if (logged !== undefined) await network.logs(logged);
  }
  await network.goesOnAndEnds();
});
