/** The command as a user runs it: real processes, real time, the loopback address. */
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test, { type TestContext } from "node:test";

const root = join(import.meta.dirname, "../..");
const main = join(root, "packages/cli/src/main.ts");

interface Event {
  readonly event: string;
  readonly time: number;
  readonly node?: string;
  /** Of `network.started`. */
  readonly rpcPort?: number;
  /** Of `summary`. */
  readonly finalized?: number;
  readonly paras?: readonly { para: number; included: number; finalized: number }[];
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(...flags: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [main, ...flags], { cwd: root });
}

function end(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr.on("data", (chunk) => {
    err += chunk;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

const run = (...flags: readonly string[]): Promise<Ended> => end(start(...flags));

/** A network whose events are read as they come. */
class Network {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  readonly events: Event[] = [];
  #waiting: { matches: (event: Event) => boolean; resolve: (event: Event) => void }[] = [];

  /** Whatever becomes of the test, the network ends with it. */
  constructor(context: TestContext, ...flags: readonly string[]) {
    context.after(() => void this.child.kill("SIGKILL"));
    this.child = start("up", "--json", "--rpc-port", "0", ...flags);
    this.ended = end(this.child);
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      const event = JSON.parse(line) as Event;
      this.events.push(event);
      this.#waiting = this.#waiting.filter(({ matches, resolve }) => {
        if (!matches(event)) return true;
        resolve(event);
        return false;
      });
    });
  }

  /** The first event of this name that satisfies `also`, past or to come. */
  when(name: string, also: (event: Event) => boolean = () => true): Promise<Event> {
    const matches = (event: Event): boolean => event.event === name && also(event);
    const found = this.events.find(matches);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve) => this.#waiting.push({ matches, resolve }));
  }
}

test("a network starts, includes and finalizes blocks of both parachains, and ends with 0", {
  timeout: 120_000,
}, async (context) => {
  const network = new Network(context, "--until-finalized", "10");
  const { code, err } = await network.ended;
  assert.equal(code, 0, err);
  const summary = await network.when("summary");
  assert.ok((summary.finalized ?? 0) >= 10);
  const paras = summary.paras ?? [];
  assert.deepEqual(
    paras.map(({ para }) => para),
    [1000, 1001],
  );
  for (const { included: blocks, finalized } of paras)
    assert.ok(blocks >= 5 && finalized >= 4, JSON.stringify(paras));
  const imported = network.events.filter(({ event }) => event === "relay.imported");
  assert.ok(imported.every(({ node }) => node === "alice"));
});

test("transfers move a ledger's balances, refusals say why, and Ctrl-C ends it with 0", {
  timeout: 120_000,
}, async (context) => {
  const network = new Network(context);
  const started = await network.when("network.started");
  const port = String(started.rpcPort);
  const before = await run("query", "balance", "//Bob", "--rpc-port", port);
  assert.match(before.out, /^\/\/Bob has 1000000, nonce 0\n$/);
  const transfer = await run(
    ...["tx", "transfer", "--from", "//Alice", "--to", "//Bob", "--amount", "42"],
    ...["--rpc-port", port],
  );
  assert.equal(transfer.code, 0, transfer.err);
  assert.match(
    transfer.out,
    /included in block #\d+\n\/\/Alice has 999958\n\/\/Bob has 1000042\n$/,
  );
  const beyond = await run(
    ...["tx", "transfer", "--from", "//Bob", "--to", "//Alice", "--amount", "2000000"],
    ...["--rpc-port", port],
  );
  assert.equal(beyond.code, 1);
  assert.match(beyond.err, /\/\/Bob has 1000042, which is less than 2000000/);
  const wrongPara = await run("query", "balance", "//Bob", "--para", "7", "--rpc-port", port);
  assert.equal(wrongPara.code, 1);
  assert.match(wrongPara.err, /no parachain 7 on this node: it has 1000, 1001/);

  network.child.kill("SIGINT");
  const { code, err } = await network.ended;
  assert.equal(code, 0, err);
  await network.when("summary");
});

test("the first screen names validators, parachains and the RPC port, then come lines of events", {
  timeout: 60_000,
}, async () => {
  const ended = await run("up", "--rpc-port", "0", "--until-finalized", "1");
  assert.equal(ended.code, 0, ended.err);
  const lines = ended.out.split("\n");
  assert.equal(lines[0], "parahost: 4 validators (alice, bob, charlie, dave)");
  assert.equal(lines[1], "          2 parachains (ledger 1000, adder 1001), slots of 2 s");
  assert.match(lines[2] ?? "", /^JSON-RPC {2}ws:\/\/127\.0\.0\.1:\d+ and http/);
  assert.ok(lines.some((line) => /ledger 1000 {2}block #1 included in relay #\d+$/.test(line)));
  assert.ok(lines.some((line) => /finalized #1 0x/.test(line)));
});

test("wrong usage ends with 2 and says what would be right", { timeout: 60_000 }, async () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [["up", "--validators", "1"], /whole number from 2 to 100/],
    [["up", "--log", "loud"], /unknown log level "loud": use one of error, warn/],
    [["up", "--nonsense"], /unknown option '--nonsense'/],
    [["tx", "transfer", "--from", "//Alice", "--to", "//Bob"], /'--amount <tokens>' not specified/],
    [["tx", "transfer", "--from", "//A", "--to", "Bob", "--amount", "1"], /neither a public key/],
    [["nonsense"], /unknown command 'nonsense'|too many arguments/],
  ];
  for (const [flags, message] of wrong) {
    const ended = await run(...flags);
    assert.equal(ended.code, 2, `${flags.join(" ")}: ${ended.out}${ended.err}`);
    assert.match(ended.err, message);
  }
});

test("without a network a query says how to start one and ends with 1", {
  timeout: 30_000,
}, async () => {
  const ended = await run("query", "balance", "//Alice", "--rpc-port", "1");
  assert.equal(ended.code, 1);
  assert.match(ended.err, /no network answers on port 1: start one with "parahost up"/);
});
