import assert from "node:assert/strict";
import { test } from "node:test";
import { ristretto255, ristretto255_hasher } from "@noble/curves/ed25519.js";
import { keccakP } from "@noble/hashes/sha3.js";
import {
  asciiBytes,
  bytesToHex,
  concatBytes,
  type Hex,
  hexToBytes,
  randomBelow,
  randomBytes,
  SeededRandom,
} from "@parahost/base";
import * as wasmCrypto from "@polkadot/wasm-crypto";
import {
  sr25519_pubkey,
  sr25519_secret_from_seed,
  sr25519_sign,
} from "@polkadot-labs/schnorrkel-wasm";
import * as scure from "@scure/sr25519";
import { type Claim, Sr25519Kernel } from "./sr25519.ts";

await wasmCrypto.waitReady();

/** Both builds, whichever this machine would choose. A machine that does not fuse has one. */
const chosen = new Sr25519Kernel();
const kernels = chosen.build === "portable" ? [chosen] : [chosen, new Sr25519Kernel("portable")];

const ORDER = ristretto255.Point.Fn.ORDER;
const random = new SeededRandom("sr25519 kernel");

const scalarBytes = (scalar: bigint): Uint8Array =>
  Uint8Array.from({ length: 32 }, (_, i) => Number((scalar >> BigInt(8 * i)) & 255n));

const numberOf = (bytes: Uint8Array): bigint =>
  bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);

function withByte(bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  const changed = bytes.slice();
  changed[at] = change(changed[at] as number);
  return changed;
}

interface Signer {
  readonly secret: Uint8Array;
  readonly key: Uint8Array;
}

const signers: readonly Signer[] = Array.from({ length: 24 }, () => {
  const secret = sr25519_secret_from_seed(randomBytes(random, 32));
  return { secret, key: sr25519_pubkey(secret) };
});

function claimOf(signer: number, length = 100): Claim {
  const { secret, key } = signers[signer % signers.length] as Signer;
  const message = randomBytes(random, length);
  return {
    publicKey: bytesToHex(key),
    message,
    signature: sr25519_sign(key, secret, message),
  };
}

const honest: readonly Claim[] = Array.from({ length: 300 }, (_, i) => claimOf(i, i));

const withSignature = (claim: Claim, signature: Uint8Array): Claim => ({ ...claim, signature });

/** The claim with `delta` added to its scalar s. */
function withScalarMoved(claim: Claim, delta: bigint): Claim {
  const s = numberOf(withByte(claim.signature.subarray(32), 31, (byte) => byte & 127));
  const moved = scalarBytes((s + delta + ORDER) % ORDER);
  return withSignature(
    claim,
    concatBytes(
      claim.signature.subarray(0, 32),
      withByte(moved, 31, (byte) => byte | 128),
    ),
  );
}

