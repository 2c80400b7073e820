/** The ledger against its validation function: what one builds the other accepts, and nothing else. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bytesToHex, concatBytes, expectOk, type Random, randomBelow } from "@parahost/base";
import { blake2b256, type Sr25519Pair, sr25519PairFromSeed } from "@parahost/crypto";
import { type ExecutionOutcome, InlineExecutor } from "@parahost/executor";
import {
  asAccountId,
  type Hash,
  type HeadData,
  type ParaId,
  validationCodeHash,
} from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import { ledgerCode } from "../artifacts.ts";
import { LedgerStateMachine } from "./ledger-state-machine.ts";
import { signTransfer } from "./transfer.ts";
import { LedgerBlock, LedgerHead, LedgerTransfer } from "./types.ts";

const PARA = 2000 as ParaId;
const LIMITS = { maxBlockDataBytes: 1_000_000, maxTransactions: 1000 };

const pairs: readonly Sr25519Pair[] = Array.from({ length: 12 }, (_, index) =>
  sr25519PairFromSeed(new Uint8Array(32).fill(index + 1)),
);
const idOf = (pair: Sr25519Pair) => asAccountId(pair.publicKey);
const [alice, bob, carol] = pairs as [Sr25519Pair, Sr25519Pair, Sr25519Pair];
const GENESIS = {
  paraId: PARA,
  endowments: [
    [alice.publicKey, 1000n],
    [bob.publicKey, (1n << 128n) - 1n],
  ] as const,
};

const code = ledgerCode();
const codeHash = validationCodeHash(code);
let executor: InlineExecutor;
before(() => {
  executor = new InlineExecutor();
});
after(() => executor.close());

/** What `validate_block` says of a block. */
const validate = (parentHead: HeadData, blockData: Uint8Array): Promise<ExecutionOutcome> =>
  executor.validate({
    codeHash,
    code,
    params: {
      parentHead,
      blockData,
      relayParentNumber: 1,
      relayParentStorageRoot: `0x${"00".repeat(32)}` as Hash,
    },
    executorParams: [],
    kind: "backing",
  });

/** The last words of the guest about a block that it refuses. */
async function refusal(parentHead: HeadData, blockData: Uint8Array): Promise<string> {
  const outcome = await validate(parentHead, blockData);
  if (outcome.type !== "invalid" || outcome.reason.code !== "trap") return outcome.type;
  return outcome.reason.message;
}

const transferBy =
  (ledger: LedgerStateMachine) =>
  (from: Sr25519Pair, to: Sr25519Pair, amount: bigint, nonce: number): Uint8Array =>
    signTransfer(from, ledger.domain, { to: idOf(to), amount, nonce });

const build = (ledger: LedgerStateMachine, parent: HeadData, transfers: readonly Uint8Array[]) =>
  expectOk(ledger.buildBlock(parent, transfers, LIMITS), "a block on a known head");

/** A block of transfers that nobody checked, with the witness that `like` has. */
const withTransfers = (transfers: readonly Uint8Array[], like: Uint8Array): Uint8Array =>
  encode(LedgerBlock, {
    transfers: transfers.map((transfer) => decode(LedgerTransfer, transfer)),
    witness: decode(LedgerBlock, like).witness,
  });

test("transfers move balances, and the validation function comes to the same head", async () => {
  const ledger = new LedgerStateMachine(GENESIS);
  const transfer = transferBy(ledger);
  const built = build(ledger, ledger.genesisHead, [
    transfer(alice, carol, 100n, 0),
    transfer(alice, alice, 900n, 1),
    transfer(carol, alice, 30n, 0),
    transfer(alice, carol, 1n, 2),
  ]);
  assert.equal(built.included.length, 4);
  const outcome = await validate(ledger.genesisHead, built.blockData);
  assert.ok(outcome.type === "valid", JSON.stringify(outcome));
  assert.equal(bytesToHex(outcome.result.headData), bytesToHex(built.head));

  expectOk(ledger.importBlock(ledger.genesisHead, built.blockData), "own block");
  const account = (pair: Sr25519Pair) => expectOk(ledger.account(built.head, pair.publicKey), "");
  assert.deepEqual(account(alice), { nonce: 3, balance: 929n });
  assert.deepEqual(account(carol), { nonce: 1, balance: 71n });
  assert.deepEqual(expectOk(ledger.account(ledger.genesisHead, carol.publicKey), "genesis"), {
    nonce: 0,
    balance: 0n,
  });
});

