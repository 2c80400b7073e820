import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bytesToHex,
  expectOk,
  hexToBytes,
  randomBelow,
  randomBytes,
  shuffle,
} from "@parahost/base";
import { obtainChunks, reconstruct, reconstructFromSystematic } from "./chunks.ts";
import { branches } from "./commitment.ts";
import { EXP, LOG, multiply, ORDER } from "./field.ts";
import type { IndexedChunk } from "./kernel.ts";
import { erasureParameters } from "./parameters.ts";
import { seeded } from "./testing/seeded.ts";

const indexed = (chunks: readonly Uint8Array[]): IndexedChunk[] =>
  chunks.map((chunk, index) => [index, chunk]);

// Made with the code of paritytech/reed-solomon-novelpoly, roots with a separately written trie.
const published: readonly (readonly [n: number, data: string, chunks: string, root: string])[] = [
  [
    3,
    "010203",
    "01020300 01020300 01020300",
    "981d9b0e9adcd6ccd8c46756a51ba52d591472458bc158cce8d6fb7d22237089",
  ],
  [
    4,
    "00010203040506070809",
    "000104050809 020306070000 039d0799067b 019f059b0e72",
    "fc353aeb69a3cdc9503f22192ee44f61e36da9cbbe364e311b05cdb94124b840",
  ],
  [
    6,
    "615d17",
    "615d 1700 cf96 b9cb f304 8559",
    "b7a19b7f89769b5f8dd1fde1f319469acad064fefc480855eced96930503c0df",
  ],
  [
    10,
    "000102030405060708090a0b0c0d0e0f10111213",
    "000108091011 02030a0b1213 04050c0d0000 06070e0f0000 0157095f3854 03550b5d39ca 05530d5b2227 07510f5921bb 07370f3f5e71 05350d3d578f",
    "c7fdba9f2b077ee0f58366ad96e5b986462079097375cd98d6de712be4927772",
  ],
];

test("chunks and roots are Polkadot's", () => {
  for (const [n, data, expected, root] of published) {
    const chunks = expectOk(obtainChunks(n, hexToBytes(data)), "chunks");
    assert.equal(chunks.map((chunk) => bytesToHex(chunk).slice(2)).join(" "), expected);
    assert.equal(branches(chunks).root, `0x${root}`);
  }
});

test("every chunk is the value of the interpolating polynomial, in Lagrange's form", () => {
  const random = seeded(5);
  for (const n of [2, 5, 7, 13, 30, 70, 130]) {
    const { k } = expectOk(erasureParameters(n), "parameters");
    const data = randomBytes(random, 2 * k * 3);
    const chunks = expectOk(obtainChunks(n, data), "chunks");
    const symbol = (chunk: number, column: number): number => {
      const bytes = chunks[chunk] as Uint8Array;
      return ((bytes[2 * column] as number) << 8) | (bytes[2 * column + 1] as number);
    };
    for (let point = k; point < n; point++)
      for (let column = 0; column < 3; column++) {
        let value = 0;
        for (let j = 0; j < k; j++) {
          let coefficient = 1;
          for (let m = 0; m < k; m++) {
            if (m === j) continue;
            const inverse = EXP[ORDER - (LOG[j ^ m] as number)] as number;
            coefficient = multiply(coefficient, multiply(point ^ m, inverse));
          }
          value ^= multiply(coefficient, symbol(j, column));
        }
        assert.equal(symbol(point, column), value);
      }
  }
});

test("any chunks up to the threshold give the data back, with zeros after it", () => {
  const random = seeded(6);
  for (const n of [2, 3, 4, 7, 10, 33, 100, 257, 1000, 4096]) {
    const parameters = expectOk(erasureParameters(n), "parameters");
    const data = randomBytes(random, 1 + randomBelow(random, 3000));
    const chunks = indexed(expectOk(obtainChunks(n, data), "chunks"));
    for (const count of [parameters.k, parameters.recoveryThreshold, n]) {
      for (let draw = 0; draw < 10; draw++) {
        const subset = shuffle(random, [...chunks]).slice(0, count);
        const restored = expectOk(reconstruct(n, subset), "recovery");
        assert.deepEqual(restored.subarray(0, data.length), data);
        assert.ok(restored.subarray(data.length).every((byte) => byte === 0));
      }
    }
    const first = chunks.map(([, bytes]) => bytes);
    assert.deepEqual(
      expectOk(reconstructFromSystematic(n, first), "systematic").subarray(0, data.length),
      data,
    );
  }
});

