import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, expectOk, hexToBytes } from "@parahost/base";
import {
  blake2b256,
  ecdsaPairFromSecret,
  ecdsaSign,
  ecdsaSignPrehashed,
  ed25519PairFromSeed,
  ed25519Sign,
  sr25519PairFromSeed,
  sr25519Sign,
} from "@parahost/crypto";
import { DEFAULT_ENGINE_PARAMETERS } from "../engine-parameters.ts";
import { preparePvf } from "../pvf.ts";
import { callFromGuest, type HostArgument, type HostReturn } from "../testing/host-call.ts";
import { i32Const, packedConst, validationModule } from "../testing/module-builder.ts";
import { callValidateBlock } from "../validate-block.ts";
import { I32, I64, OP } from "../wasm/opcodes.ts";
import { HOST_FUNCTIONS } from "./host-functions.ts";

const ask = (name: string, args: readonly HostArgument[], returns: HostReturn): string =>
  bytesToHex(expectOk(callFromGuest(`ext_${name}`, args, returns), name));

const fault = (name: string, args: readonly HostArgument[], returns: HostReturn): string => {
  const answer = callFromGuest(`ext_${name}`, args, returns);
  if (answer.ok) return "ok";
  return answer.error.code === "trap" ? answer.error.cause : answer.error.code;
};

const YES = "0x01000000";
const NO = "0x00000000";
const seed = new Uint8Array(32).fill(7);
const message = new TextEncoder().encode("a message");
const spoiled = (bytes: Uint8Array): Uint8Array => bytes.with(5, (bytes[5] as number) ^ 1);

test("signatures are verified, good and spoiled", () => {
  const sr = sr25519PairFromSeed(seed);
  const ed = ed25519PairFromSeed(seed);
  const ec = ecdsaPairFromSecret(seed);
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ["sr25519_verify_version_1", sr25519Sign(sr, message), sr.publicKey],
    ["sr25519_verify_version_2", sr25519Sign(sr, message), sr.publicKey],
    ["sr25519_batch_verify_version_1", sr25519Sign(sr, message), sr.publicKey],
    ["ed25519_verify_version_1", ed25519Sign(ed, message), ed.publicKey],
    ["ed25519_batch_verify_version_1", ed25519Sign(ed, message), ed.publicKey],
    ["ecdsa_verify_version_1", ecdsaSign(ec, message), ec.publicKey],
    ["ecdsa_verify_version_2", ecdsaSign(ec, message), ec.publicKey],
    ["ecdsa_batch_verify_version_1", ecdsaSign(ec, message), ec.publicKey],
  ];
  for (const [name, signature, key] of cases) {
    const verify = (bytes: Uint8Array): string =>
      ask(
        `crypto_${name}`,
        [{ pointer: bytes }, { packed: message }, { pointer: hexToBytes(key) }],
        "number",
      );
    assert.equal(verify(signature), YES, name);
    assert.equal(verify(spoiled(signature)), NO, name);
  }
});

test("a hash is verified and its signer's key recovered", () => {
  const pair = ecdsaPairFromSecret(seed);
  const hash = blake2b256(message);
  const signature = ecdsaSignPrehashed(pair, hash);
  const verified = ask(
    "crypto_ecdsa_verify_prehashed_version_1",
    [{ pointer: signature }, { pointer: hash }, { pointer: hexToBytes(pair.publicKey) }],
    "number",
  );
  assert.equal(verified, YES);
  for (const version of [1, 2]) {
    const recover = (name: string, bytes: Uint8Array): string =>
      ask(
        `crypto_secp256k1_ecdsa_recover${name}_version_${version}`,
        [{ pointer: bytes }, { pointer: hash }],
        "packed",
      );
    assert.equal(recover("_compressed", signature), `0x00${pair.publicKey.slice(2)}`);
    const whole = recover("", signature);
    assert.equal(whole.length, 2 + 2 * 65);
    assert.ok(whole.includes(pair.publicKey.slice(4)));
    assert.equal(recover("", signature.with(64, 9)), "0x0101");
    assert.equal(recover("", new Uint8Array(65)), "0x0102");
  }
  const overflowing = new Uint8Array(65).fill(0xff);
  overflowing[64] = 0;
  assert.equal(
    ask(
      "crypto_secp256k1_ecdsa_recover_version_2",
      [{ pointer: overflowing }, { pointer: hash }],
      "packed",
    ),
    "0x0100",
  );
});

