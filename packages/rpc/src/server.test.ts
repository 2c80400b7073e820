import assert from "node:assert/strict";
import { type IncomingMessage, request } from "node:http";
import test from "node:test";
import { silentLogger } from "@parahost/base";
import { WebSocket } from "ws";
import { UNREAD_MAX } from "./connection.ts";
import type { Methods, Send } from "./method.ts";
import { type RpcServer, startRpcServer } from "./server.ts";

const methods: Methods = {
  methods: { test_echo: (params) => params[0] ?? null },
  subscriptions: {
    test_subscribe: {
      notification: "test_news",
      unsubscribe: "test_unsubscribe",
      start: (_, send) => {
        queueMicrotask(() => void send("news"));
        return () => {};
      },
    },
  },
};
const echo = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "test_echo", params: ["hi"] });

async function withServer(body: (server: RpcServer) => Promise<void>): Promise<void> {
  const server = await startRpcServer({ port: 0, methods, logger: silentLogger });
  try {
    await body(server);
  } finally {
    await server.close();
  }
}

test("HTTP and WebSocket answer on one port", () =>
  withServer(async ({ port }) => {
    const response = await fetch(`http://127.0.0.1:${port}`, { method: "POST", body: echo });
    assert.deepEqual(await response.json(), { jsonrpc: "2.0", id: 1, result: "hi" });
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    await new Promise((resolve) => socket.once("open", resolve));
    const messages: string[] = [];
    const two = new Promise<void>((resolve) =>
      socket.on("message", (data) => {
        messages.push(String(data));
        if (messages.length === 2) resolve();
      }),
    );
    socket.send(JSON.stringify({ jsonrpc: "2.0", id: 2, method: "test_subscribe", params: [] }));
    await two;
    const [answer, news] = messages.map((message) => JSON.parse(message));
    assert.equal(answer.id, 2, "the answer comes first, since it names the subscription");
    assert.deepEqual(news.params, { subscription: answer.result, result: "news" });
    socket.terminate();
  }));

test("a page of elsewhere is refused, by HTTP and by WebSocket", () =>
  withServer(async ({ port }) => {
    const origin = "https://example.org";
    const ask = (headers: Record<string, string>) =>
      new Promise<number | undefined>((resolve, reject) => {
        const sent = request({ port, host: "127.0.0.1", method: "POST", headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        sent.on("error", reject);
        sent.end(echo);
      });
    assert.equal(await ask({ origin }), 403);
    assert.equal(await ask({ host: "example.org" }), 403);
    assert.equal(await ask({ origin: "http://localhost:3000" }), 200);
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, { origin });
    const refused = await new Promise<Error>((resolve) => socket.once("error", resolve));
    assert.match(refused.message, /401/);
  }));

test("a page of this machine may ask before it posts", () =>
  withServer(async ({ port }) => {
    const origin = "http://localhost:3000";
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(
        { port, host: "127.0.0.1", method: "OPTIONS", headers: { origin } },
        (answer) => {
          answer.resume();
          resolve(answer);
        },
      );
      sent.on("error", reject);
      sent.end();
    });
    assert.equal(response.statusCode, 204);
    assert.equal(response.headers["access-control-allow-origin"], origin);
  }));

test("anything but POST is refused", () =>
  withServer(async ({ port }) => {
    const response = await fetch(`http://127.0.0.1:${port}`);
    assert.equal(response.status, 405);
  }));

test("a port in use gives the next free one", () =>
  withServer(async ({ port }) => {
    const second = await startRpcServer({ port, methods, logger: silentLogger });
    assert.ok(second.port > port);
    await second.close();
  }));

test("beyond its limits a server takes no more connections and no longer messages", async () => {
  const server = await startRpcServer({
    port: 0,
    logger: silentLogger,
    methods: { methods: { test_echo: (params) => params[0] ?? null }, subscriptions: {} },
    limits: { connections: 1, messageBytes: 1000 },
  });
  const url = `ws://127.0.0.1:${server.port}`;
  const closed = (socket: WebSocket) =>
    new Promise<number>((resolve) => socket.on("close", (code) => resolve(code)));
  const first = new WebSocket(url);
  await new Promise((resolve) => first.on("open", resolve));
  assert.equal(await closed(new WebSocket(url)), 1013);
  first.send("x".repeat(1001));
  assert.equal(await closed(first), 1009);
  const long = await fetch(`http://127.0.0.1:${server.port}`, {
    method: "POST",
    body: "x".repeat(1001),
  });
  assert.equal(long.status, 413);
  await server.close();
});

test("a subscriber that never reads is dropped, and the others go on", async () => {
  const senders = new Set<Send>();
  const server = await startRpcServer({
    port: 0,
    logger: silentLogger,
    methods: {
      methods: { test_echo: (params) => params[0] ?? null },
      subscriptions: {
        test_subscribe: {
          notification: "test_news",
          unsubscribe: "test_unsubscribe",
          start: (_, send) => {
            senders.add(send);
            return () => void senders.delete(send);
          },
        },
      },
    },
  });
  const subscribed = async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}`);
    await new Promise((resolve) => socket.once("open", resolve));
    const answered = new Promise((resolve) => socket.once("message", resolve));
    socket.send('{"jsonrpc":"2.0","id":1,"method":"test_subscribe"}');
    await answered;
    return socket;
  };
  const deaf = await subscribed();
  const [toDeaf] = senders;
  assert.ok(toDeaf !== undefined);
  deaf.pause();
  const reading = await subscribed();
  const [, toReading] = senders;
  assert.ok(toReading !== undefined);
  const news = "x".repeat(1024 * 1024);
  let sent = 0;
  while (sent < 100 && senders.has(toDeaf)) {
    const heard = new Promise((resolve) => reading.once("message", resolve));
    assert.equal(toReading(news), true);
    await heard;
    if (toDeaf(news)) sent += 1;
  }
  // What the operating system holds for it, and the 16 that wait here.
  assert.ok(sent >= UNREAD_MAX && sent < 100, `${sent} messages`);
  assert.deepEqual([...senders], [toReading]);
  // Its connection is still there, and everything that was sent before comes once it reads.
  let received = 0;
  const all = new Promise<void>((resolve) =>
    deaf.on("message", () => {
      received += 1;
      if (received === sent) resolve();
    }),
  );
  deaf.resume();
  await all;
  deaf.terminate();
  reading.terminate();
  await server.close();
});

test("a server that ends says so, and one that begins anew sends its clients to come again", async () => {
  const answering = (answer: string) => ({
    methods: { test_which: () => answer },
    subscriptions: {},
  });
  const server = await startRpcServer({
    port: 0,
    logger: silentLogger,
    methods: answering("old"),
  });
  const url = `ws://127.0.0.1:${server.port}`;
  const ask = async (): Promise<string> => {
    const response = await fetch(url.replace("ws", "http"), {
      method: "POST",
      body: '{"jsonrpc":"2.0","id":1,"method":"test_which"}',
    });
    return ((await response.json()) as { result: string }).result;
  };
  const connected = async () => {
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.on("open", resolve));
    return new Promise<number>((resolve, reject) => {
      socket.on("close", (code) => resolve(code));
      socket.on("error", reject);
      ready();
    });
  };
  let ready: () => void = () => undefined;
  const opened = () => new Promise<void>((resolve) => (ready = resolve));
  const before = opened();
  const first = connected();
  await before;
  assert.equal(await ask(), "old");
  server.replaceMethods(answering("new"));
  assert.equal(await first, 1012);
  assert.equal(await ask(), "new");
  const again = opened();
  const second = connected();
  await again;
  await server.close();
  assert.equal(await second, 1001);
});
