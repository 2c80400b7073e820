/** What validators sign, byte for byte. Reference: runtime 1.3. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex } from "@parahost/base";
import { bitsAt, decode, encode, tryDecode } from "@parahost/scale";
import { approvalPayload } from "./approval.ts";
import { bitfieldPayload } from "./bitfield.ts";
import { disputePayload, explicitDisputePayload } from "./dispute.ts";
import { grandpaVotePayload } from "./grandpa.ts";
import {
  asCandidateHash,
  asHash,
  asSessionIndex,
  asValidationCodeHash,
  asValidatorIndex,
} from "./ids.ts";
import { remoteAvailabilityPayload } from "./remote-dispute.ts";
import { CompactStatement, GuideCompactStatement, statementPayload } from "./statement.ts";
import { pvfCheckPayload } from "./upgrade.ts";

const candidate = asCandidateHash(`0x${"cc".repeat(32)}`);
const other = asCandidateHash(`0x${"dd".repeat(32)}`);
const parentHash = asHash(`0x${"ee".repeat(32)}`);
const session = asSessionIndex(0x01020304);
const context = { sessionIndex: session, parentHash };

const CC = "cc".repeat(32);
const DD = "dd".repeat(32);
const EE = "ee".repeat(32);
const SESSION = "04030201";

test("statements: BKNG, kind, candidate, session, parent", () => {
  const payload = statementPayload({ type: "seconded", value: candidate }, context);
  assert.equal(payload.length, 73);
  assert.equal(bytesToHex(payload), `0x424b4e4701${CC}${SESSION}${EE}`);
  assert.equal(
    bytesToHex(statementPayload({ type: "valid", value: candidate }, context)),
    `0x424b4e4702${CC}${SESSION}${EE}`,
  );
  assert.equal(
    bytesToHex(statementPayload({ type: "invalid", value: candidate }, context)),
    `0x424b4e4703${CC}${SESSION}${EE}`,
  );
});

test("bitfields: the bits, session, parent, and no validator index", () => {
  assert.equal(bytesToHex(bitfieldPayload(bitsAt(10, [0, 9]), context)), `0x280102${SESSION}${EE}`);
});

test("explicit dispute votes: DISP, verdict, candidate, session", () => {
  assert.equal(
    bytesToHex(explicitDisputePayload(true, candidate, session)),
    `0x4449535001${CC}${SESSION}`,
  );
  assert.equal(
    bytesToHex(explicitDisputePayload(false, candidate, session)),
    `0x4449535000${CC}${SESSION}`,
  );
});

test("approvals: one candidate without a count, several with", () => {
  assert.equal(bytesToHex(approvalPayload([candidate], session)), `0x41505052${CC}${SESSION}`);
  assert.equal(
    bytesToHex(approvalPayload([candidate, other], session)),
    `0x4150505208${CC}${DD}${SESSION}`,
  );
  assert.throws(() => approvalPayload([], session), /names a candidate/);
});

test("a dispute vote keeps the payload of the vote it was", () => {
  const payload = (statement: Parameters<typeof disputePayload>[0]) =>
    disputePayload(statement, candidate, session);
  assert.deepEqual(
    payload({ type: "invalid", value: { type: "explicit" } }),
    explicitDisputePayload(false, candidate, session),
  );
  assert.deepEqual(
    payload({ type: "valid", value: { type: "explicit" } }),
    explicitDisputePayload(true, candidate, session),
  );
  assert.deepEqual(
    payload({ type: "valid", value: { type: "backingSeconded", value: parentHash } }),
    statementPayload({ type: "seconded", value: candidate }, context),
  );
  assert.deepEqual(
    payload({ type: "valid", value: { type: "backingValid", value: parentHash } }),
    statementPayload({ type: "valid", value: candidate }, context),
  );
  assert.deepEqual(
    payload({ type: "valid", value: { type: "approvalChecking" } }),
    approvalPayload([candidate], session),
  );
  assert.deepEqual(
    payload({
      type: "valid",
      value: { type: "approvalCheckingMultipleCandidates", value: [other, candidate] },
    }),
    approvalPayload([other, candidate], session),
  );
});

test("an approval of several candidates that leaves this one out is no vote on it", () => {
  const statement = {
    type: "valid",
    value: { type: "approvalCheckingMultipleCandidates", value: [other] },
  } as const;
  assert.equal(disputePayload(statement, candidate, session), undefined);
});

test("pre-check votes: VCPC, verdict, code, session, validator", () => {
  const payload = pvfCheckPayload({
    accept: true,
    subject: asValidationCodeHash(`0x${DD}`),
    sessionIndex: session,
    validatorIndex: asValidatorIndex(5),
  });
  assert.equal(bytesToHex(payload), `0x5643504301${DD}${SESSION}05000000`);
});

test("remote availability: RAVL, candidate, session, one", () => {
  assert.equal(
    bytesToHex(remoteAvailabilityPayload(candidate, session)),
    `0x5241564c${CC}${SESSION}01`,
  );
});

test("finality votes: stage, target, round, set", () => {
  const payload = (stage: "prevote" | "precommit" | "primaryPropose") =>
    bytesToHex(grandpaVotePayload(stage, parentHash, 7, 3, 2));
  const rest = `${EE}0700000003000000000000000200000000000000`;
  assert.equal(payload("prevote"), `0x00${rest}`);
  assert.equal(payload("precommit"), `0x01${rest}`);
  assert.equal(payload("primaryPropose"), `0x02${rest}`);
});

test("compact statements travel with their magic, which is checked", () => {
  const bytes = encode(CompactStatement, { type: "valid", value: candidate });
  assert.equal(bytesToHex(bytes), `0x424b4e4702${CC}`);
  assert.deepEqual(decode(CompactStatement, bytes), { type: "valid", value: candidate });
  const changed = bytes.slice();
  changed[0] = 0x43;
  const refused = tryDecode(CompactStatement, changed);
  assert.ok(!refused.ok && refused.error.code === "badValue");
});

test("the guide's third kind is read only by those who ask for it", () => {
  const bytes = encode(GuideCompactStatement, { type: "invalid", value: candidate });
  assert.deepEqual(decode(GuideCompactStatement, bytes), { type: "invalid", value: candidate });
  const refused = tryDecode(CompactStatement, bytes);
  assert.ok(!refused.ok && refused.error.code === "badVariant");
});
