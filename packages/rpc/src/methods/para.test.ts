import assert from "node:assert/strict";
import test from "node:test";
import { bytesToHex, type Hex, silentLogger, VirtualClock } from "@parahost/base";
import { ParaNode, type SubmitError, type UnknownHead } from "@parahost/collator";
import { sr25519PairFromSeed } from "@parahost/crypto";
import {
  AdderStateMachine,
  adderTransaction,
  LedgerStateMachine,
  signTransfer,
} from "@parahost/kit";
import {
  asAccountId,
  asHash,
  asParaId,
  type Hash,
  type HeadData,
  paraHeadHash,
  ZERO_HASH,
} from "@parahost/primitives";
import { Connection } from "../connection.ts";
import type { Json } from "../json-rpc.ts";
import { SINGLE_ANSWER } from "../testing/client.ts";
import { type ParaAccess, paraMethods } from "./para.ts";

const PARA = asParaId(2000);
const [alice, bob] = [1, 2].map((seed) => sr25519PairFromSeed(new Uint8Array(32).fill(seed))) as [
  ReturnType<typeof sr25519PairFromSeed>,
  ReturnType<typeof sr25519PairFromSeed>,
];

/** A ledger (2000) and an adder (1000) on one node; relay chain blocks are numbers. */
function world() {
  const heads = new Map<Hash, HeadData>();
  const ports = {
    clock: new VirtualClock(0),
    logger: silentLogger,
    emit: () => {},
    headAt: (block: Hash) => heads.get(block),
  };
  const machine = new LedgerStateMachine({
    paraId: PARA,
    endowments: [[alice.publicKey, 1n << 70n]],
  });
  const ledger = new ParaNode({ paraId: PARA, machine }, ports);
  const adder = new ParaNode({ paraId: asParaId(1000), machine: new AdderStateMachine(5n) }, ports);
  const paras: ReadonlyMap<number, ParaAccess> = new Map([
    [1000, adder],
    [2000, ledger],
  ]);
  const pushed: { subscription: string; result: Json }[] = [];
  const connection = new Connection(paraMethods(paras), silentLogger, (text) => {
    pushed.push(JSON.parse(text).params);
    return "sent";
  });
  const ask = async (method: string, ...params: Json[]) => {
    const answers: string[] = [];
    const request = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    await connection.handle(request, (text) => void answers.push(text));
    return JSON.parse(answers[0] as string) as {
      result?: Json;
      error?: { code: number; message: string; data?: Json };
    };
  };
  const call = async (method: string, ...params: Json[]): Promise<Json> => {
    const { result, error } = await ask(method, ...params);
    assert.equal(error, undefined);
    return result as Json;
  };
  const refusal = async (method: string, ...params: Json[]): Promise<string> => {
    const { error } = await ask(method, ...params);
    return `${error?.code} ${error?.message}`;
  };
  const build = async (parentHead: HeadData): Promise<HeadData> => {
    const result = await ledger.collate(ZERO_HASH, {
      parentHead,
      relayParentNumber: 1,
      relayParentStorageRoot: ZERO_HASH,
      maxPovSize: 1_000_000,
    });
    assert.ok(result !== undefined);
    return result.collation.headData;
  };
  /** The relay chain's best block has this head. */
  const include = (number: number, head: HeadData): Hash => {
    const block = asHash(`0x${number.toString(16).padStart(64, "0")}`);
    heads.set(block, head);
    ledger.onRelayBest({ hash: block, number });
    return block;
  };
  const transfer = (nonce: number, amount = 1n): Hex =>
    bytesToHex(
      signTransfer(alice, machine.domain, { to: asAccountId(bob.publicKey), amount, nonce }),
    );
  return { ledger, machine, call, refusal, ask, build, include, transfer, pushed };
}