/** Not encodings, RFC 9496, A.2: above p, negative, not square, negative t, y = 0. */
const NO_POINTS = [
  "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
  "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map((digits) => hexToBytes(`0x${digits}`));

test("the permutation is Keccak's", () => {
  for (const kernel of kernels) {
    const ours = Uint8Array.from({ length: 200 }, (_, i) => i * 7);
    const theirs = new Uint32Array(ours.slice().buffer);
    kernel.keccakF1600(ours);
    keccakP(theirs);
    assert.deepEqual(new Uint32Array(ours.buffer), theirs);
  }
});

test("points and their multiples are an independent library's, in both builds", () => {
  const extremes = [0, 0xed, 0xff].map((byte) => new Uint8Array(64).fill(byte));
  const scalars = [0n, 1n, 8n, ORDER - 1n, 2n ** 252n, 2n ** 251n - 1n, (ORDER - 1n) / 2n];
  const inputs = [...extremes, ...Array.from({ length: 20 }, () => randomBytes(random, 64))];
  for (const [i, uniform] of inputs.entries()) {
    const s = scalars[i] ?? numberOf(uniform) % ORDER;
    const t = scalars[(3 * i) % 10] ?? numberOf(randomBytes(random, 32)) % ORDER;
    const theirs = ristretto255_hasher.deriveToCurve?.(uniform);
    assert.ok(theirs !== undefined);
    const [theirS, theirBase] = [
      theirs.multiplyUnsafe(s),
      ristretto255.Point.BASE.multiplyUnsafe(t),
    ];
    for (const kernel of kernels) {
      const point = kernel.pointFromUniform(uniform);
      assert.deepEqual(kernel.encodePoint(point), theirs.toBytes());
      const product = kernel.multiplySecret(point, scalarBytes(s));
      const ofBase = kernel.multiplyBaseSecret(scalarBytes(t));
      assert.deepEqual(kernel.encodePoints(product, ofBase), [
        theirS.toBytes(),
        theirBase.toBytes(),
      ]);
      const sum = theirS.add(theirBase).toBytes();
      const base = kernel.multiplyBaseSecret(scalarBytes(1n));
      for (const ours of [
        kernel.addPoints(product, ofBase),
        kernel.sumWithBase(scalarBytes(t), scalarBytes(s), point),
        kernel.sumOfMultiples(scalarBytes(s), point, scalarBytes(t), base),
      ])
        assert.deepEqual(kernel.encodePoint(ours), sum);
    }
  }
});

test("bytes are decoded when an independent library decodes them", () => {
  const strings = [
    ...NO_POINTS,
    new Uint8Array(32),
    ...Array.from({ length: 60 }, () =>
      withByte(
        withByte(randomBytes(random, 32), 31, (byte) => byte & 127),
        0,
        (byte) => byte & 254,
      ),
    ),
  ];
  for (const bytes of strings) {
    let theirs: Uint8Array | undefined;
    try {
      theirs = ristretto255.Point.fromBytes(bytes).toBytes();
    } catch (refusal) {
      assert.ok(refusal instanceof Error);
    }
    for (const kernel of kernels) {
      const ours = kernel.decodePoint(bytes);
      assert.deepEqual(ours && kernel.encodePoint(ours), theirs);
    }
  }
});

test("true claims are true, alone and in batches of every size", () => {
  for (const kernel of kernels) {
    for (const claim of honest.slice(0, 20)) assert.ok(kernel.verify(claim));
    for (const size of [0, 1, 2, 3, 8, 12, 15, 16, 17, 30, 64, 110, 255, 300]) {
      assert.deepEqual(kernel.verifyAll(honest.slice(0, size)), Array(size).fill(true));
      assert.equal(kernel.failedSums, 0);
    }
  }
});

/** False claims of every kind, each made out of a true one. */
const falsehoods: ReadonlyMap<string, (claim: Claim) => Claim> = new Map([
  [
    "another message",
    (claim) => ({ ...claim, message: concatBytes(claim.message, asciiBytes("!")) }),
  ],
  ["another key", (claim) => ({ ...claim, publicKey: claimOf(23).publicKey })],
  [
    "R of another",
    (claim) =>
      withSignature(
        claim,
        concatBytes(claimOf(22).signature.subarray(0, 32), claim.signature.subarray(32)),
      ),
  ],
  [
    "R of no point",
    (claim) =>
      withSignature(claim, concatBytes(NO_POINTS[7] as Uint8Array, claim.signature.subarray(32))),
  ],
  [
    "R of p more",
    (claim) =>
      withSignature(claim, concatBytes(NO_POINTS[3] as Uint8Array, claim.signature.subarray(32))),
  ],
  [
    "R with the top bit",
    (claim) =>
      withSignature(
        claim,
        withByte(claim.signature, 31, (byte) => byte ^ 128),
      ),
  ],
  [
    "R of opposite sign",
    (claim) =>
      withSignature(
        claim,
        withByte(claim.signature, 0, (byte) => byte ^ 1),
      ),
  ],
  [
    "R the identity",
    (claim) => withSignature(claim, concatBytes(new Uint8Array(32), claim.signature.subarray(32))),
  ],
  ["s and one", (claim) => withScalarMoved(claim, 1n)],
  [
    "no marker",
    (claim) =>
      withSignature(
        claim,
        withByte(claim.signature, 63, (byte) => byte & 127),
      ),
  ],
  ["zeros", (claim) => withSignature(claim, new Uint8Array(64))],
  ["all bits", (claim) => withSignature(claim, new Uint8Array(64).fill(255))],
  [
    "a key that is no point",
    (claim) => ({ ...claim, publicKey: bytesToHex(NO_POINTS[6] as Uint8Array) }),
  ],
  [
    "a key not canonical",
    (claim) => ({ ...claim, publicKey: bytesToHex(NO_POINTS[3] as Uint8Array) }),
  ],
] satisfies [string, (claim: Claim) => Claim][]);

/** s plus the order, where that fits into the bits of s: the same number, but not its encoding. */
function withLargeScalar(claim: Claim): Claim {
  const s = withByte(claim.signature.subarray(32), 31, (byte) => byte & 127);
  const large = withByte(scalarBytes(numberOf(s) + ORDER), 31, (byte) => byte | 128);
  return withSignature(claim, concatBytes(claim.signature.subarray(0, 32), large));
}

test("every kind of false claim is found, alone and among many, as others find it", () => {
  const kinds = [...falsehoods.entries(), ["s and the order", withLargeScalar] as const];
  for (const [i, [kind, falsify]] of kinds.entries()) {
    const original = honest[10 * i] as Claim;
    const forged = falsify(original);
    const key = hexToBytes(forged.publicKey);
    assert.ok(!wasmCrypto.sr25519Verify(forged.signature, forged.message, key), kind);
    let accepted = false;
    try {
      accepted = scure.verify(forged.message, forged.signature, key);
    } catch (refusal) {
      assert.ok(refusal instanceof Error);
    }
    assert.ok(!accepted, kind);
    for (const kernel of kernels) {
      assert.ok(!kernel.verify(forged), kind);
      assert.ok(kernel.verify(original));
      const batch = honest.slice(0, 40);
      batch[i] = forged;
      assert.deepEqual(
        kernel.verifyAll(batch),
        batch.map((claim) => claim !== forged),
        kind,
      );
    }
  }
});

test("claims of impossible lengths are false and cost the others nothing", () => {
  const [claim] = honest;
  assert.ok(claim !== undefined);
  const impossible: Claim[] = [0, 63, 65].map((length) =>
    withSignature(claim, new Uint8Array(length)),
  );
  const keys: Hex[] = ["0x", "0x00", `${claim.publicKey}00`];
  for (const publicKey of keys) impossible.push({ ...claim, publicKey });
  for (const kernel of kernels) {
    for (const it of impossible) assert.ok(!kernel.verify(it));
    const batch = [...honest.slice(0, 20), ...impossible, ...honest.slice(20, 40)];
    assert.deepEqual(
      kernel.verifyAll(batch),
      batch.map((it) => !impossible.includes(it)),
    );
  }
});

test("nobody can sign for the identity, though its equation holds", () => {
  const publicKey: Hex = `0x${"00".repeat(32)}`;
  for (const kernel of kernels) {
    const five = kernel.encodePoint(kernel.multiplyBaseSecret(scalarBytes(5n)));
    const scalar = withByte(scalarBytes(5n), 31, (byte) => byte | 128);
    const claim = { publicKey, message: asciiBytes("m"), signature: concatBytes(five, scalar) };
    assert.ok(!kernel.verify(claim));
    assert.deepEqual(kernel.verifyAll([claim, ...honest.slice(0, 30)])[0], false);
  }
});

test("a commitment that is the identity is as good as any", () => {
  const { secret, key } = signers[0] as Signer;
  const message = asciiBytes("a nonce of zero gives the key away, and is valid");
  const transcript = new scure.__tests.SigningContext("SigningContext");
  transcript.label(asciiBytes("substrate"));
  transcript.bytes(message);
  transcript.protoName("Schnorr-sig");
  transcript.appendMessage("sign:pk", key);
  transcript.appendMessage("sign:R", new Uint8Array(32));
  const challenge = transcript.challengeScalar("sign:c");
  const s = (challenge * (numberOf(secret.subarray(0, 32)) >> 3n)) % ORDER;
  const signature = concatBytes(
    new Uint8Array(32),
    withByte(scalarBytes(s), 31, (byte) => byte | 128),
  );
  assert.ok(wasmCrypto.sr25519Verify(signature, message, key));
  const claim = { publicKey: bytesToHex(key), message, signature };
  for (const kernel of kernels) {
    assert.ok(kernel.verify(claim));
    assert.ok(kernel.verifyAll([claim, ...honest.slice(0, 30)])[0]);
  }
});

/** Where the answers say false. */
const falseAt = (answers: readonly boolean[]): number[] =>
  [...answers.keys()].filter((i) => answers[i] === false);

test("one false claim among 1,500 is the one that is found", () => {
  const many = Array.from({ length: 1_500 }, (_, i) => honest[i % honest.length] as Claim);
  many[777] = withScalarMoved(many[777] as Claim, 1n);
  for (const kernel of kernels) assert.deepEqual(falseAt(kernel.verifyAll(many)), [777]);
});

test("false claims that cancel each other in a plain sum stay false", () => {
  const [first, second, third] = [10, 11, 200].map((i) => honest[i] as Claim);
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const delta = 123_456_789n;
  for (const kernel of kernels) {
    const batch = honest.slice();
    batch[10] = withScalarMoved(first, delta);
    batch[11] = withScalarMoved(second, ORDER - delta);
    assert.deepEqual(falseAt(kernel.verifyAll(batch)), [10, 11]);
    // The same claim twice, moved apart.
    batch[10] = withScalarMoved(third, delta);
    batch[11] = withScalarMoved(third, ORDER - delta);
    assert.deepEqual(falseAt(kernel.verifyAll(batch)), [10, 11]);
  }
});

test("batches with any number of false claims answer as single verification does", () => {
  const kinds = [...falsehoods.values()];
  for (const kernel of kernels)
    for (const share of [1, 2, 5, 50]) {
      const batch = honest.slice(0, 120).map((claim, i) => {
        const falsify = kinds[i % kinds.length];
        return falsify !== undefined && randomBelow(random, share) === 0 ? falsify(claim) : claim;
      });
      assert.deepEqual(
        kernel.verifyAll(batch),
        batch.map((claim) => kernel.verify(claim)),
      );
    }
});

test("the same claim many times over is true as often, in more than one batch's worth", () => {
  const [claim] = honest;
  assert.ok(claim !== undefined);
  const forged = withScalarMoved(claim, 1n);
  const many = Array.from({ length: 4_200 }, (_, i) => (i === 2_050 ? forged : claim));
  assert.deepEqual(falseAt(chosen.verifyAll(many)), [2_050]);
});

test("more keys than the table holds come and go", () => {
  const kernel = new Sr25519Kernel();
  const [claim] = honest;
  assert.ok(claim !== undefined);
  assert.ok(kernel.verify(claim));
  const point = kernel.pointFromUniform(new Uint8Array(64).fill(1));
  let current = point;
  const strangers = Array.from({ length: 5_000 }, () => {
    current = kernel.addPoints(current, point);
    return { ...claim, publicKey: bytesToHex(kernel.encodePoint(current)) };
  });
  const false5000 = Array(5_000).fill(false);
  assert.deepEqual(
    kernel.verifyAll(strangers.map((it) => withSignature(it, new Uint8Array(64)))),
    false5000,
  );
  assert.ok(kernel.verify(claim));
  for (const { publicKey } of [strangers[0], strangers.at(-1)] as Claim[])
    assert.deepEqual(
      kernel.encodePoint(kernel.publicKeyPoint(publicKey) ?? point),
      hexToBytes(publicKey),
    );
});

test("thousands of bad keys take no place in the table", () => {
  const kernel = new Sr25519Kernel();
  for (let i = 0; i < 5_000; i++)
    assert.equal(
      kernel.publicKeyPoint(`0x${"ff".repeat(30)}${i.toString(16).padStart(4, "0")}`),
      undefined,
    );
  assert.ok(honest.slice(0, 50).every((claim) => kernel.verify(claim)));
});

test("a message longer than the memory makes room for itself", () => {
  const long = claimOf(1, 400_000);
  const kernel = new Sr25519Kernel();
  assert.ok(kernel.verify(long));
  assert.deepEqual(kernel.verifyAll([long, honest[0] as Claim]), [true, true]);
  assert.ok(!kernel.verify({ ...long, message: withByte(long.message, 399_999, (b) => b ^ 1) }));
});
