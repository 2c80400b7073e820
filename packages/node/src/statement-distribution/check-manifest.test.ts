import assert from "node:assert/strict";
import test from "node:test";
import { asCoreIndex, asGroupIndex, asParaId, asValidatorIndex } from "@parahost/primitives";
import { checkManifest } from "./check-manifest.ts";
import { filterOf } from "./statement-filter.ts";

const core = {
  core: asCoreIndex(0),
  group: asGroupIndex(0),
  members: [2, 5, 6].map(asValidatorIndex),
  paras: [asParaId(1000)],
};
const check = (
  knowledge = filterOf(3, [0], [1]),
  { para = 1000, hasCore = true, disabled = [] as number[] } = {},
) => {
  const at = hasCore ? core : undefined;
  return checkManifest(
    at,
    asParaId(para),
    knowledge,
    new Set(disabled.map(asValidatorIndex)),
    () => 2,
  );
};
const code = (result: ReturnType<typeof check>) => (result.ok ? undefined : result.error.code);

test("a manifest with a quorum of the group that serves the para's core is taken", () => {
  assert.deepEqual(check(), { ok: true, value: filterOf(3, [0], [1]) });
});

test("a group without a core and a para without this group are refused", () => {
  assert.equal(code(check(undefined, { hasCore: false })), "notAssigned");
  assert.equal(code(check(undefined, { para: 1001 })), "notAssigned");
});

test("a filter of another size is malformed", () => {
  assert.equal(code(check(filterOf(33, [0], [1]))), "malformed");
  assert.equal(code(check(filterOf(2, [0], [1]))), "malformed");
});

test("too few votes, nobody who seconded, or votes of disabled validators are insufficient", () => {
  assert.equal(code(check(filterOf(3, [0]))), "insufficient");
  assert.equal(code(check(filterOf(3, [], [0, 1]))), "insufficient");
  assert.equal(code(check(filterOf(3, [0], [1]), { disabled: [5] })), "insufficient");
  const left = check(filterOf(3, [0], [1, 2]), { disabled: [5] });
  assert.deepEqual(left, { ok: true, value: filterOf(3, [0], [2]) });
});
