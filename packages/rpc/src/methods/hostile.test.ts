/** Requests that no client makes: every one is answered with a code, and the node goes on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, randomBelow, randomBytes, SeededRandom } from "@parahost/base";
import { runtimeFunctions } from "@parahost/runtime";
import { World } from "../../test/world.ts";
import { type Json, RpcError } from "../json-rpc.ts";

const REQUESTS = 1_500;

/** Codes of the specifications and of Polkadot's nodes; an internal error is a mistake of ours. */
const isKnownCode = (code: number): boolean =>
  code === -32601 ||
  code === -32602 ||
  code === -32000 ||
  (code <= -32800 && code >= -32804) ||
  (code >= 1001 && code <= 1040) ||
  code === 2002 ||
  code === 5001 ||
  (code >= 4001 && code <= 4003);

test("1,500 hostile requests each get a known answer, and the chain goes on", async () => {
  const world = await World.start();
  const { node } = world;
  const random = new SeededRandom(99);
  const pick = <T>(items: readonly T[]): T => items[randomBelow(random, items.length)] as T;
  const { methods } = await world.client.call<{ methods: string[] }>("rpc_methods");
  const names = [...methods, "nothing", "__proto__", "constructor", ""];
  const blocks = [0, 1, 2].flatMap((number) => node.chain.hashByNumber(number) ?? []);
  const hex = (length: number) => bytesToHex(randomBytes(random, length));
  const values: readonly (() => Json)[] = [
    () => null,
    () => randomBelow(random, 2 ** 32),
    () => -1,
    () => 1.5,
    () => 1e300,
    () => "0x",
    () => "",
    () => hex(randomBelow(random, 200)),
    () => hex(32),
    () => pick(blocks),
    () => pick(blocks),
    () => pick(runtimeFunctions()),
    () => world.transfer(1n),
    () => [pick(blocks), hex(3)],
    () => [{ key: hex(randomBelow(random, 40)), type: "value" }],
    () => [{ key: "0x", type: "descendantsValues" }],
    () => ({ key: "0x" }),
    () => [[[[[]]]]],
    () => true,
    () => String(1 + randomBelow(random, 40)),
    () => "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
    () => "\u0000\uffff",
  ];
  const before = node.chain.best().number;
  const codes = new Map<number, number>();
  let client = world.connect();
  for (let i = 0; i < REQUESTS; i++) {
    const params = Array.from({ length: randomBelow(random, 5) }, () => pick(values)());
    const method = pick(names);
    try {
      await client.call(method, ...params);
      codes.set(0, (codes.get(0) ?? 0) + 1);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      const text = `${method}(${JSON.stringify(params).slice(0, 200)}): ${error.code} ${error.message}`;
      assert.ok(isKnownCode(error.code), text);
      codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
    }
    if (i % 500 !== 499) continue;
    await world.run(1);
    client.close();
    client = world.connect();
  }
  assert.ok((codes.get(0) ?? 0) > 100, "some were in order");
  assert.ok((codes.get(-32602) ?? 0) > 200, "most were not");
  await world.run(4);
  assert.ok(node.chain.best().number >= before + 4);
  client.close();
  await world.stop();
});
