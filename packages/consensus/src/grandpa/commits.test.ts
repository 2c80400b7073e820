import assert from "node:assert/strict";
import test from "node:test";
import { named } from "../testing/named-chain.ts";
import { type Commit, Commits } from "./commits.ts";

const commit = (setId: number, number: number): Commit => ({
  setId,
  round: 1,
  target: { hash: named(`b${number}`), number },
  bytes: new Uint8Array([setId, number]),
});

test("the last commit of two sets is kept", () => {
  const commits = new Commits();
  for (const one of [commit(1, 5), commit(2, 7), commit(2, 9), commit(3, 11)]) commits.note(one);
  assert.deepEqual(commits.last, [commit(2, 9), commit(3, 11)]);
});

test("our own is sent once its moment has come, unless others said as much", () => {
  const commits = new Commits();
  commits.sendAt(commit(1, 5), 100);
  assert.equal(commits.dueAt, 100);
  assert.equal(commits.takeDue(99), undefined);
  assert.deepEqual(commits.takeDue(100), commit(1, 5));
  assert.equal(commits.takeDue(100), undefined);

  commits.sendAt(commit(1, 6), 100);
  commits.note(commit(1, 7));
  assert.equal(commits.takeDue(100), undefined);
  commits.sendAt(commit(1, 8), 100);
  commits.note(commit(2, 9));
  assert.deepEqual(commits.takeDue(100), commit(1, 8));
});

test("commits wait for their blocks, a few of them", () => {
  const commits = new Commits();
  const message = {} as never;
  const hold = (name: string): void =>
    commits.hold({ message, bytes: new Uint8Array(), missing: new Set([named(name)]) });
  hold("first");
  for (let i = 0; i < 15; i++) hold(`b${i}`);
  assert.equal(commits.takeForBlock(named("first")).length, 1);
  assert.equal(commits.takeForBlock(named("first")).length, 0);
  hold("b15");
  hold("b16");
  assert.equal(commits.takeForBlock(named("b0")).length, 0);
  commits.dropHeld();
  assert.equal(commits.takeForBlock(named("b16")).length, 0);
});