test("a block without transfers has no witness and keeps the state root", async () => {
  const ledger = new LedgerStateMachine(GENESIS);
  const built = build(ledger, ledger.genesisHead, []);
  assert.deepEqual(decode(LedgerBlock, built.blockData), { transfers: [], witness: [] });
  const outcome = await validate(ledger.genesisHead, built.blockData);
  assert.ok(outcome.type === "valid");
  assert.equal(bytesToHex(outcome.result.headData), bytesToHex(built.head));
  assert.equal(
    decode(LedgerHead, built.head).stateRoot,
    decode(LedgerHead, ledger.genesisHead).stateRoot,
  );
});

test("what may not go in is left out or dropped, with its reason", () => {
  const ledger = new LedgerStateMachine(GENESIS);
  const transfer = transferBy(ledger);
  const forged = transfer(alice, carol, 7n, 0);
  forged[forged.length - 40] = (forged.at(-40) as number) ^ 1;
  const built = build(ledger, ledger.genesisHead, [
    new Uint8Array(147),
    forged,
    transfer(alice, carol, 0n, 0),
    transfer(alice, carol, 2000n, 0),
    transfer(alice, carol, 10n, 1),
    transfer(alice, bob, 1n, 0),
    transfer(alice, carol, 10n, 0),
    transfer(alice, carol, 11n, 0),
    transfer(carol, alice, 10n, 0),
  ]);
  assert.equal(built.included.length, 2);
  assert.deepEqual(
    built.dropped.map(({ problem }) => problem.code),
    ["undecodable", "badSignature", "zeroAmount", "balanceOverflow", "staleNonce"],
  );
});

test("a block takes no more than its limits, and its witness only what it touches", async () => {
  const ledger = new LedgerStateMachine({
    paraId: PARA,
    endowments: pairs.map((pair) => [pair.publicKey, 1000n] as const),
  });
  const transfer = transferBy(ledger);
  const transfers = pairs.map((pair, index) =>
    transfer(pair, pairs[(index + 1) % pairs.length] as Sr25519Pair, 5n, 0),
  );
  const whole = build(ledger, ledger.genesisHead, transfers);
  assert.equal(whole.included.length, pairs.length);
  const maxBlockDataBytes = Math.floor(whole.blockData.length / 2);
  const half = expectOk(
    ledger.buildBlock(ledger.genesisHead, transfers, { ...LIMITS, maxBlockDataBytes }),
    "half a block",
  );
  assert.ok(half.included.length > 0 && half.included.length < pairs.length);
  assert.ok(half.blockData.length <= maxBlockDataBytes);
  assert.equal((await validate(ledger.genesisHead, half.blockData)).type, "valid");
  const two = expectOk(
    ledger.buildBlock(ledger.genesisHead, transfers, { ...LIMITS, maxTransactions: 2 }),
    "two transfers",
  );
  assert.equal(two.included.length, 2);
});

