import assert from "node:assert/strict";
import test from "node:test";
import { asCandidateHash, asHash } from "@parahost/primitives";
import { MemoryStore } from "@parahost/storage";
import { StatementRecord, type StatementRecordColumn } from "./statement-record.ts";

const parent = (byte: string) => asHash(`0x${byte.repeat(32)}`);
const candidate = (byte: string) => asCandidateHash(`0x${byte.repeat(32)}`);
const store = () => new MemoryStore<StatementRecordColumn>(["ownStatements"]);

test("what was signed is known to the next start on the same disk", () => {
  const disk = store();
  new StatementRecord(disk).record(5, parent("11"), candidate("aa"), "seconded");
  const record = new StatementRecord(disk);
  assert.equal(record.signed(5, parent("11"), candidate("aa")), "seconded");
  assert.equal(record.signed(5, parent("11"), candidate("bb")), undefined);
  assert.equal(record.secondedCount(5, parent("11")), 1);
  assert.equal(record.secondedCount(5, parent("22")), 0);
});

test("a record is written durably before anything is signed", () => {
  const disk = store();
  const durable: (boolean | undefined)[] = [];
  const write = disk.write.bind(disk);
  disk.write = (changes: Parameters<typeof write>[0], options?: { durable?: boolean }) => {
    durable.push(options?.durable);
    write(changes);
  };
  new StatementRecord(disk).record(5, parent("11"), candidate("aa"), "valid");
  assert.deepEqual(durable, [true]);
});

test("finality drops what lies behind it and keeps the rest", () => {
  const record = new StatementRecord(store());
  record.record(255, parent("11"), candidate("aa"), "seconded");
  record.record(256, parent("22"), candidate("aa"), "valid");
  record.prune(256);
  assert.equal(record.signed(255, parent("11"), candidate("aa")), undefined);
  assert.equal(record.signed(256, parent("22"), candidate("aa")), "valid");
});
