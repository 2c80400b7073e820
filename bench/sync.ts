/**
 * `npm run bench:sync`: how long a late node takes to come to the head of a long chain, block by block and by warp sync. The
 * chain is made on virtual time first, then served by one process to others with empty databases. Ends with 1 unless
 * both end with the same block, state and history as the server, and unless a validator that was away for a while (in virtual
 * time) authors and votes again. Wants an idle machine.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { localConfig } from "@parahost/cli/node/chain-choice";
import { directoriesOf } from "@parahost/cli/node/directories";
import { NODE_COLUMNS } from "@parahost/node/service/node";
import { headerHash } from "@parahost/primitives";
import { buildGenesis, plainChainSpec } from "@parahost/runtime";
import { copyStore, LongChain } from "@parahost/sim/testing/long-chain";
import { openStore } from "@parahost/storage";

const { values } = parseArgs({
  options: {
    blocks: { type: "string", default: "5000" },
    /** How many blocks a validator misses. */
    away: { type: "string", default: "1000" },
  },
});
const blocks = Number(values.blocks);
const missed = Number(values.away);

const SLOT_MS = 2000;
const EPOCH_SLOTS = 50;
const VALIDATORS = 2;
const KEYS_CHANGE_EVERY = Math.max(50, Math.round(blocks / 10));
const CHAIN_ID = "long";
const POLL_MS = 100;
const MAIN = join(import.meta.dirname, "../packages/cli/src/main.ts");

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const seconds = (since: number): number => (performance.now() - since) / 1000;
const directory = mkdtempSync(join(tmpdir(), "parahost-sync-"));
const running: ChildProcessWithoutNullStreams[] = [];

const config = localConfig({
  slotMs: SLOT_MS,
  epochSlots: EPOCH_SLOTS,
  validators: VALIDATORS,
  paras: 0,
});
const spec = join(directory, "chain.json");
const info = { name: "Long", id: CHAIN_ID, chainType: "Local", bootNodes: [] } as const;
writeFileSync(spec, plainChainSpec(info, config));
const genesis = buildGenesis(config);

interface Served {
  readonly rpc: (method: string, ...params: readonly unknown[]) => Promise<unknown>;
  readonly address: string;
}

/** The last final block as a node tells of it. */
interface Head {
  readonly hash: string;
  readonly number: number;
  readonly stateRoot: string;
}

try {
  await makeChain();
  const server = await start("server");
  const served = await headOf(server);
  say(`served: #${served.number}, state root ${served.stateRoot}`);
  const roots = new Set([served.stateRoot]);
  for (const mode of ["full", "warp"]) roots.add(await sync(mode, server, served));
  if (roots.size !== 1) throw new Error("the nodes end with different states");
  await returnAfter(missed);
} finally {
  for (const child of running) child.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
}

/** Writes the database of `server`. */
async function makeChain(): Promise<void> {
  const began = performance.now();
  const chain = new LongChain({
    ...{ genesis, slotMs: SLOT_MS, validators: VALIDATORS, keysChangeEvery: KEYS_CHANGE_EVERY },
    // No block may be of the future.
    startMs: SLOT_MS * Math.floor(Date.now() / SLOT_MS - 1.5 * blocks),
  });
  await chain.grow(blocks);
  const { setId } = chain.node("alice").chain.authoritySet();
  await chain.stopAll();
  const path = directoriesOf(join(directory, "server"), CHAIN_ID).database;
  const store = openStore({
    path,
    chain: headerHash(genesis.header),
    columns: NODE_COLUMNS,
    migrations: [],
  });
  copyStore(chain.store("alice"), store);
  store.close();
  const took = seconds(began);
  say(
    `made: ${blocks} blocks by ${VALIDATORS} validators, ${setId} changes of the authority set, in ${took.toFixed(1)} s`,
  );
}

