import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk } from "@parahost/base";
import { type AccountId, encodeExtrinsic } from "@parahost/primitives";
import { accountInfo, eventsOf, queryFeeDetails, queryInfo } from "../runtime-api.ts";
import { TestChain } from "../testing/chain.ts";
import { accountOfUri, remark, signedBy, sudo, transferTo } from "../testing/transactions.ts";
import { encodedLength } from "../transaction/extrinsic.ts";
import { totalIssuance, UNIT } from "./balances/storage.ts";
import { nextMultiplier, storage, TREASURY_ACCOUNT } from "./transaction-payment.ts";

const bob = accountOfUri("//Bob");

/** At block 1, so that nothing of genesis is left to do. */
function chainWithFees(): TestChain {
  const chain = new TestChain();
  chain.add();
  return chain;
}

const free = (chain: TestChain, who: AccountId): bigint => accountInfo(chain.state, who).data.free;

/** Amount and tip of the last fee paid. */
function feePaid(chain: TestChain): { readonly actualFee: bigint; readonly tip: bigint } {
  const paid = eventsOf(chain.state).find(({ event }) => event.value.type === "transactionFeePaid");
  assert.ok(paid !== undefined);
  return paid.event.value.value as { readonly actualFee: bigint; readonly tip: bigint };
}

test("the fee announced is the fee charged, to the planck", () => {
  const chain = chainWithFees();
  const transaction = signedBy(chain, "//Alice", transferTo(bob, UNIT));
  const announced = expectOk(queryInfo(chain.state, transaction), "it decodes").partialFee;
  const before = free(chain, accountOfUri("//Alice"));
  chain.add({ extrinsics: [transaction] });
  const charged = before - UNIT - free(chain, accountOfUri("//Alice"));
  assert.equal(charged, announced);
  assert.deepEqual(feePaid(chain), {
    who: accountOfUri("//Alice"),
    actualFee: announced,
    tip: 0n,
  });
});

test("the parts of a fee add up to it", () => {
  const chain = chainWithFees();
  const transaction = signedBy(chain, "//Alice", transferTo(bob, UNIT), { tip: 3n });
  const { partialFee } = expectOk(queryInfo(chain.state, transaction), "it decodes");
  const details = expectOk(queryFeeDetails(chain.state, transaction), "it decodes");
  assert.ok(details.inclusionFee !== undefined);
  const { baseFee, lengthFee, adjustedWeightFee } = details.inclusionFee;
  assert.equal(baseFee + lengthFee + adjustedWeightFee, partialFee);
  assert.equal(details.tip, 3n);
  assert.equal(lengthFee, BigInt(encodeExtrinsic(transaction).length) * (UNIT / 10_000n));
});

test("bytes that are paid for are those in the block, the length before them included", () => {
  for (const length of [0, 63, 64, 16_383, 16_384, 70_000]) {
    const extrinsic = new Uint8Array(length);
    assert.equal(encodedLength(extrinsic), encodeExtrinsic(extrinsic).length, `${length} bytes`);
  }
  const chain = chainWithFees();
  const fees = [50, 51].map((size) => {
    const transaction = signedBy(chain, "//Alice", remark(size));
    const { inclusionFee } = expectOk(queryFeeDetails(chain.state, transaction), "it decodes");
    assert.ok(inclusionFee !== undefined);
    chain.add({ extrinsics: [transaction] });
    assert.equal(
      feePaid(chain).actualFee,
      inclusionFee.baseFee +
        BigInt(encodeExtrinsic(transaction).length) * (UNIT / 10_000n) +
        inclusionFee.adjustedWeightFee,
    );
    return inclusionFee.lengthFee;
  });
  assert.equal((fees[1] ?? 0n) - (fees[0] ?? 0n), UNIT / 10_000n);
});

test("the fee of an extrinsic of another length is asked for with that length", () => {
  const chain = chainWithFees();
  const transaction = signedBy(chain, "//Alice", remark());
  const fee = (length?: number) =>
    expectOk(queryInfo(chain.state, transaction, length), "it decodes").partialFee;
  assert.equal(fee(), fee(encodedLength(transaction)));
  assert.equal(fee(1_000) - fee(0), 1_000n * (UNIT / 10_000n));
});

test("four fifths go to the treasury, the rest and the tip to the author", () => {
  const chain = chainWithFees();
  const author = chain.config.validators[1]?.account as AccountId;
  const treasuryBefore = free(chain, TREASURY_ACCOUNT);
  const authorBefore = free(chain, author);
  const issuance = totalIssuance(chain.state);
  const transaction = signedBy(chain, "//Alice", remark(10), { tip: 7n * UNIT });
  chain.add({ extrinsics: [transaction], author: 1 });
  const { actualFee, tip } = feePaid(chain);
  const fee = actualFee - tip;
  assert.equal(tip, 7n * UNIT);
  assert.equal(free(chain, TREASURY_ACCOUNT) - treasuryBefore, (fee * 4n) / 5n);
  assert.equal(free(chain, author) - authorBefore, fee - (fee * 4n) / 5n + tip);
  assert.equal(totalIssuance(chain.state), issuance);
});

test("what the treasury cannot keep is burned", () => {
  const chain = chainWithFees();
  const treasury = { type: "id", value: TREASURY_ACCOUNT } as const;
  const empty = sudo({
    type: "balances",
    value: { type: "forceSetBalance", value: { who: treasury, newFree: 0n } },
  });
  chain.add({ extrinsics: [signedBy(chain, "//Alice", empty)] });
  const issuance = totalIssuance(chain.state);
  chain.add({ extrinsics: [signedBy(chain, "//Alice", remark())] });
  const { actualFee } = feePaid(chain);
  assert.equal(issuance - totalIssuance(chain.state), (actualFee * 4n) / 5n);
});

const ONE = 1_000_000_000_000_000_000n;

test("the multiplier falls below the target, rises above it, and has a floor and a ceiling", () => {
  assert.equal(nextMultiplier(ONE, 25, 100), ONE);
  assert.ok(nextMultiplier(ONE, 0, 100) < ONE);
  assert.ok(nextMultiplier(ONE, 100, 100) > ONE);
  assert.equal(nextMultiplier(ONE / 10n, 0, 100), ONE / 10n);
  const max = (1n << 128n) - 1n;
  assert.equal(nextMultiplier(max, 100, 100), max);
});

test("one full block raises the multiplier by three quarters of the variability", () => {
  // d = 3/4: 1 + 0.000075 · 0.75 + (0.000075 · 0.75)² / 2
  assert.equal(nextMultiplier(ONE, 100, 100), 1_000_056_251_582_031_250n);
});

test("each block moves the multiplier", () => {
  const chain = new TestChain();
  chain.addMany(2);
  const expected = nextMultiplier(nextMultiplier(ONE, 0, 100), 0, 100);
  assert.equal(storage.nextFeeMultiplier.get(chain.state), expected);
});
