import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk } from "@parahost/base";
import {
  chunkLength,
  erasureParameters,
  recoveryThreshold,
  systematicThreshold,
} from "./parameters.ts";

test("threshold, data symbols and code length follow from the number of validators", () => {
  const table = [
    [2, 1, 1, 2],
    [3, 1, 1, 4],
    [4, 2, 2, 4],
    [5, 2, 2, 8],
    [7, 3, 2, 8],
    [9, 3, 2, 16],
    [10, 4, 4, 16],
    [100, 34, 32, 128],
    [300, 100, 64, 512],
    [600, 200, 128, 1024],
    [1000, 334, 256, 1024],
    [1023, 341, 256, 1024],
    [65_536, 21_846, 16_384, 65_536],
  ] as const;
  for (const [n, threshold, k, codeLength] of table) {
    assert.deepEqual(expectOk(erasureParameters(n), "parameters"), {
      n,
      k,
      codeLength,
      recoveryThreshold: threshold,
    });
    assert.equal(expectOk(recoveryThreshold(n), "threshold"), threshold);
    assert.equal(expectOk(systematicThreshold(n), "k"), k);
  }
});

test("data symbols never exceed half the code or the threshold", () => {
  for (let n = 2; n <= 65_536; n += n < 5000 ? 1 : 997) {
    const { k, codeLength, recoveryThreshold: threshold } = expectOk(erasureParameters(n), "n");
    assert.ok(k <= threshold && 2 * k > threshold && 2 * k <= codeLength && n <= codeLength);
  }
});

test("fewer than two validators and more than the field has points are refused", () => {
  for (const n of [0, 1, -4, Number.NaN])
    assert.deepEqual(erasureParameters(n), { ok: false, error: { code: "tooFewValidators", n } });
  assert.deepEqual(erasureParameters(65_537), {
    ok: false,
    error: { code: "tooManyValidators", n: 65_537 },
  });
  assert.equal(recoveryThreshold(1).ok, false);
  assert.equal(systematicThreshold(65_537).ok, false);
});

test("a chunk takes whole codewords of two bytes a symbol", () => {
  const four = expectOk(erasureParameters(10), "k = 4");
  for (const [length, expected] of [
    [1, 2],
    [19, 6],
    [95, 24],
    [99, 26],
    [100, 26],
  ] as const)
    assert.equal(chunkLength(four, length), expected);
});
