/** Chains of the kit in their collator: what it builds, validators accept; what is not the chain's, nobody does. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { expectOk, type Hex } from "@parahost/base";
import { type KeyPair, pairFromUri } from "@parahost/crypto";
import { type ExecutionOutcome, InlineExecutor } from "@parahost/executor";
import { templateCode } from "@parahost/kit/artifacts";
import { encodeCall, genesisEntries, signTransaction } from "@parahost/kit/schema";
import { chain as counter } from "@parahost/kit/templates/counter";
import {
  asParaId,
  type Hash,
  type HeadData,
  Header,
  headerHash,
  validationCodeHash,
} from "@parahost/primitives";
import { decode, encode, u32 } from "@parahost/scale";
import { EMPTY_ROOT } from "@parahost/trie";
import { GuestBlock, GuestStateMachine } from "./guest-machine.ts";

const [alice, bob, carol] = ["//Alice", "//Bob", "//Carol"].map((uri) =>
  expectOk(pairFromUri("sr25519", uri), uri),
) as [KeyPair, KeyPair, KeyPair];
const UNIT = 1_000_000_000_000n;
const LIMITS = { maxBlockDataBytes: 1_000_000, maxTransactions: 1000 };
const RELAY = { number: 7, storageRoot: EMPTY_ROOT as Hash, node: () => undefined };

const code = templateCode("counter");
const codeHash = validationCodeHash(code);
let executor: InlineExecutor;
before(() => {
  executor = new InlineExecutor();
});
after(() => executor.close());

function newMachine(buildFuel?: bigint): GuestStateMachine {
  const genesis = genesisEntries(counter, {
    paraId: asParaId(2000),
    balances: [
      [alice.publicKey as Hex, 1000n * UNIT],
      [bob.publicKey as Hex, 1000n * UNIT],
    ],
    storage: { Counter: { count: 5 } },
  });
  return expectOk(
    GuestStateMachine.create({
      ...{ name: "counter", wasm: code, genesis },
      ...(buildFuel === undefined ? {} : { buildFuel }),
    }),
    "validators take the counter's code",
  );
}

const signed = (
  machine: GuestStateMachine,
  pair: KeyPair,
  nonce: number,
  call: string,
  args: Record<string, unknown> = {},
): Uint8Array =>
  signTransaction(counter, pair, encodeCall(counter, { pallet: "Counter", call, args }), {
    genesisHash: headerHash(decode(Header, machine.genesisHead)),
    nonce,
  });

const validate = (parentHead: HeadData, blockData: Uint8Array): Promise<ExecutionOutcome> =>
  executor.validate({
    codeHash,
    code,
    params: {
      parentHead,
      blockData,
      relayParentNumber: RELAY.number,
      relayParentStorageRoot: RELAY.storageRoot,
    },
    executorParams: [],
    kind: "backing",
  });

async function isValid(parent: HeadData, blockData: Uint8Array, head: HeadData): Promise<void> {
  const outcome = await validate(parent, blockData);
  assert.equal(outcome.type, "valid", JSON.stringify(outcome));
  assert.deepEqual(outcome.type === "valid" && outcome.result.headData, head);
}

const countAt = (machine: GuestStateMachine, head: HeadData): number => {
  const key = "0xe3db545d2f26ce8aa78e3e6367e2f35d6700bdc97147d62c295061b7ca114d4a";
  const stored = expectOk(machine.stateAt(head), "state").get(key);
  return stored === undefined ? 0 : decode(u32, stored);
};

test("a validator accepts what the same code has built, with the same head", async () => {
  const machine = newMachine();
  const transactions = [
    signed(machine, alice, 0, "increment", { by: 3 }),
    signed(machine, bob, 0, "increment", { by: 4 }),
    signed(machine, alice, 1, "increment", { by: 1 }),
  ];
  const parent = machine.genesisHead;
  const built = expectOk(machine.buildBlock(parent, transactions, LIMITS, RELAY), "built");
  assert.equal(built.included.length, 3);
  assert.deepEqual(built.dropped, []);
  await isValid(parent, built.blockData, built.head);
  const imported = expectOk(machine.importBlock(parent, built.blockData), "imported");
  assert.deepEqual(imported.head, built.head);
  assert.deepEqual(imported.included, built.included);
  assert.equal(countAt(machine, built.head), 13);
  assert.equal(expectOk(machine.account(built.head, alice.publicKey as Hex), "alice").nonce, 2);
});

// Transactions

/** Builds on `parent`, checks the block as a validator does, and keeps it. */
async function extend(
  machine: GuestStateMachine,
  parent: HeadData,
  transactions: readonly Uint8Array[],
) {
  const built = expectOk(machine.buildBlock(parent, transactions, LIMITS, RELAY), "built");
  await isValid(parent, built.blockData, built.head);
  expectOk(machine.importBlock(parent, built.blockData), "imported");
  return built;
}

test("a call that fails pays its fee, and changes nothing else", async () => {
  const machine = newMachine();
  const before = expectOk(machine.account(machine.genesisHead, bob.publicKey as Hex), "bob");
  const counted = await extend(machine, machine.genesisHead, [
    signed(machine, alice, 0, "increment", { by: 100 }),
    signed(machine, bob, 0, "reset"),
  ]);
  assert.equal(counted.included.length, 2);
  assert.equal(countAt(machine, counted.head), 105);
  const after = expectOk(machine.account(counted.head, bob.publicKey as Hex), "bob");
  assert.equal(after.nonce, 1);
  assert.ok(after.balance < before.balance && after.balance > before.balance - UNIT);
});

