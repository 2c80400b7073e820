import assert from "node:assert/strict";
import test from "node:test";
import { judgePlace, judgeVotePlace, Peers, type View, wantsVotes } from "./gossip.ts";

const view = (setId: number, round: number, finalized = 0): View => ({ setId, round, finalized });

test("votes go to peers of the same set at most one round away, and to those that said nothing yet", () => {
  const peers = new Peers();
  for (const [name, at] of [
    ["new", undefined],
    ["behind", view(1, 4)],
    ["here", view(1, 5)],
    ["ahead", view(1, 6)],
    ["far", view(1, 7)],
    ["other", view(2, 5)],
  ] as const)
    peers.add(name).view = at;
  const wanting = peers.wantingVotes(1, 5).map(({ name }) => name);
  assert.deepEqual(wanting, ["new", "behind", "here", "ahead"]);
  assert.equal(wantsVotes(view(1, 7), 1, 5), false);
});

test("commits go to peers of the set whose finality is behind", () => {
  const peers = new Peers();
  for (const [name, at] of [
    ["new", undefined],
    ["behind", view(1, 4, 9)],
    ["there", view(1, 5, 10)],
    ["other", view(2, 5, 3)],
  ] as const)
    peers.add(name).view = at;
  assert.deepEqual(
    peers.wantingCommit(1, 10).map(({ name }) => name),
    ["new", "behind"],
  );
  peers.remove("new");
  assert.equal(peers.size, 3);
});

test("what is of another set or a far round is not verified; a long past one costs who knows better", () => {
  const ours = view(3, 10);
  const place = (setId: number, round: number, theirs?: View): string =>
    judgeVotePlace(ours, theirs, { setId, round }).type;
  assert.deepEqual([place(3, 9), place(3, 10), place(3, 11)], ["accept", "accept", "accept"]);
  assert.deepEqual(
    [place(3, 8), place(3, 12), place(4, 1), place(2, 50)],
    new Array(4).fill("ignore"),
  );
  assert.equal(place(1, 10), "ignore");
  assert.equal(place(1, 10, view(1, 10)), "ignore");
  assert.equal(place(1, 10, view(3, 1)), "punish");
  assert.equal(place(2, 10, view(3, 1)), "ignore");
  assert.equal(judgePlace(ours, { setId: 3, round: 1 }).type, "accept");
});