test("as many validators as the field has points", () => {
  const data = randomBytes(seeded(7), 40_000);
  const chunks = indexed(expectOk(obtainChunks(65_536, data), "chunks"));
  const restored = expectOk(reconstruct(65_536, chunks.slice(-16_384)), "recovery");
  assert.deepEqual(restored.subarray(0, data.length), data);
});

test("a corrupted chunk is found by encoding again: the root differs", () => {
  const random = seeded(8);
  for (const n of [4, 10, 50, 100]) {
    const data = randomBytes(random, 500);
    const chunks = expectOk(obtainChunks(n, data), "chunks");
    const { root } = branches(chunks);
    const { k } = expectOk(erasureParameters(n), "parameters");
    const subset = shuffle(random, indexed(chunks)).slice(0, k);
    const victim = randomBelow(random, k);
    const [index, bytes] = subset[victim] as IndexedChunk;
    subset[victim] = [index, bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte))];
    const restored = expectOk(reconstruct(n, subset), "recovery");
    assert.notEqual(branches(expectOk(obtainChunks(n, restored), "again")).root, root);
  }
});

test("nothing is made of empty data or of a wrong number of validators", () => {
  const data = new Uint8Array([1]);
  assert.deepEqual(obtainChunks(4, new Uint8Array(0)), { ok: false, error: { code: "emptyData" } });
  assert.deepEqual(obtainChunks(0, data), {
    ok: false,
    error: { code: "tooFewValidators", n: 0 },
  });
  assert.deepEqual(obtainChunks(1, data), {
    ok: false,
    error: { code: "tooFewValidators", n: 1 },
  });
  assert.deepEqual(obtainChunks(65_537, data), {
    ok: false,
    error: { code: "tooManyValidators", n: 65_537 },
  });
});

test("each kind of unusable chunks is refused with its reason", () => {
  const n = 10;
  const chunks = indexed(expectOk(obtainChunks(n, new Uint8Array(100).fill(7)), "chunks"));
  const [first, second, third, fourth] = chunks as [
    IndexedChunk,
    IndexedChunk,
    IndexedChunk,
    IndexedChunk,
  ];
  const refusal = (of: readonly IndexedChunk[], validators = n): unknown => {
    const result = reconstruct(validators, of);
    return result.ok ? result : result.error;
  };
  assert.deepEqual(refusal([]), { code: "noChunks" });
  assert.deepEqual(refusal(chunks.slice(0, 3)), { code: "tooFewChunks", have: 3, need: 4 });
  const short: IndexedChunk = [3, fourth[1].subarray(2)];
  assert.deepEqual(refusal([first, second, third, short]), {
    code: "unequalLengths",
    lengths: [26, 24],
  });
  const odd = chunks.map(([index, bytes]): IndexedChunk => [index, bytes.subarray(1)]);
  assert.deepEqual(refusal(odd), { code: "oddLength", length: 25 });
  const empty = chunks.map(([index]): IndexedChunk => [index, new Uint8Array(0)]);
  assert.deepEqual(refusal(empty), { code: "emptyChunks" });
  for (const index of [10, -1, 1.5, 2 ** 32])
    assert.deepEqual(refusal([first, second, third, [index, fourth[1]]]), {
      code: "indexOutOfRange",
      index,
      n,
    });
  assert.deepEqual(refusal([first, second, third, fourth, second]), {
    code: "duplicateIndex",
    index: 1,
  });
  assert.deepEqual(refusal(chunks, 1), { code: "tooFewValidators", n: 1 });
  assert.deepEqual(refusal(chunks, 65_537), { code: "tooManyValidators", n: 65_537 });

  const systematic = reconstructFromSystematic(n, [first[1], second[1]]);
  assert.deepEqual(systematic, {
    ok: false,
    error: { code: "tooFewChunks", have: 2, need: 4 },
  });
  assert.deepEqual(reconstructFromSystematic(1, [first[1]]), {
    ok: false,
    error: { code: "tooFewValidators", n: 1 },
  });
});
