import assert from "node:assert/strict";
import test from "node:test";
import { silentLogger } from "@parahost/base";
import { ANSWER_LENGTH_MAX, Connection, UNREAD_MAX } from "./connection.ts";
import { BATCH_MAX, type Json } from "./json-rpc.ts";
import { combineMethods, type Methods, type Send } from "./method.ts";
import { hash, hexBytes, optional, param, text, uint } from "./params.ts";

const listeners = new Set<Send>();
const methods: Methods = {
  methods: {
    test_echo: (params) => params[0] ?? null,
    test_typed: (params) =>
      param(params, 0, "number", uint) + param(params, 1, "text", text).length,
    test_optional: (params) => param(params, 0, "hash", optional(hash)).value ?? "none",
    test_bytes: (params) => param(params, 0, "bytes", hexBytes(2)).length,
    test_long: (params) => "x".repeat(param(params, 0, "length", uint)),
    test_breaks: () => {
      throw new TypeError("our own mistake");
    },
  },
  subscriptions: {
    test_subscribe: {
      notification: "test_news",
      unsubscribe: "test_unsubscribe",
      start: (_, send) => {
        listeners.add(send);
        return () => void listeners.delete(send);
      },
    },
  },
};

const request = (method: string, params: Json = [], id: Json = 1): string =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });

async function answerOf(connection: Connection, message: string): Promise<string> {
  const answers: string[] = [];
  await connection.handle(message, (text) => void answers.push(text));
  assert.equal(answers.length, 1);
  return answers[0] as string;
}
const answer = async (message: string): Promise<unknown> =>
  JSON.parse(await answerOf(new Connection(methods, silentLogger), message));
const errorOf = async (message: string): Promise<unknown> =>
  ((await answer(message)) as { error?: { code: number } }).error?.code;

test("a method is called by its name and answers under the request's id", async () => {
  assert.deepEqual(await answer(request("test_echo", ["hi"], "abc")), {
    jsonrpc: "2.0",
    id: "abc",
    result: "hi",
  });
});

test("a batch is answered in its order, each request by itself", async () => {
  const batch = `[${request("test_echo", [1], 1)},${request("nothing", [], 2)},7]`;
  const answers = (await answer(batch)) as { id: Json; result?: Json; error?: { code: number } }[];
  assert.deepEqual(
    answers.map(({ id, result, error }) => [id, result ?? error?.code]),
    [
      [1, 1],
      [2, -32601],
      [null, -32600],
    ],
  );
});

const refusals: readonly (readonly [string, string, number])[] = [
  ["text that is not JSON", "{", -32700],
  ["an empty batch", "[]", -32600],
  [
    "a batch beyond the limit",
    `[${Array.from({ length: BATCH_MAX + 1 }, () => request("test_echo")).join(",")}]`,
    -32600,
  ],
  ["another version", '{"jsonrpc":"1.0","id":1,"method":"test_echo"}', -32600],
  ["named parameters", request("test_echo", { a: 1 }), -32600],
  ["an unknown method", request("test_missing"), -32601],
  ["a method of every object", request("toString"), -32601],
  ["a missing parameter", request("test_typed", [1]), -32602],
  ["a fraction where a whole number is due", request("test_typed", [1.5, "a"]), -32602],
  ["a hash of the wrong length", request("test_optional", ["0xaa"]), -32602],
  ["bytes beyond the limit", request("test_bytes", ["0xaabbcc"]), -32602],
  ["a failure of our own", request("test_breaks"), -32603],
  ["a subscription without a way back", request("test_subscribe"), -32000],
];
for (const [name, message, code] of refusals)
  test(`${name} is answered with ${code}`, async () => assert.equal(await errorOf(message), code));

test("a parameter error says which one and what it must be", async () => {
  const { error } = (await answer(request("test_typed", ["x"]))) as { error: { message: string } };
  assert.equal(error.message, "parameter 1 (number) must be a whole number of at most 2^32 - 1");
});

test("an optional parameter may be left out or null", async () => {
  assert.deepEqual(
    [await answer(request("test_optional")), await answer(request("test_optional", [null]))].map(
      (value) => (value as { result: Json }).result,
    ),
    ["none", "none"],
  );
});