test("the validation function refuses transfers that may not be", async () => {
  const ledger = new LedgerStateMachine(GENESIS);
  const transfer = transferBy(ledger);
  const good = transfer(alice, carol, 10n, 0);
  const { blockData } = build(ledger, ledger.genesisHead, [good]);
  const refused = (...transfers: Uint8Array[]) =>
    refusal(ledger.genesisHead, withTransfers(transfers, blockData));

  const forged = good.slice();
  forged[70] = (forged[70] as number) ^ 1;
  assert.match(await refused(forged), /wrong signature/);
  assert.match(await refused(transfer(alice, carol, 1001n, 0)), /falls below zero/);
  assert.match(await refused(transfer(alice, carol, 0n, 0)), /transfer of nothing/);
  assert.match(await refused(transfer(alice, carol, 10n, 1)), /out of order/);
  assert.match(await refused(good, good), /out of order/);
  const elsewhere = new LedgerStateMachine({ ...GENESIS, paraId: 2001 as ParaId });
  assert.match(await refused(transferBy(elsewhere)(alice, carol, 10n, 0)), /wrong signature/);
  const toBob = build(ledger, ledger.genesisHead, [transfer(bob, alice, 1n, 0)]);
  assert.match(
    await refusal(
      ledger.genesisHead,
      withTransfers([transfer(alice, bob, 1n, 0)], toBob.blockData),
    ),
    /overflows/,
  );
});

test("a witness with a node missing, changed, doubled or too many is refused", async () => {
  const ledger = new LedgerStateMachine({
    paraId: PARA,
    endowments: pairs.map((pair) => [pair.publicKey, 1000n] as const),
  });
  const transfer = transferBy(ledger);
  const { blockData } = build(ledger, ledger.genesisHead, [transfer(alice, bob, 10n, 0)]);
  const { transfers, witness } = decode(LedgerBlock, blockData);
  assert.ok(witness.length >= 3);
  const refused = (nodes: readonly Uint8Array[]) =>
    refusal(ledger.genesisHead, encode(LedgerBlock, { transfers, witness: nodes }));

  for (const index of witness.keys()) {
    assert.match(await refused(witness.toSpliced(index, 1)), /lacks a node/);
    const changed = (witness[index] as Uint8Array).slice();
    changed[changed.length - 1] = (changed.at(-1) as number) ^ 1;
    assert.match(await refused(witness.with(index, changed)), /lacks a node/);
    assert.match(await refused([...witness, witness[index] as Uint8Array]), /a node twice/);
  }
  const others = build(ledger, ledger.genesisHead, [transfer(carol, bob, 10n, 0)]);
  const known = new Set(witness.map(bytesToHex));
  const foreign = decode(LedgerBlock, others.blockData).witness.find(
    (node) => !known.has(bytesToHex(node)),
  );
  assert.ok(foreign !== undefined);
  assert.match(await refused([...witness, foreign]), /does not touch/);
  assert.equal(await refused(witness.toReversed()), "valid");
});

test("block data that is cut, too long, or for another parent is refused", async () => {
  const ledger = new LedgerStateMachine(GENESIS);
  const transfer = transferBy(ledger);
  const first = build(ledger, ledger.genesisHead, [transfer(alice, carol, 10n, 0)]);
  for (let length = 0; length < first.blockData.length; length += 13)
    assert.notEqual(
      await refusal(ledger.genesisHead, first.blockData.subarray(0, length)),
      "valid",
      `cut at ${length}`,
    );
  const longer = concatBytes(first.blockData, new Uint8Array(1));
  assert.match(await refusal(ledger.genesisHead, longer), /left over/);
  assert.match(await refusal(first.head, first.blockData), /lacks a node/);
  const cutHead = ledger.genesisHead.subarray(0, 131);
  assert.match(await refusal(cutHead, first.blockData), /ends too early/);

  expectOk(ledger.importBlock(ledger.genesisHead, first.blockData), "own block");
  const second = build(ledger, first.head, [transfer(alice, carol, 10n, 1)]);
  assert.match(await refusal(ledger.genesisHead, second.blockData), /lacks a node/);
  assert.equal((await validate(first.head, second.blockData)).type, "valid");
});