test("the parachains of the node are listed with their heads", async () => {
  const { call, machine } = world();
  const list = (await call("para_list")) as { [key: string]: Json }[];
  assert.deepEqual(
    list.map(({ paraId, name }) => [paraId, name]),
    [
      [1000, "adder"],
      [2000, "ledger"],
    ],
  );
  const head = { hash: paraHeadHash(machine.genesisHead), number: 0, isKnown: true };
  assert.deepEqual(list[1], {
    paraId: 2000,
    name: "ledger",
    best: head,
    finalized: head,
    latest: head,
    foreign: null,
    waiting: { count: 0, bytes: 0 },
    problem: null,
  });
});

test("a transfer is submitted, watched to its finality, and moves the balances", async () => {
  const { call, machine, build, include, transfer, ledger, pushed } = world();
  const hash = await call("para_submitTransaction", 2000, transfer(0, 7n));
  assert.deepEqual(await call("para_transactionStatus", 2000, hash), { type: "ready" });
  const subscription = await call("para_watchTransaction", 2000, hash);
  const head = await build(machine.genesisHead);
  const account = (at?: string) =>
    call("para_account", 2000, bob.publicKey, ...(at === undefined ? [] : [at]));
  assert.deepEqual(await account("latest"), { nonce: 0, balance: "7" });
  assert.deepEqual(await account(), { nonce: 0, balance: "0" });
  const relayBlock = include(1, head);
  assert.deepEqual(await account("best"), { nonce: 0, balance: "7" });
  ledger.onRelayFinalized({ hash: relayBlock, number: 1 });
  assert.deepEqual(await account("finalized"), { nonce: 0, balance: "7" });
  const block = paraHeadHash(head);
  assert.deepEqual(pushed, [
    { subscription, result: { type: "ready" } },
    { subscription, result: { type: "inBlock", block, number: 1 } },
    { subscription, result: { type: "finalized", block, number: 1 } },
  ]);
  assert.equal(await call("para_unwatchTransaction", subscription as string), true);
});

test("balances beyond JSON's numbers are decimal text", async () => {
  const { call } = world();
  assert.deepEqual(await call("para_account", 2000, alice.publicKey), {
    nonce: 0,
    balance: (1n << 70n).toString(),
  });
});

test("head and summary are told of each place", async () => {
  const { call, machine, build } = world();
  const head = await build(machine.genesisHead);
  assert.deepEqual(await call("para_head", 2000, "latest"), {
    hash: paraHeadHash(head),
    number: 1,
    headData: bytesToHex(head),
    isKnown: true,
  });
  const best = (await call("para_head", 2000)) as { [key: string]: Json };
  assert.equal(best["number"], 0);
  const summary = (await call("para_summary", 2000, "latest")) as { [key: string]: Json };
  assert.equal(summary["number"], 1);
  assert.deepEqual(await call("para_summary", 1000), { number: "0", state: "5" });
});

test("transactions without signature are taken by parachains that have none", async () => {
  const { call } = world();
  const hash = await call("para_submitTransaction", 1000, bytesToHex(adderTransaction(1n)));
  assert.deepEqual(await call("para_transactionStatus", 1000, hash), { type: "ready" });
});

test("an unknown transaction has no status and cannot be watched", async () => {
  const { call, refusal } = world();
  assert.equal(await call("para_transactionStatus", 2000, ZERO_HASH), null);
  assert.match(await refusal("para_watchTransaction", 2000, ZERO_HASH), /^-32000 .*not known here/);
});

test("a client that has gone is not told any more", async () => {
  const { call, machine, build, include, transfer, pushed } = world();
  const hash = await call("para_submitTransaction", 2000, transfer(0));
  const id = await call("para_watchTransaction", 2000, hash);
  await call("para_unwatchTransaction", id);
  include(1, await build(machine.genesisHead));
  assert.equal(pushed.length, 1);
});

