import assert from "node:assert/strict";
import { test } from "node:test";
import { type WhyFacts, whySentence } from "./para-why.ts";

const fine: WhyFacts = {
  para: 1000,
  lifecycle: "parachain",
  session: 7,
  sessionDelay: 2,
  actsAt: undefined,
  isProgressing: true,
  newest: { candidate: "0xaa", stage: "included" },
  openDisputes: [],
  core: { isOccupied: false, group: undefined, available: 0, validators: 5, isLate: false },
  suspendedBy: null,
  collator: { problem: null, waiting: undefined },
};
const stuck: WhyFacts = { ...fine, isProgressing: false };
const core = fine.core as NonNullable<WhyFacts["core"]>;

test("a para has one sentence, whatever keeps it", () => {
  const sentences: readonly (readonly [WhyFacts, RegExp])[] = [
    [fine, /^producing$/],
    [{ ...fine, lifecycle: undefined }, /^not registered/],
    [{ ...stuck, lifecycle: "onboarding", actsAt: 9 }, /^onboarding \(session 1 of 3\)$/],
    [{ ...stuck, lifecycle: "onboarding", actsAt: 8 }, /^onboarding \(session 2 of 3\)$/],
    [{ ...stuck, lifecycle: "onboarding" }, /^onboarding: validators check its code$/],
    [{ ...stuck, lifecycle: "offboardingParachain" }, /^offboarding/],
    [{ ...stuck, core: undefined }, /^no core/],
    [{ ...stuck, newest: null }, /^no collator: its collator/],
    [{ ...stuck, newest: null, collator: undefined }, /^no collator: this network runs none/],
    [
      {
        ...stuck,
        collator: { problem: "assembly/counter.ts:5:3 (increment): too much", waiting: 3 },
      },
      /^candidate rejected: assembly\/counter\.ts:5:3/,
    ],
    [
      { ...stuck, newest: { candidate: "0xbb", stage: "seconded" }, core: { ...core, group: 3 } },
      /^not backed: too few of group 3/,
    ],
    [
      { ...stuck, collator: { problem: null, waiting: 6 }, core: { ...core, group: 1 } },
      /^not backed: nobody of group 1 has voted for block 6/,
    ],
    [{ ...stuck, core: undefined, suspendedBy: "0xdd" }, /^suspended: .*0xdd; root lets it go on/],
    [
      { ...stuck, core: { ...core, isOccupied: true, isLate: true, available: 2 } },
      /^not available: 2 of 5/,
    ],
    [{ ...fine, openDisputes: ["0xcc"] }, /^disputed: .*0xcc$/],
    [stuck, /^no collator: nothing came after candidate 0xaa, which is included$/],
  ];
  for (const [facts, sentence] of sentences) assert.match(whySentence(facts), sentence);
});
