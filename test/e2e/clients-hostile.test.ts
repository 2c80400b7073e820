/**
 * 10,000 requests that no client makes, to a validator at work: each is answered with the code that says what is
 * wrong, no slot is missed, and memory stays bounded.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { bytesToHex, expectOk, type Hex } from "@parahost/base";
import { sr25519PairFromUri } from "@parahost/crypto";
import { asHash, encodeExtrinsic } from "@parahost/primitives";
import { type RuntimeCall, signExtrinsic } from "@parahost/runtime";
import { type RawData, WebSocket } from "ws";
import { eventually, LiveNetwork } from "./clients-network.ts";

const LIMIT = { timeout: 150_000 };
const SLOT_MS = 2000;
const REQUESTS = 10_000;
/** Requests on their way at one time. */
const AT_ONCE = 64;
/** What the process may grow by, its caches being filled and its messages being read. */
const GROWTH_MAX_BYTES = 400 * 1024 * 1024;
const SEED = 20_261_120;
/** Answers that are more than the operating system holds for a client, and less than the server does. */
const METADATA_ASKED = 80;

let network: LiveNetwork;
before(async () => {
  network = await LiveNetwork.start("--slot-ms", String(SLOT_MS), "--rpc-methods", "safe");
}, LIMIT);
after(() => network.stop());

interface Answer {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

/** A client that sends any text, and hands out the answers in the order in which they come. */
class RawClient {
  readonly socket: WebSocket;
  readonly #waiting: ((answer: Answer) => void)[] = [];

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("error", () => undefined);
    socket.on("message", (data: RawData) => {
      const said = JSON.parse(String(data)) as Answer & { readonly method?: string };
      if (said.method === undefined) this.#waiting.shift()?.(said);
    });
  }

  static open(): Promise<RawClient> {
    const socket = new WebSocket(network.url);
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(new RawClient(socket)));
      socket.once("error", reject);
    });
  }

  ask(text: string): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.socket.send(text);
    });
  }

  call(method: string, ...params: readonly unknown[]): Promise<Answer> {
    return this.ask(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
  }
}

/** Codes of the specifications and of Polkadot's nodes. An internal error would be a mistake of ours. */
const isKnownCode = (code: number): boolean =>
  [-32601, -32602, -32000, -32008].includes(code) ||
  (code <= -32800 && code >= -32804) ||
  (code >= 1001 && code <= 1040) ||
  code === 2002 ||
  code === 5001 ||
  (code >= 4001 && code <= 4003);

/** The same numbers in every run. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * below);
  };
}

const envelope = (fields: object): string =>
  JSON.stringify({ jsonrpc: "2.0", id: 1, method: "system_name", ...fields });

/** Good JSON, and nothing else. */
const DEEP = "[".repeat(100_000) + "]".repeat(100_000);

/** Texts that are no requests, with the codes that say why. */
const BROKEN: readonly (readonly [string, number])[] = [
  ["", -32700],
  ["nothing", -32700],
  ["[".repeat(100_000), -32700],
  ['{"a":'.repeat(100_000), -32700],
  ["[]", -32600],
  [`[${Array.from({ length: 101 }, () => envelope({})).join(",")}]`, -32600],
  ["null", -32600],
  ['"text"', -32600],
  [envelope({ jsonrpc: "1.0" }), -32600],
  ['{"jsonrpc":"2.0","method":"system_name"}', -32600],
  ['{"jsonrpc":"2.0","id":{},"method":"system_name"}', -32600],
  ['{"jsonrpc":"2.0","id":18446744073709551616,"method":"system_name"}', -32600],
  ['{"jsonrpc":"2.0","id":1e400,"method":"system_name"}', -32600],
  [envelope({ method: 7 }), -32600],
  [envelope({ params: "text" }), -32600],
  [envelope({ params: { __proto__: {} } }), -32600],
  ['{"jsonrpc":"2.0","id":1,"method":"system_name","params":{"__proto__":{"a":1}}}', -32600],
  [envelope({ method: "__proto__" }), -32601],
  [envelope({ method: "constructor" }), -32601],
  [envelope({ method: "x".repeat(1024 * 1024) }), -32601],
  [envelope({ method: "author_insertKey", params: ["babe", "//Eve", "0x"] }), -32601],
  [envelope({ method: "author_rotateKeys" }), -32601],
  [envelope({ method: "dev_newBlock" }), -32601],
  [envelope({ method: "system_removeReservedPeer", params: ["12D3KooW"] }), -32601],
  [envelope({ method: "system_addLogFilter", params: ["trace"] }), -32601],
  [envelope({ method: "offchain_localStorageSet" }), -32601],
  [envelope({ method: "state_traceBlock" }), -32601],
  [envelope({ method: "state_getKeys", params: ["0x"] }), -32601],
  [`{"jsonrpc":"2.0","id":${DEEP},"method":"system_name"}`, -32600],
  [`{"jsonrpc":"2.0","id":1,"method":"state_getStorage","params":[${DEEP}]}`, -32602],
  [envelope({ method: "state_getPairs", params: ["0x"] }), -32601],
  [envelope({ method: "state_queryStorage", params: [[], "0x"] }), -32601],
];

