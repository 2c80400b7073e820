import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, expectOk, type Hex, randomBytes, SeededRandom } from "@parahost/base";
import {
  decodeLightResponse,
  encodeLightRequest,
  encodeStateRequest,
  type LightRequest,
} from "@parahost/network";
import { asHash } from "@parahost/primitives";
import {
  childRootKey,
  EMPTY_ROOT,
  MemoryNodeStore,
  NodeCache,
  Overlay,
  openProof,
  TrieBackend,
} from "@parahost/trie";
import { StateDownload } from "./state-download.ts";
import { StateServer } from "./state-server.ts";
import type { WalkedEntry } from "./state-walk.ts";

const block = asHash(`0x${"b1".repeat(32)}`);
const unknown = asHash(`0x${"b2".repeat(32)}`);

/** A state of about five megabytes with two child tries, the larger of which needs two answers. */
function world() {
  const random = new SeededRandom(7);
  const main = new Map<Hex, Uint8Array>();
  const children = new Map<Hex, Map<Hex, Uint8Array>>([
    ["0xc1", new Map()],
    ["0xc2", new Map()],
  ]);
  for (let i = 0; i < 1500; i++)
    main.set(bytesToHex(randomBytes(random, 6)), randomBytes(random, 900));
  main.set("0x", randomBytes(random, 5));
  for (const [id, count] of [
    ["0xc1", 3000],
    ["0xc2", 3],
  ] as const)
    for (let i = 0; i < count; i++)
      children.get(id)?.set(bytesToHex(randomBytes(random, 6)), randomBytes(random, 900));
  const store = new MemoryNodeStore();
  const cache = new NodeCache(store);
  const state = new Overlay(new TrieBackend(cache, EMPTY_ROOT));
  for (const [key, value] of main) state.set(key, value);
  for (const [id, entries] of children)
    for (const [key, value] of entries) state.child(id).set(key, value);
  const update = state.commitment(1);
  store.apply(update);
  const { root } = update;
  const server = new StateServer(
    { has: (hash) => hash === block, backend: () => ({ cache, root }) },
    (overlay, at, method, data) => {
      assert.equal(at, block);
      if (method !== "Core_read") return false;
      overlay.get(bytesToHex(data));
      return true;
    },
  );
  return { main, children, root, server };
}

const { main, children, root, server } = world();

test("a whole state is fetched piece by piece, child tries too, and nothing else", () => {
  const download = new StateDownload(block, root);
  const entries: WalkedEntry[] = [];
  let answers = 0;
  while (!download.isComplete) {
    const part = expectOk(
      download.take(expectOk(server.state(download.request()), "answer")),
      "part",
    );
    entries.push(...part.entries);
    answers += 1;
  }
  assert.ok(answers >= 3 && answers < 6, `${answers} answers`);
  const got = (child: Hex | undefined) =>
    new Map(entries.filter((entry) => entry.child === child).map(({ key, value }) => [key, value]));
  for (const [id, expected] of children)
    assert.deepEqual(got(id), new Map([...expected].sort(([a], [b]) => (a < b ? -1 : 1))));
  const roots = got(undefined);
  for (const id of children.keys()) assert.equal(roots.delete(childRootKey(id)), true);
  assert.deepEqual(roots, main);
  assert.equal(entries.length, main.size + 3003 + 2);
});

test("a part of another state, an old part and nonsense change nothing", () => {
  const download = new StateDownload(block, root);
  const first = expectOk(server.state(download.request()), "answer");
  const code = (bytes: Uint8Array): string => {
    const taken = download.take(bytes);
    return taken.ok ? "ok" : taken.error.code;
  };
  assert.equal(new StateDownload(block, EMPTY_ROOT).take(first).ok, false);
  for (const bytes of [new Uint8Array(0), new Uint8Array([0x12, 1, 0xff]), first.subarray(0, 900)])
    assert.equal(code(bytes), "malformed");
  const forged = first.slice();
  forged[1000] = (forged[1000] as number) ^ 1;
  assert.equal(code(forged), "badProof");
  const asked = download.request();
  assert.equal(code(first), "ok");
  assert.notDeepEqual(download.request(), asked);
  assert.equal(code(first), "noProgress");
});

test("reads and calls are answered with what proves them", () => {
  const [key] = [...main.keys()];
  const [childKey] = [...(children.get("0xc2") as Map<Hex, Uint8Array>).keys()];
  const ask = (request: LightRequest) => {
    const answer = expectOk(server.light(encodeLightRequest(request)), "answer");
    return expectOk(openProof(root, expectOk(decodeLightResponse(answer), "response")), "proof");
  };
  const read = ask({ type: "read", block, keys: [key as Hex, "0x00000000"] });
  assert.deepEqual(read.value(key as Hex)?.bytes, main.get(key as Hex));
  assert.equal(read.value("0x00000000"), undefined);
  const child = ask({ type: "read", block, keys: [childKey as Hex], child: childRootKey("0xc2") });
  assert.deepEqual(
    child.value(childKey as Hex, "0xc2")?.bytes,
    children.get("0xc2")?.get(childKey as Hex),
  );
  const absent = ask({ type: "read", block, keys: ["0x01"], child: childRootKey("0xcc") });
  assert.equal(absent.value(childRootKey("0xcc")), undefined);
  const data = Uint8Array.from(Buffer.from((key as string).slice(2), "hex"));
  const called = ask({ type: "call", block, method: "Core_read", data });
  assert.deepEqual(called.value(key as Hex)?.bytes, main.get(key as Hex));
});

test("what is unknown, malformed or too much is refused by name", () => {
  const light = (request: LightRequest | Uint8Array): string => {
    const bytes = request instanceof Uint8Array ? request : encodeLightRequest(request);
    const answer = server.light(bytes);
    return answer.ok ? "ok" : answer.error.code;
  };
  assert.equal(light({ type: "read", block: unknown, keys: ["0x01"] }), "unknownState");
  assert.equal(light({ type: "read", block, keys: [] }), "malformed");
  assert.equal(light({ type: "read", block, keys: Array<Hex>(1025).fill("0x01") }), "malformed");
  assert.equal(
    light({ type: "call", block, method: "Core_none", data: new Uint8Array(0) }),
    "unknownFunction",
  );
  assert.equal(
    light({ type: "call", block, method: "x", data: new Uint8Array(65_537) }),
    "malformed",
  );
  assert.equal(
    light({ type: "call", block, method: "x".repeat(129), data: new Uint8Array(0) }),
    "malformed",
  );
  for (const bytes of [[], [0xff], [0x0a, 0], [0x32, 2, 8, 1], [0x12, 3, 0x12, 1, 7]])
    assert.equal(light(Uint8Array.from(bytes)), "malformed");
  const state = (bytes: Uint8Array): string => {
    const answer = server.state(bytes);
    return answer.ok ? "ok" : answer.error.code;
  };
  assert.equal(state(encodeStateRequest({ block: unknown, start: [] })), "unknownState");
  assert.equal(state(encodeStateRequest({ block, start: [`0x${"ff".repeat(40)}`] })), "ok");
  assert.equal(state(encodeStateRequest({ block, start: ["0x01", "0x02"] })), "ok");
  assert.equal(state(Uint8Array.of(0x0a, 1, 7)), "malformed");
});
