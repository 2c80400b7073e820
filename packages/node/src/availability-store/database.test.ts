import assert from "node:assert/strict";
import { test } from "node:test";
import { asCandidateHash, asValidatorIndex } from "@parahost/primitives";
import { MemoryStore } from "@parahost/storage";
import { sampleHash } from "../sample-candidate.ts";
import { PRUNING_TIMES } from "./candidate-meta.ts";
import { AVAILABILITY_COLUMNS, AvailabilityDatabase } from "./database.ts";

const HOUR = 3_600_000;
const candidate = asCandidateHash(sampleHash(1));
const other = asCandidateHash(sampleHash(2));
const validator = asValidatorIndex(2);
const chunk = { chunk: new Uint8Array([1, 2]), index: 2, proof: [new Uint8Array([3])] };
const block = (number: number, fork = 0) => ({ number, hash: sampleHash(0x100 * fork + number) });

function start() {
  const store = new MemoryStore(AVAILABILITY_COLUMNS);
  const database = new AvailabilityDatabase(store, PRUNING_TIMES);
  const entries = (): number =>
    AVAILABILITY_COLUMNS.flatMap((column) => [...store.range(column, new Uint8Array(0))]).length;
  return { database, entries };
}

test("a chunk is stored only for a candidate that was backed, and for a validator that exists", () => {
  const { database } = start();
  assert.equal(database.storeChunk(candidate, validator, chunk), false);
  database.noteBacked(candidate, 4, 0);
  assert.equal(database.storeChunk(candidate, asValidatorIndex(4), chunk), false);
  assert.equal(database.storeChunk(candidate, validator, chunk), true);
  assert.equal(database.storeChunk(candidate, validator, chunk), true);
  assert.deepEqual(database.chunk(candidate, validator), chunk);
  assert.equal(database.hasChunk(candidate, validator), true);
  assert.equal(database.hasChunk(candidate, asValidatorIndex(1)), false);
  assert.deepEqual(database.chunkHolders(candidate), [2]);
});

test("what was never included is gone after an hour, without a trace", () => {
  const { database, entries } = start();
  database.noteBacked(candidate, 4, 1000);
  database.storeChunk(candidate, validator, chunk);
  assert.equal(database.prune(1000 + HOUR - 1), 0);
  assert.equal(database.prune(1000 + HOUR), 1);
  assert.equal(entries(), 0);
});

test("what is included stays until finality, then data a day and chunks an hour more", () => {
  const { database, entries } = start();
  const data = new Uint8Array([0, 0, 0, 0, 0, ...new Uint8Array(36)]);
  database.storeAvailableData(candidate, data, [chunk, chunk, chunk], 0);
  database.noteIncluded(candidate, block(1));
  assert.equal(database.prune(30 * HOUR), 0);
  assert.deepEqual(database.unfinalizedHeights(0), []);
  assert.deepEqual(database.unfinalizedHeights(1), [1]);
  const finalizedAt = 40 * HOUR;
  database.finalizeHeight(1, block(1).hash, finalizedAt);
  assert.deepEqual(database.unfinalizedHeights(1), []);
  database.prune(finalizedAt + 24 * HOUR);
  assert.equal(database.availableData(candidate), undefined);
  assert.equal(database.meta(candidate)?.dataAvailable, false);
  assert.equal(database.hasChunk(candidate, validator), true);
  database.prune(finalizedAt + 25 * HOUR);
  assert.equal(entries(), 0);
});

test("what is disputed outlives its time, and goes when the dispute is forgotten", () => {
  const { database, entries } = start();
  database.noteBacked(candidate, 4, 0);
  database.noteDisputed(candidate, true);
  database.storeChunk(candidate, validator, chunk);
  database.noteIncluded(candidate, block(1));
  database.finalizeHeight(1, block(1).hash, HOUR);
  assert.equal(database.prune(100 * HOUR), 0);
  assert.deepEqual(database.chunk(candidate, validator), chunk);
  database.noteDisputed(candidate, false);
  assert.equal(database.prune(100 * HOUR), 1);
  assert.equal(entries(), 0);
  // Of what was never stored there is nothing to keep.
  database.noteDisputed(other, true);
  assert.equal(entries(), 0);
});

test("a block that loses its height returns the candidate to its old place", () => {
  const { database } = start();
  database.noteBacked(candidate, 4, 7);
  database.noteBacked(other, 4, 7);
  database.noteIncluded(candidate, block(1));
  database.noteIncluded(other, block(1, 1));
  database.noteIncluded(other, block(2));
  database.finalizeHeight(1, block(1).hash, 100);
  assert.deepEqual(database.meta(candidate)?.state, { type: "finalized", value: 100 });
  assert.equal(database.meta(other)?.state.type, "unfinalized");
  database.finalizeHeight(2, block(2, 1).hash, 200);
  assert.deepEqual(database.meta(other)?.state, { type: "unavailable", value: 7 });
});

test("finality on one fork settles the candidate on all", () => {
  const { database } = start();
  database.noteBacked(candidate, 4, 7);
  database.noteIncluded(candidate, block(1));
  database.noteIncluded(candidate, block(2, 1));
  database.finalizeHeight(1, block(1).hash, 100);
  assert.deepEqual(database.unfinalizedHeights(9), []);
  assert.deepEqual(database.meta(candidate)?.state, { type: "finalized", value: 100 });
});

test("backing it again keeps the first time", () => {
  const { database } = start();
  database.noteBacked(candidate, 4, 7);
  database.noteBacked(candidate, 4, 8);
  assert.deepEqual(database.meta(candidate)?.state, { type: "unavailable", value: 7 });
});
