import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import { HDKD } from "@scure/sr25519";
import { sr25519PairFromSeed, sr25519Sign, sr25519Verify } from "./sr25519.ts";
import {
  sr25519HardChild,
  sr25519SoftChild,
  sr25519SoftChildPublicKey,
} from "./sr25519-derivation.ts";

const parent = sr25519PairFromSeed(new Uint8Array(32).fill(3));
const chainCodes = [0, 1, 255].map((byte) => new Uint8Array(32).fill(byte));

test("hard children are those of an independent library", () => {
  for (const chainCode of chainCodes)
    assert.deepEqual(
      sr25519HardChild(parent, chainCode).secret,
      HDKD.secretHard(parent.secret, chainCode),
    );
});

test("soft children are those of an independent library, from the secret and from the key", () => {
  for (const chainCode of chainCodes) {
    const expected = bytesToHex(HDKD.publicSoft(hexToBytes(parent.publicKey), chainCode));
    assert.equal(sr25519SoftChild(parent, chainCode).publicKey, expected);
    assert.equal(sr25519SoftChildPublicKey(parent.publicKey, chainCode), expected);
  }
});

test("a soft child signs, repeats, and has a nonce seed of its own", () => {
  const [chainCode = new Uint8Array(32)] = chainCodes;
  const child = sr25519SoftChild(parent, chainCode);
  assert.deepEqual(sr25519SoftChild(parent, chainCode), child);
  assert.notDeepEqual(child.secret.slice(32), parent.secret.slice(32));
  const message = new Uint8Array([1]);
  assert.ok(sr25519Verify(child.publicKey, message, sr25519Sign(child, message)));
});

test("a bad key has no soft children, and a chain code has 32 bytes", () => {
  assert.equal(sr25519SoftChildPublicKey(`0x${"ff".repeat(32)}`, new Uint8Array(32)), undefined);
  assert.throws(() => sr25519HardChild(parent, new Uint8Array(31)), /chain code/);
});