/** Starts a full node and waits until it serves. */
async function start(name: string, ...flags: readonly string[]): Promise<Served> {
  const base = join(directory, name);
  const child = spawn(process.execPath, [
    ...[MAIN, "node", "--json", "--chain", spec, "--name", name, "--base-path", base],
    ...["--listen-addr", "/ip4/127.0.0.1/tcp/0", "--rpc-port", "0", "--no-prometheus"],
    ...["--log", "warn", ...flags],
  ]);
  running.push(child);
  child.stderr.pipe(process.stderr);
  return new Promise((resolve, reject) => {
    child.once("close", (code) => reject(new Error(`${name} ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const event = JSON.parse(line) as { event: string; rpcPort: number; addresses: string[] };
      if (event.event !== "node.started") return;
      const rpc: Served["rpc"] = async (method, ...params) => {
        const response = await fetch(`http://127.0.0.1:${event.rpcPort}`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
        });
        return ((await response.json()) as { readonly result: unknown }).result;
      };
      resolve({ rpc, address: event.addresses[0] ?? "" });
    });
  });
}

async function headOf({ rpc }: Served): Promise<Head> {
  const hash = (await rpc("chain_getFinalizedHead")) as string;
  const header = (await rpc("chain_getHeader", hash)) as { number: string; stateRoot: string };
  return { hash, number: Number(header.number), stateRoot: header.stateRoot };
}

/** Has a node with an empty database come to the head; returns the root of its state. */
async function sync(mode: string, server: Served, { hash, number }: Head): Promise<string> {
  const began = performance.now();
  const late = await start(mode, "--sync", mode, "--bootnodes", server.address);
  const until = async (done: () => Promise<boolean>): Promise<number> => {
    while (!(await done())) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    return seconds(began);
  };
  const atHead = await until(async () => (await headOf(late)).number >= number);
  const head = await headOf(late);
  const whole = await until(async () => (await late.rpc("chain_getBlockHash", 1)) !== null);
  if (head.hash !== hash) throw new Error(`${mode}: #${head.number} is ${head.hash}, not ${hash}`);
  if ((await late.rpc("state_getRuntimeVersion", hash)) === undefined)
    throw new Error(`${mode}: the state cannot be read`);
  for (const at of [1, number >> 1, number - 1]) {
    const [ours, theirs] = await Promise.all(
      [late, server].map(async ({ rpc }) =>
        JSON.stringify(await rpc("chain_getBlock", await rpc("chain_getBlockHash", at))),
      ),
    );
    if (ours !== theirs) throw new Error(`${mode}: #${at} differs`);
  }
  const rate = (number / atHead).toFixed(0);
  say(
    mode === "warp"
      ? `warp: at #${head.number} after ${atHead.toFixed(1)} s (${rate} blocks/s), history whole after ${whole.toFixed(1)} s, state root ${head.stateRoot}`
      : `full: at #${head.number} after ${atHead.toFixed(1)} s (${rate} blocks/s), state root ${head.stateRoot}`,
  );
  return head.stateRoot;
}

/** A validator misses so many blocks, and is one again. */
async function returnAfter(count: number): Promise<void> {
  const began = performance.now();
  const [validators, dave] = [4, 3];
  const shape = { slotMs: SLOT_MS, epochSlots: EPOCH_SLOTS, validators };
  const startMs = SLOT_MS * Math.floor(Date.now() / SLOT_MS);
  const ownGenesis = buildGenesis(localConfig({ ...shape, paras: 0 }));
  const chain = new LongChain({ genesis: ownGenesis, slotMs: SLOT_MS, validators, startMs });
  await chain.grow(10);
  await chain.stop("dave");
  await chain.grow(10 + count);
  const missing = seconds(began);
  const back = chain.clock.now();
  const node = chain.startValidator(dave);
  let first: number | undefined;
  node.chain.subscribe((event) => {
    if (event.type === "imported" && event.origin === "own") first ??= event.block.number;
  });
  await chain.until(() => first !== undefined, 4 * EPOCH_SLOTS);
  const slots = (chain.clock.now() - back) / SLOT_MS;
  // Three of four must vote: without the one that came back finality would stand still.
  await chain.stop("charlie");
  const from = Math.max(first ?? 0, node.chain.finalized().number);
  await chain.until(() => node.chain.finalized().number > from + 10, 4 * EPOCH_SLOTS);
  const { number, hash } = node.chain.finalized();
  const { stateRoot } = node.chain.header(hash) ?? {};
  const other = chain.node("alice").chain;
  if (other.header(other.hashByNumber(number) ?? hash)?.stateRoot !== stateRoot)
    throw new Error("the validator that came back has another state");
  await chain.stopAll();
  say(
    `away: back after ${count} blocks (made in ${missing.toFixed(1)} s), its first block is #${first} ${slots} slots later, and its votes finalize #${number}`,
  );
}
