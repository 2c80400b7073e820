import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { Gauge, Registry } from "prom-client";
import { type Health, type StatusServer, startStatusServer } from "./status-server.ts";

const HEALTHY: Health = { peers: 2, isSyncing: false, isLate: false, shouldHavePeers: true };
const HOST = "127.0.0.1";

async function serving(health: () => Health, port = 0): Promise<StatusServer> {
  const registry = new Registry();
  new Gauge({ name: "substrate_block_height", help: "height", registers: [registry] }).set(7);
  return startStatusServer({ port, host: HOST, registry, health });
}

const get = (server: StatusServer, path: string, init?: RequestInit): Promise<Response> =>
  fetch(`http://${HOST}:${server.port}${path}`, { ...init, headers: { connection: "close" } });

test("metrics are served as Prometheus reads them", async () => {
  const server = await serving(() => HEALTHY);
  const response = await get(server, "/metrics?since=1");
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  assert.match(await response.text(), /^substrate_block_height 7$/m);
  server.close();
});

test("it is ready with peers, or where none are wanted, and while it is not far behind", async () => {
  let health = HEALTHY;
  const server = await serving(() => health);
  const cases: readonly (readonly [Partial<Health>, number])[] = [
    [{}, 200],
    [{ isLate: true }, 200],
    [{ peers: 0 }, 503],
    [{ peers: 0, shouldHavePeers: false }, 200],
    [{ isSyncing: true }, 503],
  ];
  for (const [change, status] of cases) {
    health = { ...HEALTHY, ...change };
    const ready = await get(server, "/health/readiness");
    assert.equal(ready.status, status);
    assert.deepEqual(await ready.json(), health);
    // The process answers, ready or not.
    const alive = await get(server, "/health");
    assert.equal(alive.status, 200);
    assert.deepEqual(await alive.json(), health);
  }
  server.close();
});

test("other paths are told what there is, and nothing is changed from outside", async () => {
  const server = await serving(() => HEALTHY);
  const missing = await get(server, "/");
  assert.equal(missing.status, 404);
  assert.match(await missing.text(), /\/metrics, \/health and \/health\/readiness/);
  assert.equal((await get(server, "/metrics", { method: "POST" })).status, 405);
  server.close();
});

test("a port in use gives the next free one", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, HOST, resolve));
  const { port } = other.address() as { readonly port: number };
  const server = await serving(() => HEALTHY, port);
  assert.ok(server.port > port);
  assert.equal((await get(server, "/health")).status, 200);
  server.close();
  await new Promise((resolve) => other.close(resolve));
});

test("an address that is not ours is refused at once", async () => {
  const options = { port: 0, host: "192.0.2.1", registry: new Registry(), health: () => HEALTHY };
  await assert.rejects(startStatusServer(options), { code: "cannotListen" });
});
