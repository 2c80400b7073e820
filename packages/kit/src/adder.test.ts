import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, expectOk } from "@parahost/base";
import { InlineExecutor } from "@parahost/executor";
import { type ExecutorParams, type Hash, validationCodeHash } from "@parahost/primitives";
import { decode } from "@parahost/scale";
import { AdderHead, AdderStateMachine, adderTransaction } from "./adder.ts";
import { adderCode } from "./artifacts.ts";

const LIMITS = { maxBlockDataBytes: 1_000_000, maxTransactions: 100 };
const NO_PARAMS: ExecutorParams = [];

test("a block adds the sum of its transactions, and the validation function agrees", async () => {
  const adder = new AdderStateMachine(5n);
  const executor = new InlineExecutor();
  const code = adderCode();
  let head = adder.genesisHead;
  for (const adds of [[1n, 2n], [], [0xffff_ffff_ffff_ffffn]]) {
    const transactions = adds.map((add, index) => adderTransaction(add, BigInt(index)));
    const built = expectOk(adder.buildBlock(head, transactions, LIMITS), "known parent");
    assert.equal(built.included.length, adds.length);
    const outcome = await executor.validate({
      codeHash: validationCodeHash(code),
      code,
      params: {
        parentHead: head,
        blockData: built.blockData,
        relayParentNumber: 9,
        relayParentStorageRoot: `0x${"00".repeat(32)}` as Hash,
      },
      executorParams: NO_PARAMS,
      kind: "backing",
    });
    assert.ok(outcome.type === "valid", JSON.stringify(outcome));
    assert.equal(bytesToHex(outcome.result.headData), bytesToHex(built.head));
    assert.equal(outcome.result.hrmpWatermark, 9);
    const imported = expectOk(adder.importBlock(head, built.blockData), "own block");
    assert.deepEqual(imported.head, built.head);
    head = built.head;
  }
  assert.deepEqual(expectOk(adder.summary(head), "head"), { number: 3n, state: 7n });
  assert.equal(decode(AdderHead, head).number, 3n);
  await executor.close();
});

test("bytes that are no transaction are refused, and dropped from blocks", () => {
  const adder = new AdderStateMachine();
  const bad = adder.checkTransaction(new Uint8Array(3));
  assert.equal(bad.ok ? "ok" : bad.error.code, "undecodable");
  const built = expectOk(adder.buildBlock(adder.genesisHead, [new Uint8Array(3)], LIMITS), "");
  assert.deepEqual(built.included, []);
  assert.equal(built.dropped[0]?.problem.code, "undecodable");
});

test("a block on an unknown head, or of another state, is not imported", () => {
  const adder = new AdderStateMachine();
  const built = expectOk(adder.buildBlock(adder.genesisHead, [adderTransaction(1n)], LIMITS), "");
  const orphan = adder.importBlock(built.head, built.blockData);
  assert.equal(orphan.ok ? "ok" : orphan.error.code, "unknownHead");
  expectOk(adder.importBlock(adder.genesisHead, built.blockData), "own block");
  const again = adder.importBlock(built.head, built.blockData);
  assert.equal(again.ok ? "ok" : again.error.code, "badBlock");
});

test("a forgotten state is unknown", () => {
  const adder = new AdderStateMachine();
  adder.forget(adder.genesisHead);
  assert.equal(adder.has(adder.genesisHead), false);
  assert.equal(adder.summary(adder.genesisHead).ok, false);
});
