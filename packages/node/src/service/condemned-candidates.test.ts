import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleHash } from "../sample-candidate.ts";
import { CondemnedCandidates } from "./condemned-candidates.ts";

const block = (name: number, number: number) => ({ hash: sampleHash(name), number });
const candidate = (name: number) => sampleHash(100 + name) as never;
const NOTHING = { included: [], foundInvalid: [] };

test("all blocks that include a candidate are abandoned when it is condemned, and those that come later", () => {
  const candidates = new CondemnedCandidates();
  const includes = { ...NOTHING, included: [candidate(1)] };
  for (const name of [1, 2]) assert.deepEqual(candidates.onImported(block(name, 5), includes), []);
  assert.deepEqual(candidates.condemn(candidate(1)), [sampleHash(1), sampleHash(2)]);
  assert.deepEqual(candidates.onImported(block(3, 6), includes), [sampleHash(3)]);
  assert.deepEqual(
    candidates.onImported(block(4, 6), { ...NOTHING, included: [candidate(2)] }),
    [],
  );
});

test("a chain that has concluded the dispute condemns the candidate on all others", () => {
  const candidates = new CondemnedCandidates();
  candidates.onImported(block(1, 5), { ...NOTHING, included: [candidate(1)] });
  const concludes = { ...NOTHING, foundInvalid: [candidate(1)] };
  assert.deepEqual(candidates.onImported(block(2, 5), concludes), [sampleHash(1)]);
});

test("final blocks are not abandoned, and not remembered", () => {
  const candidates = new CondemnedCandidates();
  for (const name of [5, 6])
    candidates.onImported(block(name, name), { ...NOTHING, included: [candidate(1)] });
  candidates.onFinalized(5);
  assert.deepEqual(candidates.condemn(candidate(1)), [sampleHash(6)]);
});
