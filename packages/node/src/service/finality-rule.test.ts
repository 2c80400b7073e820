import assert from "node:assert/strict";
import { test } from "node:test";
import { asSessionIndex } from "@parahost/primitives";
import type { ApprovedAncestor } from "../approval-voting/messages.ts";
import { undisputedChain } from "../dispute-coordinator/undisputed-chain.ts";
import { Cancelled } from "../overseer/reply.ts";
import { sampleHash } from "../sample-candidate.ts";
import { type FinalityLags, finalityRule } from "./finality-rule.ts";

const at = (number: number) => ({ hash: sampleHash(number), number });
const chain = { path: () => undefined } as never;
const candidateOf = (number: number) => sampleHash(100 + number) as never;

/** Approved up to #5, block by block from above `floor`. */
const approvedTo5 = (floor: number): ApprovedAncestor => ({
  ...at(5),
  descriptions: Array.from({ length: 5 - floor }, (_, index) => ({
    blockHash: sampleHash(floor + 1 + index),
    session: asSessionIndex(1),
    candidates: [candidateOf(floor + 1 + index)],
  })),
});

interface Answers {
  readonly approved: ApprovedAncestor | undefined | "none";
  /** The block of which a candidate is in doubt. */
  readonly disputed?: number | "none";
}

/** What is voted for between #2 and the target, given what the subsystems answer. */
async function vote({ approved, disputed }: Answers, target = 9) {
  const asked: { readonly type: string }[] = [];
  const ask = ((_: string, question: { readonly type: string }) => {
    asked.push(question);
    const isApproval = question.type === "approvedAncestor";
    if ((isApproval ? approved : disputed) === "none") return Promise.reject(new Cancelled("gone"));
    if (isApproval) return Promise.resolve(approved);
    const { base, blockDescriptions } = question as never as {
      base: ReturnType<typeof at>;
      blockDescriptions: ApprovedAncestor["descriptions"];
    };
    const inDoubt = disputed === undefined ? undefined : candidateOf(disputed as number);
    return Promise.resolve(
      undisputedChain(base, blockDescriptions, (_, candidate) => candidate === inDoubt),
    );
  }) as never;
  const lags: FinalityLags[] = [];
  const rule = finalityRule({ ask }, (found) => void lags.push(found));
  const voted = await rule({ base: at(2), best: at(9), target: at(target), chain });
  return { voted, asked, lags };
}

test("finality goes as far as approval", async () => {
  const { voted, asked } = await vote({ approved: approvedTo5(2) });
  assert.deepEqual(voted, at(5));
  assert.deepEqual(asked[0], { type: "approvedAncestor", hash: sampleHash(9), floor: 2 });
});

test("without approval, and without an answer, the base is voted for", async () => {
  assert.deepEqual((await vote({ approved: undefined })).voted, at(2));
  assert.deepEqual((await vote({ approved: "none" })).voted, at(2));
  assert.deepEqual((await vote({ approved: approvedTo5(2), disputed: "none" })).voted, at(2));
});

test("what is approved and in doubt is not voted for, nor what lies above it", async () => {
  assert.deepEqual((await vote({ approved: approvedTo5(2), disputed: 5 })).voted, at(4));
  assert.deepEqual((await vote({ approved: approvedTo5(2), disputed: 4 })).voted, at(3));
  assert.deepEqual((await vote({ approved: approvedTo5(2), disputed: 3 })).voted, at(2));
});

test("blocks above the base that are final by now are counted without being described", async () => {
  assert.deepEqual((await vote({ approved: approvedTo5(3) })).voted, at(5));
  assert.deepEqual((await vote({ approved: approvedTo5(3), disputed: 5 })).voted, at(4));
  assert.deepEqual((await vote({ approved: approvedTo5(3), disputed: 4 })).voted, at(2));
});

test("it tells by how much approval and disputes hold back", async () => {
  const lagsOf = async (answers: Answers) => (await vote(answers)).lags;
  assert.deepEqual(await lagsOf({ approved: approvedTo5(2) }), [{ approval: 4, disputes: 0 }]);
  assert.deepEqual(await lagsOf({ approved: approvedTo5(2), disputed: 4 }), [
    { approval: 4, disputes: 2 },
  ]);
  assert.deepEqual(await lagsOf({ approved: approvedTo5(2), disputed: 3 }), [
    { approval: 4, disputes: 3 },
  ]);
  assert.deepEqual(await lagsOf({ approved: undefined }), [{ approval: 7, disputes: 0 }]);
});

test("where nothing is left to vote for nobody is asked", async () => {
  const { voted, asked } = await vote({ approved: "none" }, 2);
  assert.deepEqual([voted, asked], [at(2), []]);
});
