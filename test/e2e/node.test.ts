/** `parahost node` and what belongs to it, as a user runs them: real processes on the loopback address. */
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { pause, WatchedNetwork } from "../soak/watched-network.ts";
import { refusal } from "./clients-network.ts";

const root = join(import.meta.dirname, "../..");
const main = join(root, "packages/cli/src/main.ts");

function directory(context: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "parahost e2e "));
  context.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function end(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

const start = (...flags: readonly string[]): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, [main, ...flags], { cwd: root });
const run = (...flags: readonly string[]): Promise<Ended> => end(start(...flags));

interface Started {
  readonly rpcPort: number;
  readonly statusPort: number;
  readonly addresses: readonly string[];
}

/** Starts a node and waits until it serves. */
async function startNode(context: TestContext, ...flags: readonly string[]) {
  const child = start("node", "--json", "--chain", "dev", "--log", "info", ...flags);
  context.after(() => void child.kill("SIGKILL"));
  const ended = end(child);
  const started = await new Promise<Started>((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
      const line = text.split("\n").find((part) => part.includes("node.started"));
      if (line !== undefined) resolve(JSON.parse(line) as Started);
    });
    void ended.then(({ err }) => reject(new Error(err)));
  });
  return { child, ended, started };
}

/** When the process has said something like it on standard error. */
const until = (child: ChildProcessWithoutNullStreams, line: RegExp): Promise<void> =>
  new Promise((resolve) => {
    let text = "";
    child.stderr.on("data", (chunk) => {
      text += chunk;
      if (line.test(text)) resolve();
    });
  });

/** Goes away in the middle of a request. */
function cutRequest(port: number): void {
  const socket = connect(port, "127.0.0.1", () => {
    socket.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{", () =>
      setTimeout(() => socket.destroy(), 100),
    );
  });
}

async function rpc(
  port: number,
  method: string,
  params: readonly unknown[] = [],
): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${port}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result?: unknown; error?: unknown };
  assert.equal(error, undefined);
  return result;
}

