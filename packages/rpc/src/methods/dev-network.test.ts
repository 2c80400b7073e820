import assert from "node:assert/strict";
import { test } from "node:test";
import { TestClient } from "../testing/client.ts";
import { type DevControl, type DevHead, DevRefusal, devNetworkMethods } from "./dev-network.ts";

const HEAD: DevHead = { hash: "0xaa", number: 7 };

/** A network that writes down how it is moved. */
function moved() {
  const moves: unknown[] = [];
  const note = async (...move: unknown[]): Promise<DevHead> => {
    moves.push(move);
    return HEAD;
  };
  const control: DevControl = {
    newBlocks: (count) => note("newBlocks", count),
    advance: (slots) => note("advance", slots),
    setStorage: (entries) => note("setStorage", entries),
    snapshot: async () => "0x01",
    restore: async () => {
      throw new DevRefusal("there is no such snapshot");
    },
  };
  return { moves, client: new TestClient(devNetworkMethods(control)) };
}

test("moves are asked for with their numbers, one where none is given", async () => {
  const { moves, client } = moved();
  assert.deepEqual(await client.call("dev_newBlock"), HEAD);
  await client.call("dev_newBlock", 3);
  await client.call("dev_advance", 10);
  await client.call("dev_setStorage", [
    ["0xAB", "0x01"],
    ["0xcd", null],
  ]);
  assert.equal(await client.call("dev_snapshot"), "0x01");
  assert.deepEqual(moves, [
    ["newBlocks", 1],
    ["newBlocks", 3],
    ["advance", 10],
    [
      "setStorage",
      [
        { key: "0xab", value: new Uint8Array([1]) },
        { key: "0xcd", value: undefined },
      ],
    ],
  ]);
});

test("what cannot be done is refused with the reason, what makes no sense by its parameter", async () => {
  const { moves, client } = moved();
  const refusal = await client.refusal("dev_restore", "0x05");
  assert.deepEqual([refusal.code, refusal.message], [-32000, "there is no such snapshot"]);
  const wrong: readonly (readonly [string, ...never[]])[] = [
    ["dev_newBlock", 0 as never],
    ["dev_newBlock", 257 as never],
    ["dev_advance", -1 as never],
    ["dev_restore"],
    ["dev_setStorage", [["0xab"]] as never],
    ["dev_setStorage", [["0xab", 1]] as never],
    ["dev_setStorage", "0xab" as never],
  ];
  for (const [method, ...params] of wrong)
    assert.equal((await client.refusal(method, ...params)).code, -32602, method);
  assert.deepEqual(moves, []);
});