test("a subscription talks until it is ended, and ends with its connection", async () => {
  const pushed: string[] = [];
  const connection = new Connection(methods, silentLogger, (message) => {
    pushed.push(message);
    return "sent";
  });
  const { result: id } = JSON.parse(await answerOf(connection, request("test_subscribe")));
  for (const send of listeners) send({ n: 1 });
  assert.deepEqual(
    pushed.map((message) => JSON.parse(message)),
    [{ jsonrpc: "2.0", method: "test_news", params: { subscription: id, result: { n: 1 } } }],
  );
  const ended = JSON.parse(await answerOf(connection, request("test_unsubscribe", [id])));
  assert.equal(ended.result, true);
  assert.equal(listeners.size, 0);
  await answerOf(connection, request("test_subscribe"));
  connection.close();
  assert.equal(listeners.size, 0);
});

test("a client that does not read loses its subscription", async () => {
  const connection = new Connection(methods, silentLogger, () => "lost");
  await answerOf(connection, request("test_subscribe"));
  for (const send of listeners) send(1);
  assert.equal(listeners.size, 0);
});

test("a client that reads late loses its subscription with the 17th message that waits, and is told", async () => {
  const pushed: string[] = [];
  const waiting: (() => void)[] = [];
  const families: Methods = {
    methods: {},
    subscriptions: Object.fromEntries(
      Object.entries(methods.subscriptions).map(([name, kind]) => [
        name,
        { ...kind, lastWord: "over" },
      ]),
    ),
  };
  const connection = new Connection(families, silentLogger, (text) => {
    pushed.push(text);
    return new Promise((resolve) => void waiting.push(resolve));
  });
  await answerOf(connection, request("test_subscribe"));
  const [send = () => false] = listeners;
  for (let i = 0; i < 10; i++) assert.equal(send(i), true);
  for (const take of waiting.splice(0, 4)) take();
  await Promise.resolve();
  await Promise.resolve();
  for (let i = 0; i < UNREAD_MAX - 6; i++) assert.equal(send(i), true, "six wait from before");
  assert.equal(send("too much"), false);
  assert.equal(JSON.parse(pushed.at(-1) ?? "").params.result, "over");
  assert.equal(pushed.length, 10 + UNREAD_MAX - 6 + 1);
  assert.equal(listeners.size, 0);
});

test("two families may not declare the same name", () => {
  assert.throws(() => combineMethods(methods, methods), /declared twice/);
});

test("an answer that is too large is refused, and a batch of them ends where its room does", async () => {
  const long = request("test_long", [ANSWER_LENGTH_MAX]);
  assert.equal(await errorOf(long), -32008);
  assert.equal(await errorOf(request("test_long", [1000])), undefined);
  const half = request("test_long", [ANSWER_LENGTH_MAX / 2]);
  const answers = (await answer(`[${half},${half},${request("test_echo", ["hi"])}]`)) as {
    readonly error?: { readonly code: number };
  }[];
  assert.deepEqual(
    answers.map(({ error }) => error?.code),
    [undefined, -32008, undefined],
  );
});

test("an id that could not be sent back as it came is refused, and so is a request without", async () => {
  const wrong = [
    "1e400",
    "18446744073709551616",
    "1.5",
    "{}",
    "[]",
    "true",
    `"${"x".repeat(1025)}"`,
  ];
  for (const id of wrong) {
    const message = `{"jsonrpc":"2.0","id":${id},"method":"test_echo","params":[]}`;
    assert.equal(await errorOf(message), -32600, id.slice(0, 30));
  }
  assert.equal(await errorOf('{"jsonrpc":"2.0","method":"test_echo"}'), -32600);
  assert.equal(await errorOf(request("test_echo", [1], null)), undefined);
  const name = await answer(request("x".repeat(1_000_000)));
  assert.ok(JSON.stringify(name).length < 300, "a long name is not repeated");
});

test("limits of a server are those of its connections", async () => {
  const connection = new Connection(methods, silentLogger, () => "sent", {
    subscriptions: 1,
    answerLength: 100,
  });
  const code = async (message: string) =>
    (JSON.parse(await answerOf(connection, message)) as { error?: { code: number } }).error?.code;
  assert.equal(await code(request("test_subscribe")), undefined);
  assert.equal(await code(request("test_subscribe")), -32000);
  assert.equal(await code(request("test_long", [200])), -32008);
  connection.close();
});
