import assert from "node:assert/strict";
import test from "node:test";
import {
  asCandidateHash,
  asGroupIndex,
  asValidatorIndex,
  type CandidateHash,
  type ValidatorSignature,
} from "@parahost/primitives";
import { REPEATS_MAX, SENDS_MAX } from "./cluster-tracker.ts";
import { type Announcement, GridTracker } from "./grid-tracker.ts";
import { gridView } from "./grid-view.ts";
import { filterOf } from "./statement-filter.ts";

const v = asValidatorIndex;
const groups = [
  [0, 1, 2],
  [3, 4],
].map((members) => members.map(v));
const ours = asGroupIndex(0);
const theirs = asGroupIndex(1);
const A = asCandidateHash(`0x${"aa".repeat(32)}`);
const B = asCandidateHash(`0x${"bb".repeat(32)}`);
const AFTER = 250;

const tracker = () => new GridTracker(groups, 1, gridView(groups, v(0), 5, undefined));
const manifest = (
  type: Announcement,
  candidateHash: CandidateHash,
  knowledge = filterOf(2, [0], [1]),
  group = theirs,
) => ({ type, candidateHash, group, knowledge });
const code = (result: { ok: boolean; error?: { code: string } }) =>
  result.ok ? undefined : result.error?.code;

test("a manifest comes from a member of the group it is about", () => {
  const grid = tracker();
  assert.deepEqual(grid.receive(v(3), manifest("manifest", A)), { ok: true, value: "new" });
  assert.equal(code(grid.receive(v(1), manifest("manifest", A))), "unexpected");
  const own = manifest("manifest", B, filterOf(3, [1], [2]), ours);
  assert.equal(code(grid.receive(v(1), own)), "unexpected", "our own group speaks one by one");
  assert.equal(code(grid.receive(v(3), own)), "unexpected");
});

test("while the topology is not known nobody is to blame", () => {
  const grid = new GridTracker(groups, 1, undefined);
  assert.equal(code(grid.receive(v(3), manifest("manifest", A))), "noTopology");
  assert.deepEqual(grid.audience(A, ours), []);
});

test("an acknowledgement comes from whom we told", () => {
  const grid = tracker();
  const known = manifest("acknowledgement", A, filterOf(3, [0], [1]), ours);
  assert.equal(code(grid.receive(v(3), known)), "unexpected");
  grid.noteAnnounced(v(3), A, 0);
  assert.deepEqual(grid.receive(v(3), known), { ok: true, value: "new" });
});

test("a manifest that says less than before conflicts, one that says more is taken", () => {
  const grid = tracker();
  grid.receive(v(3), manifest("manifest", A, filterOf(2, [0], [1])));
  assert.equal(
    code(grid.receive(v(3), manifest("manifest", A, filterOf(2, [0, 1])))),
    "conflicting",
  );
  assert.deepEqual(grid.receive(v(3), manifest("manifest", A, filterOf(2, [0, 1], [1]))), {
    ok: true,
    value: "more",
  });
});

test("nobody claims two seconded candidates of one validator", () => {
  const grid = tracker();
  grid.receive(v(3), manifest("manifest", A, filterOf(2, [0], [1])));
  const second = manifest("manifest", B, filterOf(2, [0], [1]));
  assert.equal(code(grid.receive(v(3), second)), "excessiveSeconded");
  assert.ok(grid.receive(v(3), manifest("manifest", B, filterOf(2, [1], [0]))).ok);
  assert.ok(grid.receive(v(4), second).ok, "another sender has its own count");
});

test("a repeated manifest is free, answered again, and refused when it is too much", () => {
  const grid = tracker();
  grid.receive(v(3), manifest("manifest", A));
  assert.equal(grid.dueAnnouncement(v(3), A, theirs, 0, AFTER), "acknowledgement");
  grid.noteAnnounced(v(3), A, 0);
  assert.equal(grid.dueAnnouncement(v(3), A, theirs, 10 * AFTER, AFTER), undefined);
  for (let i = 0; i < REPEATS_MAX; i++)
    assert.deepEqual(grid.receive(v(3), manifest("manifest", A)), { ok: true, value: "repeat" });
  assert.equal(grid.dueAnnouncement(v(3), A, theirs, 0, AFTER), "acknowledgement");
  assert.equal(code(grid.receive(v(3), manifest("manifest", A))), "tooOften");
});

test("our manifest is repeated a few times until it is answered", () => {
  const grid = tracker();
  assert.deepEqual(grid.audience(A, ours), [3, 4]);
  for (let sent = 1; sent <= SENDS_MAX; sent++) {
    assert.equal(grid.dueAnnouncement(v(3), A, ours, sent * AFTER, AFTER), "manifest");
    grid.noteAnnounced(v(3), A, sent * AFTER);
    assert.equal(grid.dueAnnouncement(v(3), A, ours, sent * AFTER + 1, AFTER), undefined);
  }
  assert.equal(grid.dueAnnouncement(v(3), A, ours, 100 * AFTER, AFTER), undefined);
  grid.noteAnnounced(v(4), A, 0);
  grid.receive(v(4), manifest("acknowledgement", A, filterOf(3, [0], [1]), ours));
  assert.equal(grid.dueAnnouncement(v(4), A, ours, AFTER, AFTER), undefined);
});

test("nobody else is told", () => {
  const grid = tracker();
  assert.equal(grid.dueAnnouncement(v(1), A, ours, 0, AFTER), undefined);
  assert.equal(grid.dueAnnouncement(v(3), A, theirs, 0, AFTER), undefined);
  assert.ok(!grid.wasTold(v(3), A));
});

test("late statements pass between those who told each other, once", () => {
  const grid = tracker();
  const late = {
    statement: { type: "valid", value: A } as const,
    validatorIndex: v(2),
    signature: new Uint8Array(64) as ValidatorSignature,
  };
  const place = { group: ours, position: 2 };
  assert.equal(code(grid.receiveStatement(v(3), v(2), late.statement)), "unexpected");
  grid.noteAnnounced(v(3), A, 0);
  assert.ok(!grid.lacks(v(3), late, place), "it has not told us");
  grid.receive(v(3), manifest("acknowledgement", A, filterOf(3, [0], [1]), ours));
  assert.ok(grid.lacks(v(3), late, place));
  assert.ok(!grid.lacks(v(3), { ...late, validatorIndex: v(1) }, { ...place, position: 1 }));
  grid.notePassed(v(3), late);
  assert.ok(!grid.lacks(v(3), late, place));
  assert.deepEqual(grid.receiveStatement(v(3), v(2), late.statement), { ok: true, value: "new" });
  grid.noteReceived(v(3), v(2), late.statement);
  for (let i = 0; i < REPEATS_MAX; i++)
    assert.deepEqual(grid.receiveStatement(v(3), v(2), late.statement), {
      ok: true,
      value: "repeat",
    });
  assert.equal(code(grid.receiveStatement(v(3), v(2), late.statement)), "tooOften");
});

test("what a peer lost is due again", () => {
  const grid = tracker();
  grid.noteAnnounced(v(3), A, 0);
  grid.receive(v(4), manifest("manifest", B));
  grid.noteAnnounced(v(4), B, 0);
  grid.forgetSent(v(3));
  grid.forgetSent(v(4));
  assert.equal(grid.dueAnnouncement(v(3), A, ours, 0, AFTER), "manifest");
  assert.equal(grid.dueAnnouncement(v(4), B, theirs, 0, AFTER), "acknowledgement");
  grid.reset(v(4));
  assert.equal(grid.dueAnnouncement(v(4), B, theirs, 0, AFTER), undefined);
});