test("a node serves metrics, health and logs that change; a signal ends it within two seconds", {
  timeout: 60_000,
}, async (context) => {
  const base = directory(context);
  const ports = ["--port", "0", "--rpc-port", "0", "--prometheus-port", "0"];
  const { child, ended, started } = await startNode(context, "--alice", "-d", base, ...ports);
  const status = `http://127.0.0.1:${started.statusPort}`;
  const metrics = await (await fetch(`${status}/metrics`)).text();
  for (const name of [
    'substrate_block_height{status="best",chain="dev"} 0',
    'substrate_node_roles{chain="dev"} 4',
    'substrate_build_info{name="alice"',
    "substrate_finality_grandpa_round",
    "nodejs_eventloop_lag_p99_seconds",
    'parahost_event_loop_delay_p99_seconds{chain="dev"} 0',
    'parahost_event_loop_delay_p99_max_seconds{chain="dev"} 0.05',
    "process_resident_memory_bytes",
    "process_open_fds",
  ])
    assert.ok(metrics.includes(name), name);
  const health = await fetch(`${status}/health`);
  const healthy = { peers: 0, isSyncing: false, isLate: false, shouldHavePeers: false };
  assert.deepEqual(await health.json(), healthy);
  assert.equal((await fetch(`${status}/health/readiness`)).status, 200);
  assert.equal((await fetch(`${status}/nonsense`)).status, 404);

  assert.deepEqual(await rpc(started.rpcPort, "system_localListenAddresses"), started.addresses);
  const immovable = await refusal(started.rpcPort, "dev_newBlock", []);
  assert.match(immovable.message, /Start it as one process, by `parahost up` without --processes/);
  const cutOff = until(child, /request cut off/);
  await rpc(started.rpcPort, "system_addLogFilter", ["rpc=debug"]);
  cutRequest(started.rpcPort);
  await cutOff;
  await rpc(started.rpcPort, "system_resetLogFilter");
  cutRequest(started.rpcPort);

  const second = await run("node", "--chain", "dev", "--bob", "-d", base, "--port", "0");
  assert.equal(second.code, 1);
  assert.match(second.err, /is in use by process \d+: stop it, or choose another --base-path/);
  const purge = await run("purge-chain", "--chain", "dev", "-d", base, "-y");
  assert.equal(purge.code, 1, "a node uses it");

  const asked = performance.now();
  child.kill("SIGTERM");
  const { code, err } = await ended;
  assert.equal(code, 0, err);
  assert.ok(performance.now() - asked < 2500, "in time");
  for (const line of [
    "DEBUG rpc: request cut off",
    "📋 Chain specification: Development",
    "👤 Role: AUTHORITY",
    "🏷  Local node identity is: 12D3KooW",
    "Running JSON-RPC server: addr=127.0.0.1:",
    "Prometheus exporter started at 127.0.0.1:",
  ])
    assert.ok(err.includes(line), line);
  assert.equal(err.split("request cut off").length, 2, "only while it was asked for");

  const chains = join(base, "chains/dev");
  assert.deepEqual(readdirSync(chains).sort(), ["db", "network"]);
  const purged = await run("purge-chain", "--chain", "dev", "-d", base, "-y");
  assert.equal(purged.code, 0, purged.err);
  assert.match(purged.out, /db" removed\./);
  assert.equal(existsSync(join(chains, "db")), false);
  assert.equal(existsSync(join(chains, "network/secret_ed25519")), true);
});

test("a database of another chain is refused, ports that are taken are passed over and named", {
  timeout: 60_000,
}, async (context) => {
  const base = directory(context);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  context.after(() => server.close());
  const { port } = server.address() as { readonly port: number };
  const { child, ended, started } = await startNode(
    ...[context, "--bob", "-d", base, "--port", String(port)],
    ...["--rpc-port", String(port), "--prometheus-port", String(port)],
  );
  assert.ok(started.addresses.every((address) => !address.includes(`/tcp/${port}/`)));
  const asked = performance.now();
  child.kill("SIGINT");
  const { code, err } = await ended;
  assert.equal(code, 0, err);
  assert.ok(performance.now() - asked < 2500, "in time");
  for (const said of [
    "peers reach this node at",
    "the JSON-RPC server is at",
    "the metrics server is at",
  ])
    assert.match(err, new RegExp(`port ${port} is in use: ${said} \\d+`));

  const spec = await run("export-chain-spec", "--chain", "local", "--raw", "--slot-ms", "2000");
  assert.equal(spec.code, 0, spec.err);
  assert.ok(Object.keys(JSON.parse(spec.out).genesis.raw.top).length > 50);
  cpSync(join(base, "chains/dev"), join(base, "chains/local_testnet"), { recursive: true });
  const other = await run("node", "--chain", "local", "--bob", "-d", base, "--port", "0");
  assert.equal(other.code, 1);
  assert.match(other.err, /holds the chain with genesis 0x[0-9a-f]{64}, not 0x/);
});

test("flags that contradict each other or lack something end with 2 and name it", {
  timeout: 60_000,
}, async () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [["--tmp", "--base-path", "/tmp/x"], /'--tmp'.*cannot be used with.*'-d, --base-path/],
    [["--alice", "--bob"], /'--(alice|bob)' cannot be used with option '--(alice|bob)'/],
    [["--collator"], /--collator needs the parachain's number: add --para/],
    [["--para", "1000"], /add --collator/],
    [["--reserved-only"], /--reserved-nodes/],
    [["--bootnodes", "/ip4/999.1.1.1/tcp/1"], /is no address of a peer/],
    [["--node-key", "abc"], /64 hex digits/],
    [["--port", "70000"], /whole number from 0 to 65535/],
    [["--chain", "/nowhere.json"], /\/nowhere\.json: there is no such file/],
    [["--port", "1", "--port", "2"], /'--port' is given 2 times/],
    [["--log", "loud"], /unknown log level "loud"/],
    [["--valdator"], /unknown option '--valdator'.*Did you mean --validator/s],
  ];
  const ended = await Promise.all(wrong.map(([flags]) => run("node", ...flags)));
  for (const [index, [flags, says]] of wrong.entries()) {
    assert.equal(ended[index]?.code, 2, `${flags.join(" ")}: ${ended[index]?.err}`);
    assert.match(ended[index]?.err ?? "", says);
  }
});

test("keys are made, shown and kept; doctor finds what a node needs", {
  timeout: 120_000,
}, async (context) => {
  const base = directory(context);
  const made = await run("key", "generate", "--words", "24", "--output-type", "Json");
  const { secretPhrase, publicKey } = JSON.parse(made.out);
  assert.equal(secretPhrase.split(" ").length, 24);
  const shown = await run("key", "inspect", secretPhrase);
  assert.ok(shown.out.includes(publicKey));
  const flags = ["--chain", "dev", "-d", base, "--key-type", "gran"];
  const inserted = await run("key", "insert", ...flags, "--suri", "//Alice", "--scheme", "Ed25519");
  assert.equal(inserted.code, 0, inserted.err);
  const file = "6772616e88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee";
  assert.equal(readFileSync(join(base, "chains/dev/keystore", file), "utf8"), '"//Alice"');
  const bad = await run("key", "insert", ...flags, "--suri", "no such words here");
  assert.equal(bad.code, 1);
  assert.doesNotMatch(bad.err, /no such words/);
  const nodeKey = await run("key", "generate-node-key", "--file", join(base, "node-key"));
  const inspected = await run("key", "inspect-node-key", "--file", join(base, "node-key"));
  assert.equal(inspected.out, nodeKey.err);
  assert.match(inspected.out, /^12D3KooW/);

  const [examined, unfit] = await Promise.all([
    run("doctor", "--json", "-d", base),
    run("doctor", "-d", join(base, "node-key", "below-a-file")),
  ]);
  const findings = examined.out.trim().split("\n");
  const named = findings.map((line) => JSON.parse(line));
  assert.deepEqual(
    named.filter(({ grade }) => grade === "failed"),
    [],
  );
  assert.ok(named.some(({ what, grade }) => what === "workers" && grade === "ok"));
  assert.equal(unfit.code, 1);
  assert.match(unfit.out, /^failed +disk .*\n +make it writable, or choose another --base-path$/m);
});

test("a node with an old copy of its database and one without any wait for a session, and take part again", {
  timeout: 175_000,
}, async (context) => {
  const base = directory(context);
  const slotMs = 2000;
  const watched = await WatchedNetwork.start({
    ...{ directory: base, validators: 4, paras: 1, slotMs, epochSlots: 8 },
  });
  context.after(() => watched.network.stop());
  const { network } = watched;
  const limitMs = 60 * slotMs;
  assert.ok(await watched.until(() => watched.finalizedByAll >= 2, limitMs), "a start");

  const database = (name: string): string => join(base, name, "chains/local_testnet/db");
  const copy = join(base, "copy");
  await network.kill("bob");
  await pause(slotMs);
  const inCopy = watched.sealedBy("bob");
  cpSync(database("bob"), copy, { recursive: true });
  await network.start("bob");
  // What the copy does not know of, the others must.
  const isFinal = (name: string, above: number): boolean =>
    watched.sealedBy(name) > above && watched.finalizedByAny >= watched.sealedBy(name);
  const areFinal = () => isFinal("bob", inCopy) && isFinal("charlie", 0);
  assert.ok(await watched.until(areFinal, limitMs), "both have made blocks");

  await network.kill("bob");
  rmSync(database("bob"), { recursive: true });
  cpSync(copy, database("bob"), { recursive: true });
  const notices = (name: string) =>
    watched.says(name, /has sealed a block that this database knows nothing of/, limitMs);
  const signsAgain = (name: string) => watched.says(name, /this node signs again/, limitMs);
  const bob = [notices("bob"), signsAgain("bob")] as const;
  await network.start("bob");
  assert.ok(await bob[0], "an old copy is noticed");

  // Two that wait are more than finality can do without.
  await network.kill("charlie");
  rmSync(database("charlie"), { recursive: true });
  const charlie = [notices("charlie"), signsAgain("charlie")] as const;
  await network.start("charlie");
  assert.ok(await charlie[0], "an empty database is noticed");
  assert.ok((await bob[1]) && (await charlie[1]), "a session later they sign again");

  const atReturn = watched.finalizedByAny;
  const [byBob, byCharlie] = [watched.sealedBy("bob"), watched.sealedBy("charlie")];
  const takesPart = () => watched.finalizedByAll > atReturn + 2;
  assert.ok(await watched.until(takesPart, limitMs), "finality goes on, for them as well");
  const makesBlocks = () =>
    watched.sealedBy("bob") > byBob && watched.sealedBy("charlie") > byCharlie;
  assert.ok(await watched.until(makesBlocks, limitMs), "they make blocks");
  assert.deepEqual(watched.violations, []);
});