test("bad parameters are refused by position and name", async () => {
  const { refusal } = world();
  const key = alice.publicKey;
  assert.match(await refusal("para_head", "x"), /^-32602 parameter 1 \(paraId\)/);
  assert.match(await refusal("para_head", 2000, "newest"), /^-32602 parameter 2 \(at\) .*"best"/);
  assert.match(await refusal("para_account", 2000, "0x01"), /^-32602 parameter 2 \(publicKey\)/);
  assert.match(await refusal("para_account", 2000, key, 7), /^-32602 parameter 3 \(at\)/);
  assert.match(
    await refusal("para_submitTransaction", 2000),
    /^-32602 parameter 2 \(transaction\)/,
  );
  assert.match(await refusal("para_submitTransaction", 2000, "0x0"), /^-32602 parameter 2/);
  assert.match(
    await refusal("para_transactionStatus", 2000, "0x01"),
    /^-32602 parameter 2 \(hash\)/,
  );
});

test("an unknown parachain is refused with the ones that there are", async () => {
  const { refusal } = world();
  assert.equal(
    await refusal("para_head", 7),
    "-32000 no parachain 7 on this node: it has 1000, 2000",
  );
  const methods = paraMethods(new Map());
  assert.throws(
    () => methods.methods["para_summary"]?.([7], SINGLE_ANSWER),
    /on this node: it has none/,
  );
});

test("a refused transaction says why, in words and as data", async () => {
  const { ask, refusal, call, transfer } = world();
  const first = transfer(0);
  const hash = await call("para_submitTransaction", 2000, first);
  assert.equal(
    await refusal("para_submitTransaction", 2000, first),
    "-32000 transaction refused: it waits already",
  );
  const rival = await ask("para_submitTransaction", 2000, transfer(0, 2n));
  assert.deepEqual(rival.error, {
    code: -32000,
    message: `transaction refused: transaction ${hash} of the same sender waits with the same nonce`,
    data: { code: "nonceTaken", by: hash },
  });
  assert.match(await refusal("para_submitTransaction", 2000, "0x01"), /not a transaction of this/);
});

const block = paraHeadHash(new Uint8Array([1]));
const errors: readonly (readonly [SubmitError, RegExp])[] = [
  [{ code: "undecodable", message: "input ends at 7" }, /not a transaction.*input ends at 7/],
  [{ code: "badSignature" }, /signature is wrong/],
  [{ code: "zeroAmount" }, /transfers nothing/],
  [{ code: "tooLarge", bytes: 9, bytesMax: 8 }, /its 9 bytes are more than 8/],
  [{ code: "temporarilyBanned", forMs: 1500 }, /for 2 s/],
  [{ code: "alreadyInPool" }, /waits already/],
  [{ code: "alreadyInBlock", block, number: 3 }, /in block 3 already/],
  [{ code: "staleNonce", nonce: 1, expected: 4 }, /nonce 1 has been used, the next is 4/],
  [{ code: "nonceTooFar", nonce: 9, nonceMax: 4 }, /nonce 9 is too far ahead, at most 4/],
  [{ code: "nonceTaken", by: "0xaa" }, /transaction 0xaa of the same sender/],
  [{ code: "tooManyOfSender", countMax: 4 }, /4 transactions of the same sender wait/],
  [{ code: "poolFull" }, /try again later/],
];
for (const [error, wanted] of errors)
  test(`a transaction refused as ${error.code} is explained`, () => {
    const { ledger } = world();
    const refusing: ParaAccess = Object.assign(Object.create(ledger), {
      submit: () => ({ ok: false, error }),
    });
    const submit = paraMethods(new Map([[1, refusing]])).methods["para_submitTransaction"];
    assert.throws(() => submit?.([1, "0x00"], SINGLE_ANSWER), wanted);
  });

test("a state that is not here is refused with its head", () => {
  const { ledger } = world();
  const unknown: UnknownHead = { code: "unknownHead", head: "0xaa" };
  const without: ParaAccess = Object.assign(Object.create(ledger), {
    account: () => ({ ok: false, error: unknown }),
    summary: () => ({ ok: false, error: unknown }),
  });
  const { methods } = paraMethods(new Map([[1, without]]));
  const text = /state of the finalized head 0xaa is not on this node/;
  assert.throws(
    () => methods["para_account"]?.([1, alice.publicKey, "finalized"], SINGLE_ANSWER),
    text,
  );
  assert.throws(() => methods["para_summary"]?.([1, "finalized"], SINGLE_ANSWER), text);
});
