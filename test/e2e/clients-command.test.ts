/** `parahost tx` and `parahost query` by the names of the metadata, on a network in real time. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { LiveNetwork } from "./clients-network.ts";

const LIMIT = { timeout: 90_000 };
const MAIN = join(import.meta.dirname, "../../packages/cli/src/main.ts");

let network: LiveNetwork;
before(async () => {
  network = await LiveNetwork.start();
}, LIMIT);
after(() => network.stop());

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const run = (...args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const port = ["--rpc-port", String(network.port)];
    execFile(process.execPath, [MAIN, ...args, ...port], (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });

const freeOf = async (who: string): Promise<bigint> => {
  const { out } = await run("query", "System.Account", who, "--json");
  return BigInt((JSON.parse(out) as { value: { data: { free: string } } }).value.data.free);
};

test("pallets, items and calls are listed with their types", LIMIT, async () => {
  const [pallets, items, calls] = await Promise.all([
    run("query"),
    run("query", "paras"),
    run("tx", "Balances"),
  ]);
  const help = await run("tx", "--help");
  assert.equal(help.code, 0, help.err);
  assert.match(help.out, /--tip <tokens> +to be preferred/);
  assert.match(pallets.out, /^ParaInclusion +\d+ items/m);
  assert.match(items.out, /^Paras\.Heads <Id>: HeadData\n {4}\S/m);
  assert.match(calls.out, /^Balances\.transfer_keep_alive\(dest: MultiAddress, value: u128\)$/m);
});

test(
  "any item is read: one value, all entries, at old blocks, with its default",
  LIMIT,
  async () => {
    const [heads, lifecycle, absent, nothing] = await Promise.all([
      run("query", "Paras.Heads", "--json"),
      run("query", "Paras.ParaLifecycles", "1000", "--at", "0"),
      run("query", "System.Account", "//Nobody", "--json"),
      run("query", "Paras.Heads", "7"),
    ]);
    assert.deepEqual((JSON.parse(heads.out) as { keys: number[] }).keys, [1000]);
    assert.equal(lifecycle.out, "Parachain\n");
    assert.equal((JSON.parse(absent.out) as { isStored: boolean }).isStored, false);
    assert.equal(nothing.out, "nothing\n");
  },
);

test("any call is signed, followed and explained", LIMIT, async () => {
  const before = await freeOf("//Bob");
  const done = await run(
    ...["tx", "Balances.transferKeepAlive", "//Bob", "12_345", "--from", "//Alice"],
    ...["--wait", "included", "--json"],
  );
  assert.equal(done.code, 0, done.err);
  const said = JSON.parse(done.out) as { isDone: boolean; fee: string; events: object[] };
  assert.equal(said.isDone, true);
  assert.ok(JSON.stringify(said.events).includes(`"actual_fee":"${said.fee}"`));
  assert.equal(await freeOf("//Bob"), before + 12_345n);

  const failed = await run("tx", "Registrar.deregister", "1000", "--from", "//Bob");
  assert.equal(failed.code, 1);
  assert.match(failed.out, /finalized in block #\d+ 0x[\s\S]*failed: Registrar\.NotRegistered\n$/);

  const root = await run(
    ...["tx", "System.setStorage", '[["0x1234","0x5678"]]', "--sudo", "--from", "//Alice"],
    ...["--wait", "included"],
  );
  assert.equal(root.code, 0, root.err);
  const dry = await run("tx", "System.remark", "hello", "--from", "//Alice", "--dry-run");
  assert.match(dry.out, /^would be done; fee \d+\n$/);
});

test("what is wrong is said, with what would be right", LIMIT, async () => {
  const wrong: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["query", "Nope.Now"], 1, /there is no pallet Nope: there are System, Babe/],
    [["query", "System.Nope"], 1, /System stores no Nope: it stores Account/],
    [["query", "System.Account", "xyz"], 2, /key 1 must be an address/],
    [["query", "Timestamp.Now", "1"], 2, /Timestamp.Now has 0 keys, not 1/],
    [["query", "Timestamp.Now", "--at", "999999"], 1, /there is no block 999999 yet/],
    [["tx", "Balances.nope"], 1, /Balances has no call nope: it has transfer_allow_death/],
    [["tx", "Balances.transfer_all", "//Bob", "--from", "//Alice"], 2, /takes 2 arguments, not 1/],
    [["tx", "Balances.transfer_all", "//Bob", "true"], 2, /--from with a secret URI such as/],
    [["tx", "System.remark", "x", "--from", "Alice//"], 2, /no secret URI|Invalid/],
    [["tx", "System.remark", "x", "--from", "//Nobody"], 1, /Inability to pay some fees/],
  ];
  for (const [args, code, message] of wrong) {
    const ended = await run(...args);
    assert.equal(ended.code, code, `${args.join(" ")}: ${ended.err}`);
    assert.match(ended.err, message);
  }
});
