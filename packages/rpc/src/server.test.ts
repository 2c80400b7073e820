import assert from "node:assert/strict";
import test from "node:test";
import { silentLogger } from "@parahost/base";
import { WebSocket } from "ws";
import type { Methods } from "./method.ts";
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
