import assert from "node:assert/strict";
import test from "node:test";
import { asciiBytes, HostError } from "@parahost/base";
import { MemoryStore } from "./memory-store.ts";
import { storeSuite } from "./store-suite.ts";

storeSuite(() => new MemoryStore(["a", "b"]), {
  test: (name, body) => void test(`memory store: ${name}`, body),
  deepEqual: assert.deepEqual,
  throws: (body, matches) => assert.throws(body, matches),
});

test("a batch that names an unknown column changes nothing", () => {
  const store = new MemoryStore<string>(["a"]);
  const key = asciiBytes("k");
  assert.throws(
    () =>
      store.write([
        { column: "a", key, value: key },
        { column: "x", key, value: key },
      ]),
    (error) => error instanceof HostError && error.code === "unknownColumn",
  );
  assert.equal(store.has("a", key), false);
});
