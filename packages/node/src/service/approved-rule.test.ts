import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApprovedAncestor } from "../approval-voting/messages.ts";
import { Cancelled } from "../overseer/reply.ts";
import { sampleHash } from "../sample-candidate.ts";
import { approvedRule } from "./approved-rule.ts";

const at = (number: number) => ({ hash: sampleHash(number), number });
const chain = { path: () => undefined } as never;

/** What is voted for between #2 and #9, given approval voting's answer. */
async function vote(answer: ApprovedAncestor | undefined | "none", target = 9) {
  const asked: object[] = [];
  const ask = ((_: string, question: object) => {
    asked.push(question);
    return answer === "none" ? Promise.reject(new Cancelled("gone")) : Promise.resolve(answer);
  }) as never;
  const rule = approvedRule({ ask });
  const voted = await rule({ base: at(2), best: at(9), target: at(target), chain });
  return { voted, asked };
}

test("finality goes as far as approval", async () => {
  const { voted, asked } = await vote({ ...at(5), descriptions: [] });
  assert.deepEqual(voted, at(5));
  assert.deepEqual(asked, [{ type: "approvedAncestor", hash: sampleHash(9), floor: 2 }]);
});

test("without approval, and without an answer, the base is voted for", async () => {
  assert.deepEqual((await vote(undefined)).voted, at(2));
  assert.deepEqual((await vote("none")).voted, at(2));
});

test("where nothing is left to vote for nobody is asked", async () => {
  const { voted, asked } = await vote("none", 2);
  assert.deepEqual([voted, asked], [at(2), []]);
});
