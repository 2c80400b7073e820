/** Blocks of other collators: asked for in their order, again when they could not be had, and not for ever. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { asHash, type Hash } from "@parahost/primitives";
import {
  ATTEMPTS_MAX,
  ForeignBlocks,
  type IncludedCandidate,
  WANTED_MAX,
} from "./foreign-blocks.ts";

const hashOf = (number: number): Hash =>
  asHash(`0x${number.toString(16).padStart(64, "0")}` as const);
const candidate = (number: number) => ({ core: number }) as unknown as IncludedCandidate;

/** Blocks 1, 2, … each on top of the one before; pieces of those in `held` can be had, those in `shown` whole. */
function world(held: Set<number>, known = new Set([0]), shown: ReadonlySet<number> = new Set()) {
  const asked: number[] = [];
  const foreign = new ForeignBlocks({
    fetch: async (head) => {
      const number = Number(head);
      if (!shown.has(number)) return "later";
      known.add(number);
      return "done";
    },
    recover: async ({ core }) => {
      asked.push(core);
      return held.has(core)
        ? { parentHead: new Uint8Array(), blockData: new Uint8Array(), maxPovSize: 0 }
        : undefined;
    },
    import: (head) => {
      const number = Number(head);
      if (!known.has(number - 1)) return "later";
      known.add(number);
      return "done";
    },
    isKnown: (head) => known.has(Number(head)),
  });
  const want = (...numbers: number[]) => {
    for (const number of numbers) foreign.want(hashOf(number), candidate(number));
  };
  return { foreign, want, asked, known };
}

test("blocks are asked for oldest first, and imported one on top of the other", async () => {
  const { foreign, want, asked, known } = world(new Set([1, 2, 3]));
  want(1, 2, 3, 2);
  await Promise.all([foreign.look(), foreign.look()]);
  assert.deepEqual(asked, [1, 2, 3]);
  assert.deepEqual([...known], [0, 1, 2, 3]);
  assert.equal(foreign.size, 0);
});

test("what cannot be had, and what stands on it, is asked for again", async () => {
  const held = new Set([2]);
  const { foreign, want, asked, known } = world(held);
  want(1, 2);
  await foreign.look();
  assert.deepEqual([...known], [0]);
  held.add(1);
  await foreign.look();
  assert.deepEqual(asked, [1, 2, 1, 2]);
  assert.deepEqual([...known], [0, 1, 2]);
});

test("a block that came another way is not asked for", async () => {
  const { foreign, want, asked } = world(new Set(), new Set([0, 1]));
  want(1);
  await foreign.look();
  assert.deepEqual([asked.length, foreign.size], [0, 0]);
});

test("what another collator shows is not put together from pieces", async () => {
  const { foreign, want, asked, known } = world(new Set([2]), new Set([0]), new Set([1]));
  want(1, 2);
  await foreign.look();
  assert.deepEqual(asked, [2]);
  assert.deepEqual([...known], [0, 1, 2]);
});

test("neither the number of blocks nor that of attempts is without end", async () => {
  const { foreign, want, asked } = world(new Set());
  want(...Array.from({ length: WANTED_MAX + 10 }, (_, index) => index + 1));
  assert.equal(foreign.size, WANTED_MAX);
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) await foreign.look();
  assert.equal(foreign.size, 0);
  assert.equal(asked.length, WANTED_MAX * ATTEMPTS_MAX);
});
