import assert from "node:assert/strict";
import { test } from "node:test";
import { neededApprovals } from "./needed-approvals.ts";

const modern = { profile: "modern", configured: 3, checkers: 20 } as const;
const anv = { ...modern, profile: "anv", configured: 1 } as const;

test("without reports the session says how many checks are needed", () => {
  assert.equal(neededApprovals(modern, undefined), 3);
});

test("anv asks for two beside the backers at least", () => {
  assert.equal(neededApprovals(anv, undefined), 2);
  assert.equal(neededApprovals({ ...anv, configured: 5 }, undefined), 5);
});

test("stakes add to two checks, and never take away", () => {
  assert.deepEqual(
    [0, 1, 2, 8].map((extra) => neededApprovals(modern, extra)),
    [3, 3, 4, 10],
  );
  assert.equal(neededApprovals(anv, 1), 3);
});

test("a great stake calls everybody who did not back it, and nobody twice", () => {
  assert.equal(neededApprovals(modern, 9), 20);
  assert.equal(neededApprovals({ ...modern, checkers: 4 }, 8), 4);
});
