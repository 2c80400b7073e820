import assert from "node:assert/strict";
import { test } from "node:test";
import { gridNeighbours, relayAlong } from "./gossip-grid.ts";

test("position 10 of 11 has 9 in its row and 1, 4, 7 in its column", () => {
  assert.deepEqual(gridNeighbours(10, 11), { x: [9], y: [1, 4, 7] });
});

test("in grids of every size any two positions are at most two hops apart", () => {
  for (let count = 1; count <= 60; count++) {
    const near = Array.from({ length: count }, (_, i) => {
      const { x, y } = gridNeighbours(i, count);
      return new Set([...x, ...y]);
    });
    for (let a = 0; a < count; a++)
      for (let b = 0; b < count; b++) {
        if (a === b) continue;
        const direct = near[a]?.has(b) === true;
        const over = [...(near[a] ?? [])].some((middle) => near[middle]?.has(b) === true);
        assert.ok(direct || over, `${a} and ${b} of ${count}`);
      }
  }
});

test("being neighbours is mutual", () => {
  for (const count of [2, 3, 5, 12, 17])
    for (let a = 0; a < count; a++) {
      const { x, y } = gridNeighbours(a, count);
      for (const b of x) assert.ok(gridNeighbours(b, count).x.includes(a));
      for (const b of y) assert.ok(gridNeighbours(b, count).y.includes(a));
    }
});

test("a message crosses from one axis to the other and stops outside the grid", () => {
  assert.deepEqual(relayAlong("local"), ["x", "y"]);
  assert.deepEqual(relayAlong("x"), ["y"]);
  assert.deepEqual(relayAlong("y"), ["x"]);
  assert.deepEqual(relayAlong("outside"), []);
});