test("blocks of others are checked when they are imported", () => {
  const ledger = new LedgerStateMachine(GENESIS);
  const transfer = transferBy(ledger);
  const good = transfer(alice, carol, 10n, 0);
  const { blockData, head } = build(ledger, ledger.genesisHead, [good]);
  const problem = (...transfers: Uint8Array[]): string => {
    const imported = ledger.importBlock(ledger.genesisHead, withTransfers(transfers, blockData));
    if (imported.ok) return "imported";
    return imported.error.code === "badTransaction"
      ? imported.error.problem.code
      : imported.error.code;
  };
  const forged = good.slice();
  forged[40] = (forged[40] as number) ^ 1;
  assert.equal(problem(forged), "badSignature");
  assert.equal(problem(good, good), "staleNonce");
  assert.equal(problem(transfer(alice, carol, 10n, 1)), "futureNonce");
  assert.equal(problem(transfer(alice, carol, 1001n, 0)), "insufficientBalance");
  const orphan = ledger.importBlock(head, blockData);
  assert.equal(orphan.ok ? "ok" : orphan.error.code, "unknownHead");
  const garbage = ledger.importBlock(ledger.genesisHead, new Uint8Array([4]));
  assert.equal(garbage.ok ? "ok" : garbage.error.code, "undecodable");
});

test("states of forks live side by side until they are forgotten", () => {
  const ledger = new LedgerStateMachine(GENESIS);
  const transfer = transferBy(ledger);
  const forks = [1n, 2n].map((amount) => {
    const built = build(ledger, ledger.genesisHead, [transfer(alice, carol, amount, 0)]);
    expectOk(ledger.importBlock(ledger.genesisHead, built.blockData), "a fork");
    return built.head;
  });
  const carolOn = (head: HeadData) => ledger.account(head, carol.publicKey);
  assert.deepEqual(
    forks.map((head) => expectOk(carolOn(head), "fork").balance),
    [1n, 2n],
  );
  const [first, second] = forks as [HeadData, HeadData];
  ledger.forget(ledger.genesisHead);
  ledger.forget(second);
  assert.equal(ledger.has(first), true);
  assert.equal(carolOn(second).ok, false);
  assert.equal(expectOk(carolOn(first), "the fork that is left").balance, 1n);
  const built = build(ledger, first, [transfer(carol, alice, 1n, 0)]);
  assert.equal(built.included.length, 1);
});

/** Chance from a seed: BLAKE2b in counter mode. */
function seeded(seed: number): Random {
  let counter = 0;
  return {
    fill: (target) => {
      const input = new Uint8Array(8);
      new DataView(input.buffer).setUint32(0, seed);
      new DataView(input.buffer).setUint32(4, counter++);
      target.set(blake2b256(input).subarray(0, target.length));
    },
  };
}

for (const seed of [1, 2, 3])
  test(`a chain of random blocks is the same in TypeScript and Wasm (seed ${seed})`, async () => {
    const random = seeded(seed);
    const ledger = new LedgerStateMachine({
      paraId: PARA,
      endowments: pairs.slice(0, 4).map((pair) => [pair.publicKey, 10_000n] as const),
    });
    const transfer = transferBy(ledger);
    let head = ledger.genesisHead;
    for (let number = 0; number < 8; number++) {
      const nonces = pairs.map(
        (pair) => expectOk(ledger.account(head, pair.publicKey), "parent").nonce,
      );
      const transfers = Array.from({ length: randomBelow(random, 15) }, () => {
        const from = randomBelow(random, pairs.length);
        const to = randomBelow(random, pairs.length);
        const amount = BigInt(1 + randomBelow(random, 3000));
        const nonce = nonces[from] as number;
        if (randomBelow(random, 5) > 0) nonces[from] = nonce + 1;
        return transfer(pairs[from] as Sr25519Pair, pairs[to] as Sr25519Pair, amount, nonce);
      });
      const built = build(ledger, head, transfers);
      const outcome = await validate(head, built.blockData);
      assert.ok(outcome.type === "valid", JSON.stringify(outcome));
      assert.equal(bytesToHex(outcome.result.headData), bytesToHex(built.head));
      const imported = expectOk(ledger.importBlock(head, built.blockData), "own block");
      assert.deepEqual(imported.included, built.included);
      head = built.head;
    }
    const total = pairs.reduce(
      (sum, pair) => sum + expectOk(ledger.account(head, pair.publicKey), "last").balance,
      0n,
    );
    assert.equal(total, 40_000n);
  });