const HASH = "state_getStorage";
/** Parameters of the wrong form; the answer names the parameter. */
const MISSHAPEN: readonly (readonly [string, readonly unknown[]])[] = [
  ...["0x0", "x", "0xzz", `0x${"00".repeat(100_000)}`, 5, {}].map((key) => [HASH, [key]] as const),
  ...[31, 33].map((length) => ["chain_getHeader", [`0x${"ab".repeat(length)}`]] as const),
  ...[-1, 2 ** 32, "1", 1.5, "0x1ffffffff"].map(
    (number) => ["chain_getBlockHash", [number]] as const,
  ),
  ["state_subscribeStorage", [[]]],
  ["state_subscribeStorage", []],
  ["state_subscribeStorage", [null]],
  ["state_queryStorageAt", [Array.from({ length: 100_000 }, () => "0x00")]],
  ["chainHead_v1_follow", ["yes"]],
  ["system_accountNextIndex", ["5Grwva"]],
  ["author_submitExtrinsic", ["0x0004"]],
  ["para_why", []],
];

async function inBatches<T>(items: readonly T[], each: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE)
    await Promise.all(items.slice(at, at + AT_ONCE).map(each));
}

test(
  "each of 10,000 hostile requests is answered by its code, and the validator goes on",
  LIMIT,
  async () => {
    const client = await RawClient.open();
    const { result } = await client.call("rpc_methods");
    const names = [...(result as { methods: string[] }).methods, "nothing", "__proto__", ""];
    const genesis = (await client.call("chain_getBlockHash", 0)).result;
    const roll = dice(SEED);
    const hex = (length: number): string => `0x${randomBytes(length).toString("hex")}`;
    const values: readonly (() => unknown)[] = [
      () => null,
      () => roll(2 ** 31),
      () => -1,
      () => 1e300,
      () => "0x",
      () => "",
      () => hex(roll(200)),
      () => hex(32),
      () => genesis,
      () => [genesis, hex(3)],
      () => [{ key: hex(roll(40)), type: "value" }],
      () => [{ key: "0x", type: "descendantsValues" }],
      () => [[[[[]]]]],
      () => true,
      () => "Core_version",
      () => "Metadata_metadata",
      () => String(1 + roll(40)),
      () => "\u0000\uffff",
    ];
    const startedAt = performance.now();
    const memory = network.memory();
    const heard = network.events.length;
    const counts = new Map<number, number>();
    let sent = 0;
    const count = ({ error }: Answer): void => {
      sent += 1;
      const code = error?.code ?? 0;
      counts.set(code, (counts.get(code) ?? 0) + 1);
    };

    const random = Array.from({ length: REQUESTS - 2500 }, () => ({
      method: names[roll(names.length)] ?? "",
      params: Array.from({ length: roll(5) }, () => values[roll(values.length)]?.()),
    }));
    for (let at = 0; at < random.length; at += 500) {
      const each = await RawClient.open();
      await inBatches(random.slice(at, at + 500), async ({ method, params }) => {
        const answer = await each.call(method, ...params);
        count(answer);
        const { error } = answer;
        assert.ok(
          error === undefined || isKnownCode(error.code),
          `${method}: ${JSON.stringify({ params, error }).slice(0, 300)}`,
        );
      });
      each.socket.terminate();
    }
    // One after the other: most have no id to tell the answers by.
    for (let i = 0; i < 1500; i++) {
      const [text, code] = BROKEN[i % BROKEN.length] ?? ["", 0];
      const answer = await client.ask(text);
      count(answer);
      assert.equal(answer.error?.code, code, text.slice(0, 100));
    }
    for (let i = 0; i < 1000; i++) {
      const [method, params] = MISSHAPEN[i % MISSHAPEN.length] ?? ["", []];
      const answer = await client.call(method, ...params);
      count(answer);
      assert.equal(answer.error?.code, -32602, `${method}: ${JSON.stringify(answer.error)}`);
      if (method !== "author_submitExtrinsic" && method !== "state_subscribeStorage")
        assert.match(answer.error?.message ?? "", /^parameter \d+ \([A-Za-z]+\) must/, method);
    }
    client.socket.terminate();

    assert.equal(sent, REQUESTS);
    assert.ok((counts.get(0) ?? 0) > 500, "some were in order");
    const slots = Math.floor((performance.now() - startedAt) / SLOT_MS);
    // Every slot of a network of two has an author: none was missed, and the last may be under way.
    await eventually(() => (blocksSince(heard) >= slots ? true : undefined));
    assert.ok(
      network.memory() - memory < GROWTH_MAX_BYTES,
      `${network.memory() - memory} bytes more`,
    );
  },
);