test("entries of a map are walked and removed, with the root that the trie has", async () => {
  const machine = newMachine();
  let head = machine.genesisHead;
  for (const [nonce, pair] of [
    [0, alice],
    [0, bob],
    [1, alice],
  ] as const)
    head = (await extend(machine, head, [signed(machine, pair, nonce, "increment", { by: 50 })]))
      .head;
  // Importing compares the guest's root with that of the collator's own trie.
  const reset = await extend(machine, head, [signed(machine, alice, 2, "reset")]);
  assert.equal(countAt(machine, reset.head), 0);
  assert.equal((await extend(machine, reset.head, [])).included.length, 0);
});

test("what cannot go in is left out, and what may go in later is not dropped", async () => {
  const machine = newMachine();
  const good = signed(machine, alice, 0, "increment", { by: 1 });
  const forged = signed(machine, alice, 1, "increment", { by: 1 });
  forged[40] = (forged[40] ?? 0) ^ 1;
  const built = await extend(machine, machine.genesisHead, [
    signed(machine, bob, 3, "increment", { by: 1 }),
    good,
    forged,
    signed(machine, carol, 0, "increment", { by: 1 }),
    new Uint8Array([0x84, 0, 1]),
    signed(machine, bob, 0, "increment", { by: 1 }),
  ]);
  assert.equal(built.included.length, 2);
  assert.deepEqual(
    built.dropped.map(({ problem }) => problem.code),
    ["badSignature", "trap"],
  );
  const replayed = await extend(machine, built.head, [good]);
  assert.deepEqual(
    replayed.dropped.map(({ problem }) => problem),
    [{ code: "refused", validity: "stale" }],
  );
});

test("a pool learns of a transaction who made it, with which number, and what is wrong with it", () => {
  const machine = newMachine();
  const fine = expectOk(machine.checkTransaction(signed(machine, bob, 4, "reset")), "fine");
  assert.equal(fine.sender, bob.publicKey);
  assert.equal(fine.nonce, 4);
  const poor = machine.checkTransaction(signed(machine, carol, 0, "reset"));
  assert.deepEqual(poor, { ok: false, error: { code: "refused", validity: "payment" } });
  const elsewhere = signTransaction(
    counter,
    bob,
    encodeCall(counter, { pallet: "Counter", call: "reset" }),
    { genesisHash: `0x${"11".repeat(32)}` as Hash, nonce: 0 },
  );
  assert.deepEqual(machine.checkTransaction(elsewhere), {
    ok: false,
    error: { code: "badSignature" },
  });
  const garbage = machine.checkTransaction(new Uint8Array([1, 2, 3]));
  assert.equal(garbage.ok ? "" : garbage.error.code, "undecodable");
});

test("a block stops before it passes its limit of bytes", async () => {
  const machine = newMachine();
  const transactions = Array.from({ length: 40 }, (_, nonce) =>
    signed(machine, alice, nonce, "increment", { by: 1 }),
  );
  const limits = { maxBlockDataBytes: 4000, maxTransactions: 1000 };
  const parent = machine.genesisHead;
  const built = expectOk(machine.buildBlock(parent, transactions, limits, RELAY), "built");
  assert.ok(built.included.length > 5 && built.included.length < 40);
  assert.ok(built.blockData.length <= 4000);
  await isValid(parent, built.blockData, built.head);
});

test("a block stops before its backers run out of time, and says that it is full", async () => {
  const machine = newMachine(2_000_000n);
  const transactions = Array.from({ length: 40 }, (_, nonce) =>
    signed(machine, alice, nonce, "increment", { by: 1 }),
  );
  const parent = machine.genesisHead;
  const build = (offered: readonly Uint8Array[]) =>
    expectOk(machine.buildBlock(parent, offered, LIMITS, RELAY), "built");
  const built = build(transactions);
  assert.ok(built.included.length > 1 && built.included.length < 40, `${built.included.length}`);
  assert.deepEqual([built.isFull, built.dropped], [true, []]);
  await isValid(parent, built.blockData, built.head);
  assert.equal(build(transactions.slice(0, 2)).isFull, false);
});

// What validators refuse

test("a witness with a node missing, changed, twice or too many is refused", async () => {
  const machine = newMachine();
  const parent = machine.genesisHead;
  const transactions = [signed(machine, alice, 0, "increment", { by: 3 })];
  const built = expectOk(machine.buildBlock(parent, transactions, LIMITS, RELAY), "built");
  const block = decode(GuestBlock, built.blockData);
  const [first = new Uint8Array()] = block.witness;
  const changed = first.slice();
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  const witnesses = {
    missing: block.witness.slice(1),
    changed: [changed, ...block.witness.slice(1)],
    twice: [...block.witness, first],
    superfluous: [...block.witness, new Uint8Array([1, 2, 3, 4])],
  };
  for (const [what, witness] of Object.entries(witnesses)) {
    const blockData = encode(GuestBlock, { ...block, witness });
    assert.equal((await validate(parent, blockData)).type, "invalid", what);
    assert.equal(machine.importBlock(parent, blockData).ok, false, what);
  }
});

test("a block is good for its relay chain block only, and holds no transaction that may not be in it", async () => {
  const machine = newMachine();
  const parent = machine.genesisHead;
  const built = expectOk(machine.buildBlock(parent, [], LIMITS, RELAY), "built");
  const block = decode(GuestBlock, built.blockData);
  for (const other of [
    { ...block, relayParentNumber: 8 },
    { ...block, relayParentStorageRoot: `0x${"22".repeat(32)}` as Hash },
    { ...block, extrinsics: [signed(machine, alice, 1, "reset")] },
  ])
    assert.equal((await validate(parent, encode(GuestBlock, other))).type, "invalid");
});
