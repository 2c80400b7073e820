import assert from "node:assert/strict";
import { test } from "node:test";
import { ristretto255, ristretto255_hasher } from "@noble/curves/ed25519.js";
import { bytesToHex, hexToBytes } from "@parahost/base";
import { blake2b512 } from "./hash.ts";
import {
  addPoints,
  decodePoint,
  doubleMultiply,
  doubleMultiplyBase,
  encodedMultipleOfBase,
  encodePoint,
  encodePoints,
  isIdentity,
  multipleOfBase,
  multiplyBySecret,
  pointFromUniformBytes,
} from "./ristretto.ts";
import { GROUP_ORDER, reduceScalar, scalarFromWideBytes } from "./scalar.ts";

const uniform = (i: number): Uint8Array => blake2b512(new Uint8Array([i]));
const SCALARS = [
  0n,
  1n,
  2n,
  7n,
  8n,
  15n,
  16n,
  GROUP_ORDER - 1n,
  GROUP_ORDER - 8n,
  (GROUP_ORDER - 1n) / 2n,
  2n ** 252n,
  2n ** 251n - 1n,
  ...Array.from({ length: 12 }, (_, i) => scalarFromWideBytes(uniform(i))),
];

/** The first multiples of the generator, RFC 9496, A.1. */
const SMALL_MULTIPLES = [
  "0000000000000000000000000000000000000000000000000000000000000000",
  "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
  "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
  "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
];

/** Not encodings, RFC 9496, A.2: above p, negative, not square, negative t, y = 0. */
const BAD_ENCODINGS = [
  "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
  "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

test("multiples of the generator are encoded as published", () => {
  const base = multipleOfBase(1n);
  let sum = multipleOfBase(0n);
  for (const [i, encoding] of SMALL_MULTIPLES.entries()) {
    assert.equal(bytesToHex(encodePoint(sum)), `0x${encoding}`);
    assert.equal(bytesToHex(encodedMultipleOfBase(BigInt(i))), `0x${encoding}`);
    sum = addPoints(sum, base);
  }
});

test("every point has one encoding, and what is none is refused", () => {
  for (const encoding of BAD_ENCODINGS) assert.equal(decodePoint(hexToBytes(encoding)), undefined);
  for (const length of [0, 31, 33]) assert.equal(decodePoint(new Uint8Array(length)), undefined);
  for (let i = 0; i < 64; i++) {
    const bytes = blake2b512(new Uint8Array([i, 1])).subarray(0, 32);
    bytes[31] = (bytes[31] as number) & 0x7f;
    bytes[0] = (bytes[0] as number) & 0xfe;
    let theirs: Uint8Array | undefined;
    try {
      theirs = ristretto255.Point.fromBytes(bytes).toBytes();
    } catch (refusal) {
      assert.ok(refusal instanceof Error);
    }
    const ours = decodePoint(bytes);
    assert.deepEqual(ours && encodePoint(ours), theirs);
  }
});

test("uniform bytes map to the points that an independent library finds", () => {
  for (let i = 0; i < 64; i++)
    assert.deepEqual(
      encodePoint(pointFromUniformBytes(uniform(i))),
      ristretto255_hasher.deriveToCurve?.(uniform(i)).toBytes(),
    );
  for (const byte of [0, 255]) {
    const extreme = new Uint8Array(64).fill(byte);
    assert.deepEqual(
      encodePoint(pointFromUniformBytes(extreme)),
      ristretto255_hasher.deriveToCurve?.(extreme).toBytes(),
    );
  }
});

test("multiplications agree with an independent library for all kinds of scalars", () => {
  const p = pointFromUniformBytes(uniform(100));
  const theirP = ristretto255.Point.fromBytes(encodePoint(p));
  const q = pointFromUniformBytes(uniform(101));
  const theirQ = ristretto255.Point.fromBytes(encodePoint(q));
  const theirBase = ristretto255.Point.BASE;
  for (const [i, s] of SCALARS.entries()) {
    const t = SCALARS[(i * 5 + 3) % SCALARS.length] as bigint;
    const [sP, sB] = [theirP.multiplyUnsafe(s), theirBase.multiplyUnsafe(s)];
    const tQ = theirQ.multiplyUnsafe(t);
    assert.deepEqual(encodePoint(multiplyBySecret(p, s)), sP.toBytes());
    assert.deepEqual(encodedMultipleOfBase(s), sB.toBytes());
    const sums = encodePoints(doubleMultiply(s, p, t, q), doubleMultiplyBase(s, t, q));
    assert.deepEqual(sums, [sP.add(tQ).toBytes(), sB.add(tQ).toBytes()]);
    assert.deepEqual(
      encodePoint(doubleMultiplyBase(s, reduceScalar(-t), q)),
      sB.subtract(tQ).toBytes(),
    );
  }
});

test("a point less itself is the identity", () => {
  const p = pointFromUniformBytes(uniform(1));
  assert.ok(isIdentity(addPoints(p, multiplyBySecret(p, GROUP_ORDER - 1n))));
  assert.ok(isIdentity(multiplyBySecret(p, 0n)));
  assert.ok(isIdentity(multipleOfBase(0n)));
  assert.ok(!isIdentity(p));
});