/** How far the chain has come since this many events had been told. */
function blocksSince(heard: number): number {
  const numbers = network.events
    .slice(heard)
    .flatMap(({ event, number }) =>
      event === "relay.imported" && number !== undefined ? [number] : [],
    );
  return numbers.length === 0 ? 0 : Math.max(...numbers) - Math.min(...numbers) + 1;
}

test(
  "subscriptions are limited, and batches of notifications and nested ones are refused",
  LIMIT,
  async () => {
    const client = await RawClient.open();
    const answers = await Promise.all(
      Array.from({ length: 1030 }, () => client.call("chain_subscribeFinalizedHeads")),
    );
    assert.equal(answers.filter(({ error }) => error?.code === -32000).length, 6);
    const batch = await client.ask(`[${envelope({ id: undefined })},[${envelope({})}]]`);
    const errors = batch as unknown as readonly Answer[];
    assert.deepEqual(
      errors.map(({ error }) => error?.code),
      [-32600, -32600],
    );
    const other = await RawClient.open();
    const unwatched = await other.call("author_unwatchExtrinsic", answers[0]?.result);
    assert.equal(unwatched.result, false, "another connection's subscription is not its own");
    for (let i = 0; i < 100; i++) {
      const begun = await Promise.all(
        Array.from({ length: 100 }, () => other.call("state_subscribeRuntimeVersion")),
      );
      const ended = await Promise.all(
        begun.map(({ result }) => other.call("state_unsubscribeRuntimeVersion", result)),
      );
      assert.ok(ended.every(({ result }) => result === true));
    }
    client.socket.terminate();
    other.socket.terminate();
  },
);

test("frames that break the protocol end their connection, and nothing else", LIMIT, async () => {
  const client = await RawClient.open();
  const oversized = await RawClient.open();
  const closed = new Promise<number>((resolve) => oversized.socket.on("close", resolve));
  oversized.socket.send(Buffer.alloc(15 * 1024 * 1024 + 1, 0x20));
  assert.equal(await closed, 1009);
  // Unmasked; of length 2^63 - 1; continuing nothing; text that is not UTF-8.
  const frames: readonly (readonly [string, number])[] = [
    ["810161", 1002],
    ["81ff7fffffffffffffff00000000", 1009],
    ["808000000000", 1002],
    ["818200000000c328", 1007],
    // Compressed, which nobody agreed to.
    ["c18100000000ff", 1002],
  ];
  for (const [frame, code] of frames)
    assert.equal(await closeCodeAfter(Buffer.from(frame, "hex")), code, frame);
  const many = await RawClient.open();
  const ended = new Promise((resolve) => many.socket.on("close", resolve));
  for (let i = 0; i < 20_000; i++) many.socket.send("x", { fin: false });
  await ended;
  // Whoever floods loses its connection; others are answered as before.
  const flooding = await RawClient.open();
  for (let i = 0; i < 10_000; i++) flooding.socket.ping();
  assert.equal((await client.call("system_name")).result, "parahost");
  flooding.socket.terminate();
  client.socket.terminate();
});