test("a batch is finished once it was started, and tells of a bad signature", () => {
  const pair = sr25519PairFromSeed(seed);
  const signature = sr25519Sign(pair, message);
  const imports = [
    { name: "ext_crypto_start_batch_verify_version_1" },
    { name: "ext_crypto_finish_batch_verify_version_1", result: I32 },
    { name: "ext_crypto_sr25519_batch_verify_version_1", params: [I32, I64, I32], result: I32 },
  ];
  const run = (code: readonly number[], input: Uint8Array): string => {
    const pvf = expectOk(
      preparePvf(validationModule(code, { imports }), DEFAULT_ENGINE_PARAMETERS, {
        metered: false,
      }),
      "batching guest",
    );
    const answer = callValidateBlock(pvf, input);
    return answer.ok ? bytesToHex(answer.value.output) : answer.error.code;
  };
  const input = (bytes: Uint8Array) =>
    Uint8Array.from([...bytes, ...hexToBytes(pair.publicKey), ...message]);
  const START = [OP.call, 0];
  const finish = [...i32Const(8), OP.call, 1, 0x36, 2, 0];
  const at = (offset: number) => [OP.localGet, 0, ...i32Const(offset), OP.i32Add];
  const packedMessage = [
    ...[...i32Const(message.length), OP.i64ExtendI32U, OP.i64Const, 32, 0x86],
    ...[...at(96), OP.i64ExtendI32U, 0x84],
  ];
  const verify = [...at(0), ...packedMessage, ...at(64), OP.call, 2, OP.drop];
  const whole = [...START, ...verify, ...finish, ...packedConst(8, 4)];
  assert.equal(run(whole, input(signature)), YES);
  assert.equal(run(whole, input(spoiled(signature))), NO);
  assert.equal(run([...finish, ...packedConst(8, 4)], input(signature)), "trap");
  assert.equal(run([...START, ...START, ...packedConst(8, 4)], input(signature)), "trap");
});

test("the keystore is there by name only", () => {
  const keystore = Object.keys(HOST_FUNCTIONS).filter((name) =>
    /_(generate|sign|sign_prehashed|public_keys)_version/.test(name),
  );
  assert.equal(keystore.length, 10);
  for (const name of keystore) {
    const [params = "", result = ""] = HOST_FUNCTIONS[name]?.signature.split(">") ?? [];
    const args = [...params].map(
      (letter): HostArgument => (letter === "i" ? { number: 0 } : { range: [0, 0] }),
    );
    const returns = result === "i" ? { bytes: 1 } : "packed";
    assert.equal(fault(name.slice("ext_".length), args, returns), "noKeystore", name);
  }
});

test("what a guest logs or prints is taken, and must lie in its memory", () => {
  const text = { packed: message };
  const outside = { range: [65_000, 1000] as const };
  assert.equal(ask("logging_max_level_version_1", [], "number"), NO);
  assert.equal(ask("logging_log_version_1", [{ number: 1 }, text, text], "nothing"), "0x");
  for (const name of ["misc_print_utf8_version_1", "misc_print_hex_version_1"]) {
    assert.equal(ask(name, [text], "nothing"), "0x");
    assert.equal(fault(name, [outside], "nothing"), "memoryAccess");
  }
  assert.equal(
    fault("logging_log_version_1", [{ number: 1 }, outside, text], "nothing"),
    "memoryAccess",
  );
  assert.equal(ask("misc_print_num_version_1", [{ range: [1, 2] }], "nothing"), "0x");
  assert.equal(ask("misc_runtime_version_version_1", [text], "packed"), "0x00");
});

test("undecodable lists and unknown state versions end the guest", () => {
  const garbage = { packed: new Uint8Array([4]) };
  assert.equal(fault("trie_blake2_256_root_version_1", [garbage], { bytes: 32 }), "badArgument");
  assert.equal(
    fault(
      "trie_keccak_256_ordered_root_version_2",
      [{ packed: new Uint8Array(1) }, { number: 7 }],
      {
        bytes: 32,
      },
    ),
    "badArgument",
  );
});

test("the root of nothing differs by hash function", () => {
  const nothing = [{ packed: new Uint8Array(1) }];
  assert.equal(
    ask("trie_blake2_256_root_version_1", nothing, { bytes: 32 }),
    "0x03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314",
  );
  assert.equal(
    ask("trie_keccak_256_root_version_1", nothing, { bytes: 32 }),
    "0xbc36789e7a1e281436464229828f817d6612f7b477d66591ff96a9e064bcc98a",
  );
});
