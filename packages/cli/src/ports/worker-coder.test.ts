import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "@parahost/base";
import { directCoder } from "@parahost/erasure";
import { coderSuite } from "@parahost/erasure/testing/coder-suite";
import { WorkerCoder } from "./worker-coder.ts";

coderSuite(
  () => {
    const coder = new WorkerCoder(silentLogger);
    return { coder, close: () => coder.close() };
  },
  { test: (name, body) => void test(name, body), deepEqual: assert.deepEqual },
);

/** What takes a thread to code. */
const large = new Uint8Array(2_000_000).fill(1);

test("the event loop goes on while a payload is coded", async () => {
  const coder = new WorkerCoder(silentLogger);
  await coder.root(300, large);
  let isCoded = false;
  const coded = coder.encode(300, large).then(() => {
    isCoded = true;
  });
  let turns = 0;
  for (; !isCoded; turns++) await new Promise((resolve) => setImmediate(resolve));
  await coded;
  assert.ok(turns > 3);
  await coder.close();
});

test("a view is coded without what lies around it, and stays as it is", async () => {
  const coder = new WorkerCoder(silentLogger);
  const view = large.subarray(1_000, 200_000);
  assert.deepEqual(await coder.root(6, view), await directCoder.root(6, view));
  assert.equal(view.length, 199_000);
  await coder.close();
});

test("a thread that dies is told of, and what it had is coded in place", async () => {
  const said: string[] = [];
  const logger = {
    ...silentLogger,
    log: (_: string, __: string, message: string) => void said.push(message),
  };
  const missing = new URL("./no-such-thread.ts", import.meta.url);
  const coder = new WorkerCoder(logger, missing);
  const roots = await Promise.all([coder.root(6, large), coder.root(6, large)]);
  const expected = await directCoder.root(6, large);
  assert.deepEqual(roots, [expected, expected]);
  assert.deepEqual(said, Array(2).fill("the thread died: coding in place"));
  await coder.close();
});

test("once closed it codes in place", async () => {
  const coder = new WorkerCoder(silentLogger);
  await coder.close();
  assert.deepEqual(await coder.root(6, large), await directCoder.root(6, large));
});
