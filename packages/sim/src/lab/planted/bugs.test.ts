import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { isStrategy } from "../../strategies/index.ts";
import { PLANTED_BUGS } from "./bugs.ts";

const packages = join(import.meta.dirname, "../../../..");

test("every planted mistake fits the code as it is", () => {
  for (const { id, file, find, replace, strategies = [] } of PLANTED_BUGS) {
    const source = readFileSync(join(packages, file), "utf8");
    assert.equal(source.split(find).length, 2, `${id}: ${file}`);
    assert.notEqual(replace, find);
    assert.ok(strategies.every(isStrategy), id);
  }
  assert.equal(new Set(PLANTED_BUGS.map(({ id }) => id)).size, PLANTED_BUGS.length);
});
