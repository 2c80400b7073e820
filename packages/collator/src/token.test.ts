/** The token: minting, bonded votes, and a chain that changes its own parameters and announces its own code. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, concatBytes, hexToBytes } from "@parahost/base";
import { blake2b256Hex, type KeyPair, twox64 } from "@parahost/crypto";
import { storagePrefix } from "@parahost/kit/schema/chain";
import { storage, chain as token } from "@parahost/kit/templates/token";
import { encode, u32 } from "@parahost/scale";
import { alice, bob, carol, GuestChain, UNIT } from "./testing/guest-chain.ts";

async function withToken(run: (chain: GuestChain) => Promise<void>): Promise<void> {
  const chain = new GuestChain("token", token, storage);
  await run(chain).finally(() => chain.close());
}

const to = (pair: KeyPair) => ({ type: "id", value: pair.publicKey });

test("only the owner mints, within the limit, and gives the right away", () =>
  withToken(async (chain) => {
    const outcomes = await chain.block(
      [alice, "Token", "mint", { to: to(bob), amount: 5n * UNIT }],
      [alice, "Token", "mint", { to: to(bob), amount: 1001n * UNIT }],
      [bob, "Token", "mint", { to: to(bob), amount: 1n }],
      [alice, "Token", "transferOwnership", { to: to(bob) }],
      [alice, "Token", "mint", { to: to(alice), amount: UNIT }],
      [bob, "Token", "burn", { amount: UNIT }],
    );
    assert.deepEqual(outcomes, [
      "done",
      "Token.OverLimit",
      "Token.NotOwner",
      "done",
      "Token.NotOwner",
      "done",
    ]);
    assert.equal(chain.read("Token", "owner"), bob.publicKey);
    // Fees are burned, too: an amount that is not lost is minted.
    const issuance = chain.read("Balances", "totalIssuance") as bigint;
    assert.equal(chain.balance(alice) + chain.balance(bob) + chain.balance(carol), issuance);
  }));

test("accounts below the existential deposit do not begin, and end when too little is left", () =>
  withToken(async (chain) => {
    const nobody = { type: "id", value: `0x${"77".repeat(32)}` };
    const outcomes = await chain.block(
      [alice, "Token", "mint", { to: nobody, amount: 999_999_999n }],
      [alice, "Balances", "transferAllowDeath", { dest: nobody, value: 1n }],
      [carol, "Balances", "transferAll", { dest: to(bob), keepAlive: false }],
    );
    assert.deepEqual(outcomes, ["token.belowMinimum", "token.belowMinimum", "done"]);
    assert.equal(chain.balance(carol), 0n);
    assert.ok(chain.events().some(({ name }) => name === "KilledAccount"));
  }));

test("holders vote a parameter into force with bonded tokens, each token once", () =>
  withToken(async (chain) => {
    assert.deepEqual(
      await chain.block(
        [carol, "Governance", "proposeParameter", { subject: { type: "feePercent" }, value: 50n }],
        [alice, "Governance", "bond", { amount: 400n * UNIT }],
        [bob, "Governance", "bond", { amount: 300n * UNIT }],
        [alice, "Governance", "proposeParameter", { subject: { type: "feePercent" }, value: 50n }],
        [bob, "Governance", "proposeParameter", { subject: { type: "mintLimit" }, value: 7n }],
        [bob, "Governance", "proposeParameter", { subject: { type: "votingBlocks" }, value: 0n }],
        [bob, "Governance", "proposeParameter", { subject: { type: "code" }, value: 0n }],
      ),
      [
        "Governance.NothingBonded",
        "done",
        "done",
        "done",
        "done",
        "Governance.BadValue",
        "Governance.BadValue",
      ],
    );
    assert.deepEqual(
      await chain.block(
        [alice, "Governance", "vote", { proposal: 0, aye: true }],
        [alice, "Governance", "vote", { proposal: 0, aye: true }],
        [bob, "Governance", "vote", { proposal: 0, aye: false }],
        [bob, "Governance", "vote", { proposal: 1, aye: true }],
        [alice, "Governance", "vote", { proposal: 1, aye: false }],
        [carol, "Governance", "vote", { proposal: 0, aye: true }],
        [alice, "Governance", "vote", { proposal: 9, aye: true }],
        [alice, "Governance", "unbond"],
        [alice, "Balances", "transferAll", { dest: to(carol), keepAlive: false }],
      ),
      [
        "done",
        "Governance.HasVoted",
        "done",
        "done",
        "done",
        "Governance.NothingBonded",
        "Governance.NoSuchVote",
        "Governance.Locked",
        "token.fundsUnavailable",
      ],
    );
    while (chain.number < 10) await chain.block();
    const feeAt = async () => {
      await chain.block([bob, "System", "remark", { remark: new Uint8Array() }]);
      const paid = chain.events().find(({ name }) => name === "TransactionFeePaid");
      return paid?.fields["actualFee"] as bigint;
    };
    const declared = await feeAt();
    assert.deepEqual(
      chain
        .events()
        .filter(({ pallet }) => pallet === "Governance")
        .map(({ name, fields }) => [name, fields["proposal"]]),
      [
        ["Passed", 0],
        ["Failed", 1],
      ],
    );
    assert.equal(chain.read("Governance", "feePercent"), 50);
    // The fee of that same block is already the new one.
    assert.equal(declared, await feeAt());
    assert.equal(chain.read("Governance", "mintLimit"), 1000n * UNIT);
    assert.deepEqual(
      await chain.block([alice, "Governance", "unbond"], [alice, "Governance", "unbond"]),
      ["done", "Governance.NothingBonded"],
    );
    assert.ok(chain.balance(alice) > 999n * UNIT);
  }));

test("code that holders want is announced once its bytes are there and the relay chain allows it", () =>
  withToken(async (chain) => {
    const code = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    const codeHash = blake2b256Hex(code);
    await chain.block(
      [alice, "Governance", "bond", { amount: 900n * UNIT }],
      [alice, "Governance", "proposeCode", { codeHash }],
      [alice, "Governance", "vote", { proposal: 0, aye: true }],
    );
    const supply = [carol, "Governance", "supplyCode", { code }] as const;
    assert.deepEqual(await chain.block(supply), ["Governance.NotApproved"]);
    while (chain.number < 10) await chain.block();
    await chain.block();
    assert.equal(chain.read("Governance", "approvedCode"), codeHash);

    const signal = (item: string): Uint8Array => {
      const id = encode(u32, 2000);
      return concatBytes(storagePrefix("Paras", item), twox64(id), id);
    };
    chain.relayBlock(0n, [[signal("upgradeRestrictionSignal"), new Uint8Array([0])]]);
    assert.deepEqual(await chain.block(supply), ["Governance.NotNow"]);
    assert.equal(chain.announced, undefined);
    chain.relayBlock(0n);
    const wrong = [carol, "Governance", "supplyCode", { code: code.slice(1) }] as const;
    assert.deepEqual(await chain.block(wrong, supply), ["Governance.NotApproved", "done"]);
    assert.equal(bytesToHex(chain.announced ?? new Uint8Array()), bytesToHex(code));
    assert.equal(chain.read("ParachainSystem", "pendingValidationCodeHash"), codeHash);

    // Nothing more is announced until the relay chain has spoken.
    await chain.block([alice, "Governance", "unbond"]);
    assert.equal(chain.announced, undefined);
    chain.relayBlock(0n, [[signal("upgradeGoAheadSignal"), hexToBytes("0x01")]]);
    await chain.block();
    assert.ok(chain.events().some(({ name }) => name === "ValidationFunctionApplied"));
    assert.equal(chain.read("ParachainSystem", "pendingValidationCodeHash"), undefined);
  }));
