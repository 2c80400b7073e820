import assert from "node:assert/strict";
import test from "node:test";
import { asParaId, type Constraints } from "@parahost/primitives";
import { type ConstraintError, checkNext, constraintsAfter } from "./constraints.ts";
import {
  CODE,
  CONSTRAINTS,
  FUTURE_CODE,
  head,
  type LinkFields,
  link,
  relayBlock,
} from "./sample-chain.ts";

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(1);
const toChannel = (...lengths: number[]) =>
  lengths.map((length) => ({ recipient: asParaId(3000), data: bytes(length) }));

function check(fields: LinkFields = {}, constraints: Partial<Constraints> = {}, from = 0) {
  const { receipt } = link(from, from + 1, fields);
  const relayParent = relayBlock(fields.relayParent ?? 7);
  const checked = checkNext({ ...CONSTRAINTS, ...constraints }, relayParent, receipt);
  return checked.ok ? "good" : checked.error;
}

test("a candidate on the required head at a relay parent in view is the next one", () => {
  assert.equal(check(), "good");
  assert.equal(check({ relayParent: 5 }), "good");
});

const refusals: readonly (readonly [string, ConstraintError, LinkFields, Partial<Constraints>?])[] =
  [
    ["an old relay parent", "relayParentTooOld", { relayParent: 4 }],
    ["another size limit", "validationDataMismatch", {}, { maxPovSize: 1001 }],
    ["another head", "validationDataMismatch", {}, { requiredParent: head(9) }],
    ["other code", "validationCodeMismatch", { code: FUTURE_CODE }],
    ["a head that is too large", "headDataTooLarge", { commitments: { headData: bytes(9) } }],
    [
      "new code while none may come",
      "codeUpgradeRestricted",
      { commitments: { newValidationCode: bytes(50) } },
      { upgradeRestriction: { type: "present" } },
    ],
    [
      "new code before the last one is in force",
      "codeUpgradeRestricted",
      { commitments: { newValidationCode: bytes(50) } },
      { futureValidationCode: { expectedAt: 9, codeHash: FUTURE_CODE } },
    ],
    ["large code", "codeSizeOutOfBounds", { commitments: { newValidationCode: bytes(101) } }],
    ["tiny code", "codeSizeOutOfBounds", { commitments: { newValidationCode: bytes(8) } }],
    ["no messages taken", "downwardMessagesNotProcessed", {}, { dmpRemainingMessages: [7] }],
    [
      "more messages taken than there are",
      "downwardMessagesOverrun",
      { commitments: { processedDownwardMessages: 2 } },
      { dmpRemainingMessages: [7] },
    ],
    ["many upward messages", "upwardMessagesOverrun", upward(1, 1, 1)],
    ["long upward messages", "upwardMessagesOverrun", upward(11)],
    ["upward messages for a full queue", "upwardMessagesOverrun", upward(1), { umpRemaining: 0 }],
    [
      "signals that are none",
      "upwardMessagesMalformed",
      { commitments: { upwardMessages: [bytes(0), bytes(3)] } },
    ],
    ["a wrong watermark", "hrmpWatermarkInvalid", { commitments: { hrmpWatermark: 6 } }],
    [
      "many messages to paras",
      "hrmpMessagesOverrun",
      { commitments: { horizontalMessages: toChannel(1, 1, 1) } },
    ],
    [
      "long messages to a para",
      "hrmpMessagesOverrun",
      { commitments: { horizontalMessages: toChannel(6, 5) } },
    ],
    [
      "a message without a channel",
      "hrmpMessagesOverrun",
      { commitments: { horizontalMessages: [{ recipient: asParaId(1), data: bytes(1) }] } },
    ],
  ];

function upward(...lengths: number[]): LinkFields {
  return { commitments: { upwardMessages: lengths.map(bytes) } };
}

for (const [what, error, fields, constraints] of refusals)
  test(`${what} is refused`, () => {
    assert.equal(check(fields, constraints), error);
  });

test("a head that the descriptor does not name is refused", () => {
  const { receipt } = link(0, 1);
  const other = { ...receipt, commitments: { ...receipt.commitments, headData: head(2) } };
  assert.deepEqual(checkNext(CONSTRAINTS, relayBlock(7), other), {
    ok: false,
    error: "headDataMismatch",
  });
});

test("a message that was sent after the relay parent may wait", () => {
  assert.equal(check({}, { dmpRemainingMessages: [8] }), "good");
  assert.equal(
    check({ commitments: { processedDownwardMessages: 1 } }, { dmpRemainingMessages: [7] }),
    "good",
  );
});

test("a watermark may stand where a message arrived", () => {
  const fields = { commitments: { hrmpWatermark: 6 } };
  assert.equal(check(fields, { hrmpInbound: { validWatermarks: [6] } }), "good");
});

test("what a candidate uses up the next one does not have", () => {
  const before: Constraints = {
    ...CONSTRAINTS,
    dmpRemainingMessages: [3, 4, 5],
    hrmpInbound: { validWatermarks: [4, 6, 8] },
  };
  const { receipt } = link(0, 1, {
    commitments: {
      upwardMessages: [bytes(4), bytes(2)],
      horizontalMessages: toChannel(3),
      processedDownwardMessages: 2,
      hrmpWatermark: 6,
    },
  });
  const after = constraintsAfter(before, 7, receipt.commitments);
  assert.deepEqual(after, {
    ...before,
    minRelayParentNumber: 7,
    requiredParent: head(1),
    umpRemaining: 1,
    umpRemainingBytes: 4,
    dmpRemainingMessages: [5],
    hrmpInbound: { validWatermarks: [8] },
    hrmpChannelsOut: [
      { recipient: asParaId(3000), limitations: { bytesRemaining: 7, messagesRemaining: 1 } },
    ],
  });
});

test("a relay parent that is out of view leaves the bound where it is", () => {
  const after = constraintsAfter(CONSTRAINTS, 3, link(0, 1).receipt.commitments);
  assert.equal(after.minRelayParentNumber, 5);
});

test("announced code is in force behind the first candidate that reaches its block", () => {
  const before = { ...CONSTRAINTS, futureValidationCode: { expectedAt: 7, codeHash: FUTURE_CODE } };
  const { commitments } = link(0, 1).receipt;
  const early = constraintsAfter(before, 6, commitments);
  assert.equal(early.validationCodeHash, CODE);
  const late = constraintsAfter(early, 7, commitments);
  assert.deepEqual([late.validationCodeHash, late.futureValidationCode], [FUTURE_CODE, undefined]);
});

test("behind a candidate that announces code no other may announce more", () => {
  const { receipt } = link(0, 1, { commitments: { newValidationCode: bytes(50) } });
  assert.equal(checkNext(CONSTRAINTS, relayBlock(7), receipt).ok, true);
  const after = constraintsAfter(CONSTRAINTS, 7, receipt.commitments);
  assert.deepEqual(after.upgradeRestriction, { type: "present" });
});
