import assert from "node:assert/strict";
import test from "node:test";
import { deliver } from "../testing/two-ends.ts";
import { assertLayout, codeOf, fill, hashOf, wire } from "../testing/wire-bytes.ts";
import { Role } from "./names.ts";
import {
  TRANSACTIONS_PER_MESSAGE_MAX,
  Transactions,
  transactionsProtocol,
} from "./transactions.ts";

test("extrinsics travel with their lengths and arrive", async () => {
  const bytes = wire("08", "0c010203", "0404");
  assertLayout(Transactions, [new Uint8Array([1, 2, 3]), new Uint8Array([4])], bytes);
  const { messages } = await deliver(
    (parts) => transactionsProtocol({ genesisHash: hashOf(0) }, parts),
    new Uint8Array([Role.full]),
    [bytes],
  );
  assert.deepEqual(messages, [bytes]);
});

test("a list that is longer than a pool is refused, whatever it is a list of", () => {
  const list = (prefix: string, count: number): Uint8Array => wire(prefix, fill(0, count));
  // 4,096 and 4,097 as compact numbers of two bytes.
  assert.equal(codeOf(Transactions, list("0140", TRANSACTIONS_PER_MESSAGE_MAX)), "ok");
  assert.equal(
    codeOf(Transactions, list("0540", TRANSACTIONS_PER_MESSAGE_MAX + 1)),
    "boundExceeded",
  );
});

test("16 MiB is the longest message", async () => {
  const size = 16 * 1024 * 1024;
  const { messages, costs } = await deliver(
    (parts) => transactionsProtocol({ genesisHash: hashOf(0) }, parts),
    new Uint8Array([Role.full]),
    [fill(0, size), fill(0, size + 1)],
  );
  assert.deepEqual([messages.length, costs], [1, ["-300000 oversized message"]]);
});
