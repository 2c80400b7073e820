import assert from "node:assert/strict";
import { test } from "node:test";
import { asHash } from "@parahost/primitives";
import { storage as eventStorage } from "../../framework/events.ts";
import { emptyState } from "../../testing/state.ts";
import "../../runtime.ts";
import {
  BLOCK_HASH_COUNT,
  beginBlock,
  blockHash,
  endBlock,
  extrinsicsRoot,
  noteAppliedExtrinsic,
  noteExtrinsic,
  noteFinishedExtrinsics,
} from "./block.ts";

const hash = asHash(`0x${"ab".repeat(32)}`);

test("what a block leaves behind is its number, parent, digest and the parent's hash", () => {
  const state = emptyState();
  beginBlock(state, 1, hash, []);
  noteExtrinsic(state, new Uint8Array([1]));
  noteAppliedExtrinsic(state);
  noteFinishedExtrinsics(state);
  const header = endBlock(state);
  assert.equal(header.parentHash, hash);
  assert.equal(header.extrinsicsRoot, extrinsicsRoot([new Uint8Array([1])]));
  assert.equal(blockHash(state, 0), hash);
  assert.equal(state.get("0x3a65787472696e7369635f696e646578"), undefined);
  assert.equal(eventStorage.executionPhase.has(state), false);
});

test("only the author's items open a block's digest", () => {
  const state = emptyState();
  const value = { engine: "BABE", data: new Uint8Array() };
  const mine = { type: "preRuntime", value } as const;
  beginBlock(state, 1, hash, [mine, { type: "consensus", value }]);
  noteFinishedExtrinsics(state);
  assert.deepEqual(endBlock(state).digest, [mine]);
});

test("old hashes are forgotten, genesis's never", () => {
  const state = emptyState();
  beginBlock(state, 1, hash, []);
  noteFinishedExtrinsics(state);
  endBlock(state);
  const number = BLOCK_HASH_COUNT + 2;
  for (const last of [number - 1, number]) {
    eventStorage.number.set(state, last - 1);
    beginBlock(state, last, hash, []);
    noteFinishedExtrinsics(state);
    // A hash that the next block will forget.
    if (last === number) assert.equal(blockHash(state, number - 2), hash);
    endBlock(state);
  }
  assert.equal(blockHash(state, 0), hash);
  assert.equal(blockHash(state, 1), undefined);
  assert.equal(blockHash(state, number - 1), hash);
});

test("a block follows the one before it", () => {
  assert.throws(() => beginBlock(emptyState(), 2, hash, []), /block 2 after block 0/);
});
