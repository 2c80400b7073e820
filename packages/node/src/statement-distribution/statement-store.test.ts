import assert from "node:assert/strict";
import test from "node:test";
import {
  asCandidateHash,
  asGroupIndex,
  asValidatorIndex,
  type CompactStatement,
  type ValidatorSignature,
} from "@parahost/primitives";
import { filterOf } from "./statement-filter.ts";
import { type Membership, StatementStore } from "./statement-store.ts";

const v = asValidatorIndex;
const group = asGroupIndex(0);
const memberships = new Map<ReturnType<typeof v>, Membership>(
  [4, 7, 9].map((validator, position) => [v(validator), { group, position }]),
);
const A = asCandidateHash(`0x${"aa".repeat(32)}`);
const B = asCandidateHash(`0x${"bb".repeat(32)}`);
const vote = (validator: number, type: CompactStatement["type"], value = A, byte = validator) => ({
  statement: { type, value },
  validatorIndex: v(validator),
  signature: new Uint8Array(64).fill(byte) as ValidatorSignature,
});
const store = () => new StatementStore(memberships, 1);

test("seconding statements come before votes, and the filter has the members' places", () => {
  const statements = store();
  statements.insert(vote(9, "valid"));
  statements.insert(vote(4, "seconded"));
  statements.insert(vote(7, "valid", B));
  assert.deepEqual(
    statements.of(A).map(({ validatorIndex }) => validatorIndex),
    [4, 9],
  );
  assert.deepEqual(statements.filter(A, group, 3), filterOf(3, [0], [2]));
  assert.deepEqual(statements.filter(A, asGroupIndex(1), 2), filterOf(2));
});

test("the same statement is known, whatever its signature", () => {
  const statements = store();
  statements.insert(vote(4, "seconded"));
  const again = statements.judge(v(4), { type: "seconded", value: A });
  assert.ok(again.type === "known");
  assert.deepEqual(again.earlier.signature, vote(4, "seconded").signature);
  assert.throws(() => statements.insert(vote(4, "seconded", A, 99)), /only new/);
});

test("seconding two candidates, or seconding and voting for one, is a contradiction", () => {
  const statements = store();
  statements.insert(vote(4, "seconded"));
  statements.insert(vote(7, "valid"));
  const two = statements.judge(v(4), { type: "seconded", value: B });
  assert.ok(two.type === "contradiction" && two.kind === "multipleCandidates");
  assert.equal(two.earlier.statement.value, A);
  for (const [validator, type] of [
    [4, "valid"],
    [7, "seconded"],
  ] as const) {
    const both = statements.judge(v(validator), { type, value: A });
    assert.ok(both.type === "contradiction" && both.kind === "validityDoubleVote");
  }
  assert.equal(statements.judge(v(4), { type: "valid", value: B }).type, "new");
  assert.equal(statements.judge(v(7), { type: "seconded", value: B }).type, "new");
});

test("a signature is kept apart from the message that it came in", () => {
  const statements = store();
  const message = new Uint8Array(100).fill(1);
  const signature = message.subarray(10, 74) as ValidatorSignature;
  statements.insert({ ...vote(4, "seconded"), signature });
  message.fill(2);
  assert.deepEqual(statements.of(A)[0]?.signature, new Uint8Array(64).fill(1));
});
