/** Vectors `crypto/sr25519.json`, `ed25519-zip215.json` and `misc.json`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asciiBytes,
  bytesToHex,
  concatBytes,
  expectOk,
  type Hex,
  hexToBytes,
} from "@parahost/base";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";
import {
  blake2b256Hex,
  ecdsaPairFromSecret,
  ecdsaPublicKey,
  ecdsaRecover,
  ecdsaSignPrehashed,
  ecdsaUncompress,
  ed25519Verify,
  sr25519Agree,
  sr25519PairFromSecret,
  sr25519PairFromSeed,
  sr25519PairFromUri,
  sr25519SoftChild,
  sr25519SoftChildPublicKey,
  sr25519Verify,
  ss58Decode,
  ss58Encode,
} from "../src/index.ts";

const hex = (text: string): Hex => `0x${text}`;

type Sr25519Case = { readonly id: string } & (
  | { readonly op: "pair_from_seed"; readonly seed: string; readonly keypair: string }
  | {
      readonly op: "verify";
      readonly public: string;
      readonly message: string;
      readonly signature: string;
      readonly valid: boolean;
    }
  | {
      readonly op: "derive_soft";
      readonly keypair: string;
      readonly chain_code: string;
      readonly public: string;
    }
  | {
      readonly op: "agree";
      readonly seed_a: string;
      readonly seed_b: string;
      readonly shared: string;
    }
  | { readonly op: "dev_phrase_uri"; readonly uri: string; readonly public: string }
);

function checkSr25519(it: Sr25519Case): void {
  switch (it.op) {
    case "pair_from_seed": {
      const pair = sr25519PairFromSeed(hexToBytes(it.seed));
      assert.equal(bytesToHex(pair.secret) + pair.publicKey.slice(2), hex(it.keypair));
      return;
    }
    case "verify":
      assert.equal(
        sr25519Verify(hex(it.public), hexToBytes(it.message), hexToBytes(it.signature)),
        it.valid,
      );
      return;
    case "derive_soft": {
      const parent = sr25519PairFromSecret(hexToBytes(it.keypair).slice(0, 64));
      const chainCode = hexToBytes(it.chain_code);
      assert.equal(sr25519SoftChild(parent, chainCode).publicKey, hex(it.public));
      assert.equal(sr25519SoftChildPublicKey(parent.publicKey, chainCode), hex(it.public));
      return;
    }
    case "agree": {
      const a = sr25519PairFromSeed(hexToBytes(it.seed_a));
      const b = sr25519PairFromSeed(hexToBytes(it.seed_b));
      for (const shared of [sr25519Agree(a, b.publicKey), sr25519Agree(b, a.publicKey)])
        assert.equal(shared && bytesToHex(shared), hex(it.shared));
      return;
    }
    case "dev_phrase_uri":
      assert.equal(expectOk(sr25519PairFromUri(it.uri), it.uri).publicKey, hex(it.public));
      return;
    default:
      assert.fail(`unknown operation: ${JSON.stringify(it satisfies never)}`);
  }
}

test("sr25519 agrees with schnorrkel", { skip: skipWithoutVectors }, async (t) => {
  const { cases } = readVectorJson<{ readonly cases: readonly Sr25519Case[] }>(
    "crypto",
    "sr25519.json",
  );
  for (const it of cases) await t.test(`${it.id} ${it.op}`, () => checkSr25519(it));
});

interface Zip215Case {
  readonly number: number;
  readonly desc: string;
  readonly pk: string;
  readonly r: string;
  readonly s: string;
  readonly msg: string;
  readonly valid_zip215: boolean;
}

test("ed25519 accepts what ZIP-215 accepts", { skip: skipWithoutVectors }, async (t) => {
  const { cases } = readVectorJson<{ readonly cases: readonly Zip215Case[] }>(
    "crypto",
    "ed25519-zip215.json",
  );
  for (const it of cases)
    await t.test(`${it.number} ${it.desc}`, () => {
      const valid = ed25519Verify(
        hex(it.pk),
        hexToBytes(it.msg),
        concatBytes(hexToBytes(it.r), hexToBytes(it.s)),
      );
      assert.equal(valid, it.valid_zip215);
    });
});

type MiscCase = { readonly id: string } & (
  | {
      readonly op: "ed25519_verify";
      readonly public: string;
      readonly message: string;
      readonly signature: string;
      readonly valid: boolean;
    }
  | {
      readonly op: "secp256k1_sign_recoverable_prehashed";
      readonly secret: string;
      readonly hash: string;
      readonly signature: string;
    }
  | { readonly op: "secp256k1_compress"; readonly full: string; readonly compressed: string }
  | {
      readonly op: "secp256k1_public_from_seed";
      readonly secret: string;
      readonly public_compressed: string;
    }
  | {
      readonly op: "ss58";
      readonly prefix: number;
      readonly public: string;
      readonly address: string;
    }
  | {
      readonly op: "ss58_derived_account";
      readonly base: string;
      readonly index: number;
      readonly address: string;
    }
);

function checkMisc(it: MiscCase): void {
  switch (it.op) {
    case "ed25519_verify":
      assert.equal(
        ed25519Verify(hex(it.public), hexToBytes(it.message), hexToBytes(it.signature)),
        it.valid,
      );
      return;
    case "secp256k1_sign_recoverable_prehashed": {
      const pair = ecdsaPairFromSecret(hexToBytes(it.secret));
      const signature = ecdsaSignPrehashed(pair, hexToBytes(it.hash));
      assert.equal(bytesToHex(signature), hex(it.signature));
      const recovered = expectOk(ecdsaRecover(hexToBytes(it.hash), signature), it.id);
      assert.equal(bytesToHex(recovered), pair.publicKey);
      return;
    }
    case "secp256k1_compress": {
      const point = ecdsaUncompress(hexToBytes(it.compressed));
      assert.equal(point && bytesToHex(point), hex(it.full.slice(2)));
      return;
    }
    case "secp256k1_public_from_seed":
      assert.equal(ecdsaPublicKey(hexToBytes(it.secret)), hex(it.public_compressed));
      return;
    case "ss58": {
      const { prefix, address } = it;
      assert.equal(ss58Encode(hex(it.public), prefix), address);
      assert.deepEqual(expectOk(ss58Decode(address), it.id), { publicKey: hex(it.public), prefix });
      return;
    }
    case "ss58_derived_account": {
      const base = expectOk(ss58Decode(it.base), it.id);
      const account = blake2b256Hex(
        concatBytes(
          asciiBytes("modlpy/utilisuba"),
          hexToBytes(base.publicKey),
          new Uint8Array([it.index, it.index >> 8]),
        ),
      );
      assert.equal(ss58Encode(account, base.prefix), it.address);
      return;
    }
    default:
      assert.fail(`unknown operation: ${JSON.stringify(it satisfies never)}`);
  }
}

test("other primitives agree with their sources", { skip: skipWithoutVectors }, async (t) => {
  const { cases } = readVectorJson<{ readonly cases: readonly MiscCase[] }>("crypto", "misc.json");
  for (const it of cases) await t.test(`${it.id} ${it.op}`, () => checkMisc(it));
});

interface CollatorCase {
  readonly from: string;
  readonly index: number;
  readonly collator: string;
  readonly payload: string;
  readonly signature: string;
}

test("signatures of real collators verify", { skip: skipWithoutVectors }, () => {
  const { cases } = readVectorJson<{ readonly cases: readonly CollatorCase[] }>(
    "parachain-host",
    "collator-signatures.json",
  );
  assert.ok(cases.length > 0);
  for (const it of cases) {
    const payload = hexToBytes(it.payload);
    const signature = hexToBytes(it.signature);
    assert.ok(sr25519Verify(hex(it.collator), payload, signature), `${it.from} ${it.index}`);
    payload[0] = (payload[0] as number) ^ 1;
    assert.ok(!sr25519Verify(hex(it.collator), payload, signature), `${it.from} ${it.index}`);
  }
});
