/** A chain that changes its own code: voted for, given by anybody, checked by validators, in force at one block. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { asciiBytes, bytesToHex, assert as ensure, expectOk } from "@parahost/base";
import { GuestStateMachine } from "@parahost/collator";
import { blake2b256Hex, pairFromUri } from "@parahost/crypto";
import { templateCode } from "@parahost/kit/artifacts";
import { buildGuest } from "@parahost/kit/compile";
import { encodeCall, type NamedCall, signTransaction } from "@parahost/kit/schema";
import { storage, chain as token } from "@parahost/kit/templates/token";
import { asParaId, type HeadData, Header, headerHash } from "@parahost/primitives";
import { runtimeApi, signExtrinsic } from "@parahost/runtime";
import { decode } from "@parahost/scale";
import { Observer } from "./observer/observer.ts";
import { planGuest } from "./para-plan.ts";
import { Simulation } from "./simulation.ts";

const PARA = asParaId(1000);
const nextVersion = { ...token, specVersion: 2 };

/** The token's code with another version: transactions that are signed for one are no good for the other. */
async function nextCode(): Promise<Uint8Array> {
  const kit = dirname(dirname(fileURLToPath(import.meta.resolve("@parahost/kit"))));
  const folder = mkdtempSync(join(tmpdir(), "parahost-upgrade-"));
  try {
    cpSync(join(kit, "templates/token/assembly"), join(folder, "assembly"), { recursive: true });
    return expectOk(await buildGuest(folder, nextVersion), "built").wasm;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("holders give their chain new code, which takes over at one block with the state kept", async () => {
  const code = await nextCode();
  const votingBlocks = 2;
  const simulation = new Simulation({
    seed: 21,
    validators: 4,
    paras: [
      planGuest(PARA, token, templateCode("token"), {
        storage: { ...storage, Governance: { votingBlocks } },
      }),
    ],
    configuration: { validationUpgradeDelay: 2, validationUpgradeCooldown: 2 },
  });
  const observer = new Observer(simulation);
  const [collator] = simulation.collators;
  ensure(collator !== undefined, "the token has a collator");
  const { para, node, machine } = collator;
  ensure(machine instanceof GuestStateMachine, "the token is a guest");
  const alice = expectOk(pairFromUri("sr25519", "//Alice"), "alice");
  const genesisHash = headerHash(decode(Header, para.head("finalized").head));
  let nonce = 0;
  const submit = (call: NamedCall, schema = token) => {
    const transaction = signTransaction(schema, alice, encodeCall(schema, call), {
      genesisHash,
      nonce,
    });
    nonce += 1;
    return para.submit(transaction);
  };
  const governance = (call: string, args = {}) =>
    expectOk(submit({ pallet: "Governance", call, args }), call);
  const included = (to: number) =>
    simulation.runUntil(
      () => expectOk(para.account(alice.publicKey, "best"), "alice").nonce === to,
      200_000,
    );
  const currentCode = () => {
    const state = node.states.view(node.chain.best().hash);
    ensure(state !== undefined, "the best state is there");
    return runtimeApi.validationCodeHash(state, PARA, { type: "timedOut" });
  };
  const before = currentCode();

  governance("bond", { amount: 900n * 10n ** 12n });
  governance("proposeCode", { codeHash: blake2b256Hex(code) });
  governance("vote", { proposal: 0, aye: true });
  assert.ok(await included(3));
  const { number: voted = 0, head: votedHead } = para.head("best");
  assert.ok(
    await simulation.runUntil(
      () => (para.head("best").number ?? 0) > voted + votingBlocks,
      200_000,
    ),
  );
  governance("supplyCode", { code });
  assert.ok(await included(4));
  assert.equal(currentCode(), before);
  assert.ok(await simulation.runUntil(() => currentCode() !== before, 600_000));
  assert.equal(currentCode(), blake2b256Hex(code));

  // One more block, so that the pool asks the new code.
  const applied = para.head("best").number ?? 0;
  assert.ok(
    await simulation.runUntil(() => (para.head("best").number ?? 0) > applied + 1, 200_000),
  );
  const codeAt = (head: HeadData) =>
    blake2b256Hex(
      expectOk(machine.stateAt(head), "state").get(bytesToHex(asciiBytes(":code"))) ??
        new Uint8Array(),
    );
  // What clients find in the state is what validators ran for the block.
  const heads = [votedHead, para.head("best").head];
  assert.deepEqual(heads.map(codeAt), [before, blake2b256Hex(code)]);
  assert.deepEqual(
    heads.map((head) => machine.runtimeAt(head)?.version.specVersion),
    [1, 2],
  );
  const old = submit({ pallet: "Governance", call: "unbond" });
  assert.deepEqual(old.ok ? "" : old.error.code, "badSignature");
  nonce -= 1;
  expectOk(submit({ pallet: "Governance", call: "unbond" }, nextVersion), "unbond");
  assert.ok(await included(5));
  const { balance } = expectOk(para.account(alice.publicKey, "best"), "alice");
  assert.ok(balance > 999n * 10n ** 12n, `${balance} are free again`);
  await simulation.stop();
  assert.deepEqual(observer.violations, [], observer.report().join("\n"));
});

test("code that root forces upon a chain takes over with the state kept, and nothing is violated", async () => {
  const code = await nextCode();
  const simulation = new Simulation({
    seed: 22,
    validators: 4,
    paras: [planGuest(PARA, token, templateCode("token"), { storage })],
  });
  const observer = new Observer(simulation);
  const [collator] = simulation.collators;
  const [validator] = simulation.validators;
  ensure(collator !== undefined && validator !== undefined, "there are both");
  const { para, machine } = collator;
  ensure(machine instanceof GuestStateMachine, "the token is a guest");
  assert.ok(await simulation.runUntilFinalized(4, 100_000));
  const state = validator.states.view(validator.chain.best().hash);
  ensure(state !== undefined, "the best state is there");
  const call = {
    type: "paras",
    value: { type: "forceSetCurrentCode", value: { para: PARA, newCode: code } },
  } as const;
  const sudo = { type: "sudo", value: { type: "sudo", value: { call } } } as const;
  const alice = expectOk(pairFromUri("sr25519", "//Alice"), "alice");
  const signed = signExtrinsic(alice, sudo, {
    genesisHash: validator.chain.genesisHash,
    nonce: 0,
    version: runtimeApi.version(state),
  });
  expectOk(validator.submit(signed), "taken");
  const version = () => machine.runtimeAt(para.head("finalized").head)?.version.specVersion;
  const before = expectOk(para.account(alice.publicKey, "finalized"), "alice");
  assert.ok(await simulation.runUntil(() => version() === 2, 200_000));
  assert.deepEqual(expectOk(para.account(alice.publicKey, "finalized"), "alice"), before);
  await simulation.stop();
  assert.deepEqual(observer.violations, [], observer.report().join("\n"));
});