/** The code with which the server closes a connection whose first frame is this. */
async function closeCodeAfter(frame: Buffer): Promise<number> {
  const socket = connect(network.port, "127.0.0.1");
  socket.on("error", () => undefined);
  const next = () => new Promise<Buffer>((resolve) => socket.once("data", resolve));
  const upgraded = next();
  const key = randomBytes(16).toString("base64");
  socket.write(
    `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  );
  await upgraded;
  const answer = next();
  socket.write(frame);
  const [opcode, , high = 0, low = 0] = await answer;
  socket.destroy();
  assert.equal(opcode, 0x88, "it is a close frame");
  return high * 256 + low;
}

test("slow, idle and foreign callers keep nobody else out", LIMIT, async () => {
  const slow: Socket[] = Array.from({ length: 60 }, () => {
    const socket = connect(network.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{");
    return socket;
  });
  const idle: WebSocket[] = [];
  const codes: number[] = [];
  for (let i = 0; i < 110; i++) {
    const socket = new WebSocket(network.url);
    socket.on("error", () => undefined);
    socket.on("close", (code) => codes.push(code));
    idle.push(socket);
  }
  await eventually(() => (codes.filter((code) => code === 1013).length >= 10 ? true : undefined));
  for (const socket of idle) socket.terminate();
  for (const socket of slow) socket.destroy();
  const statusOf = (headers: Record<string, string>) =>
    new Promise<number | undefined>((resolve, reject) => {
      const asked = request({ port: network.port, method: "POST", headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.on("error", reject);
      asked.end(envelope({}));
    });
  assert.equal(await statusOf({ origin: "https://evil.example" }), 403);
  assert.equal(await statusOf({ host: "evil.example" }), 403);
  assert.equal(await eventually(async () => ((await statusOf({})) === 200 ? 200 : undefined)), 200);
});

/** A call with //Alice's signature, as it is submitted. */
async function signed(call: RuntimeCall): Promise<string> {
  const client = await RawClient.open();
  const genesisHash = asHash((await client.call("chain_getBlockHash", 0)).result as Hex);
  const pair = expectOk(sr25519PairFromUri("//Alice"), "a pair");
  const nonce = (await client.call("system_accountNextIndex", pair.publicKey)).result as number;
  client.socket.terminate();
  return bytesToHex(encodeExtrinsic(signExtrinsic(pair, call, { genesisHash, nonce })));
}

const remark = (length: number): RuntimeCall => ({
  type: "system",
  value: { type: "remark", value: { remark: new Uint8Array(length) } },
});

test(
  "the same submission 10,000 times is taken once, and what no block can hold never",
  LIMIT,
  async () => {
    const client = await RawClient.open();
    const transaction = await signed(remark(8));
    const memory = network.memory();
    assert.equal((await client.call("author_submitExtrinsic", transaction)).error, undefined);
    const codes = new Map<number, number>();
    await inBatches(Array.from({ length: 10_000 }), async () => {
      const { error } = await client.call("author_submitExtrinsic", transaction);
      const code = error?.code ?? 0;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    });
    // It waits; it is in a block, so that its nonce is used; that is remembered for a while.
    assert.deepEqual(
      [...codes.keys()].filter((code) => ![1010, 1012, 1013].includes(code)),
      [],
    );
    assert.ok((codes.get(1013) ?? 0) > 0);

    const MIB = 1024 * 1024;
    for (const [length, code] of [
      [5 * MIB - 1000, 1010],
      [5 * MIB + 1, -32602],
    ] as const) {
      const { error } = await client.call("author_submitExtrinsic", await signed(remark(length)));
      assert.equal(error?.code, code, error?.message);
    }
    const garbage = `0xf2ff3f01${"ff".repeat(5 * MIB - 4)}`;
    for (let i = 0; i < 20; i++)
      assert.equal((await client.call("author_submitExtrinsic", garbage)).error?.code, 1001);
    const long = await client.call("state_call", "Core_version", `0x${"00".repeat(5 * MIB + 1)}`);
    assert.match(long.error?.message ?? "", /^parameter 2 \(data\) must/);
    await eventually(() => (network.memory() - memory < GROWTH_MAX_BYTES ? true : undefined));
    client.socket.terminate();
  },
);

test("upgrades and headers that are wrong are refused, and late ones given up", LIMIT, async () => {
  const answerTo = (head: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(network.port, "127.0.0.1");
      let text = "";
      socket.on("error", () => undefined);
      socket.on("data", (data) => {
        text += String(data);
      });
      socket.on("close", () => resolve(text));
      socket.write(head);
    });
  const upgrade =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
  const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const heads: readonly (readonly [string, RegExp])[] = [
    [`${upgrade}Sec-WebSocket-Version: 13\r\n\r\n`, /^HTTP\/1\.1 400/],
    [`${upgrade}${key}Sec-WebSocket-Version: 7\r\n\r\n`, /^HTTP\/1\.1 (400|426)/],
    [`POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${"x".repeat(65_536)}\r\n\r\n`, /^HTTP\/1\.1 431/],
    [
      `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n${Array.from({ length: 2000 }, (_, i) => `X${i}: 1\r\n`).join("")}\r\n`,
      /^HTTP\/1\.1 (411|431|400)|Request Timeout/,
    ],
  ];
  for (const [head, expected] of heads) assert.match(await answerTo(head), expected);
});

/** Connections that the server of a port holds. */
function connectionsTo(port: number): number {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = readFileSync("/proc/net/tcp", "utf8").split("\n");
  const ESTABLISHED = "01";
  return lines.filter((line) => {
    const [, address, , state] = line.trim().split(/ +/);
    return address === local && state === ESTABLISHED;
  }).length;
}

test(
  "who sends too slowly, and who never reads, is gone after 30 s, and others notice nothing",
  LIMIT,
  async () => {
    const startedAt = performance.now();
    const late = (head: string, dripping: boolean): Promise<number> =>
      new Promise((resolve) => {
        const socket = connect(network.port, "127.0.0.1");
        socket.on("error", () => undefined);
        socket.resume();
        const drip = setInterval(() => dripping && socket.write("x"), 2000);
        socket.on("close", () => {
          clearInterval(drip);
          resolve(performance.now() - startedAt);
        });
        socket.write(head);
      });
    const post = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    const slow = [
      late("", false),
      late(`${post}X-Slow: `, true),
      late(`${post}Content-Length: 1000\r\n\r\n{`, true),
      late(`${post}Content-Length: 1000\r\n\r\n{`, false),
    ];

    const memory = network.memory();
    const deaf = await RawClient.open();
    const { result: subscription } = await deaf.call("parahost_subscribeEvents");
    let [answers, news] = [0, 0];
    deaf.socket.on("message", (data: RawData) => {
      const { params } = JSON.parse(String(data)) as { params?: { subscription: string } };
      if (params?.subscription === subscription) news += 1;
      else answers += 1;
    });
    deaf.socket.pause();
    for (let i = 0; i < METADATA_ASKED; i++)
      deaf.socket.send('{"jsonrpc":"2.0","id":1,"method":"state_getMetadata"}');
    const heard = network.events.length;
    for (const within of await Promise.all(slow))
      assert.ok(within > 25_000 && within < 45_000, `${within} ms`);

    // The server has given it up, who still does not read.
    await eventually(() => (connectionsTo(network.port) === 0 ? true : undefined));
    const told = network.events.length - heard;
    assert.ok(told > 2 * 16, `${told} events in the meantime`);
    assert.ok(network.memory() - memory < GROWTH_MAX_BYTES);
    const gone = new Promise<number>((resolve) => deaf.socket.on("close", resolve));
    deaf.socket.resume();
    assert.equal(await gone, 1006, "it was cut off");
    assert.ok(answers < METADATA_ASKED, `${answers} of ${METADATA_ASKED} answers`);
    assert.ok(news <= 16 + 8, `${news} of ${told} events`);
    const other = await RawClient.open();
    assert.equal((await other.call("system_name")).result, "parahost");
    other.socket.terminate();
  },
);
