/** Host functions against vectors/host-api, each called by a guest in a real Wasm instance. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, expectOk, hexToBytes } from "@parahost/base";
import { bytes, encode, tuple, vec } from "@parahost/scale";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";
import { hostFunction } from "../src/pvf.ts";
import { callFromGuest, type HostArgument, type HostReturn } from "../src/testing/host-call.ts";

interface HashingCases {
  readonly cases: readonly {
    readonly id: string;
    readonly fn: string;
    readonly input: string;
    readonly output: string;
  }[];
}

interface RootCases {
  readonly cases: readonly {
    readonly id: string;
    readonly fn: string;
    readonly pairs?: readonly (readonly [string, string])[];
    readonly values?: readonly string[];
    readonly root: string;
  }[];
}

const plainHex = (bytes: Uint8Array) => bytesToHex(bytes).slice(2);
const ask = (name: string, args: readonly HostArgument[], returns: HostReturn) =>
  expectOk(callFromGuest(name, args, returns), name);

const faultCode = (name: string, range: readonly [number, number], length: number): string => {
  const answer = callFromGuest(name, [{ range }], { bytes: length });
  return answer.ok ? "ok" : answer.error.code;
};

test("hashing functions", { skip: skipWithoutVectors }, () => {
  for (const { id, fn, input, output } of readVectorJson<HashingCases>("host-api", "hashing.json")
    .cases) {
    const name = fn.startsWith("ext_") ? fn : `ext_hashing_${fn}_version_1`;
    // BLAKE2b-512 is no host function.
    if (hostFunction(name) === undefined) {
      assert.equal(fn, "blake2_512");
      continue;
    }
    const length = output.length / 2;
    const digest = ask(name, [{ packed: hexToBytes(input) }], { bytes: length });
    assert.equal(plainHex(digest), output, id);
    assert.equal(faultCode(name, [65_000, 1000], length), "trap", `${id}: past the end`);
    assert.equal(faultCode(name, [8, -1], length), "trap", `${id}: length 2^32 - 1`);
    assert.equal(faultCode(name, [0, 0], length), "ok", `${id}: nothing at zero`);
  }
});

test("trie root functions", { skip: skipWithoutVectors }, () => {
  for (const { id, fn, pairs, values, root } of readVectorJson<RootCases>(
    "host-api",
    "trie-roots.json",
  ).cases) {
    // A child trie's root is the same function of its entries; only the storage interface is missing here.
    const input =
      pairs === undefined
        ? encode(vec(bytes()), (values ?? []).map(hexToBytes))
        : encode(
            vec(tuple(bytes(), bytes())),
            pairs.map(([key, value]) => [hexToBytes(key), hexToBytes(value)] as const),
          );
    const kind = pairs === undefined ? "ordered_root" : "root";
    if (fn.startsWith("ext_trie")) assert.equal(fn, `ext_trie_blake2_256_${kind}_version_1`);
    const name = `ext_trie_blake2_256_${kind}`;
    const packed = [{ packed: input }];
    assert.equal(plainHex(ask(`${name}_version_1`, packed, { bytes: 32 })), root, id);
    const version2 = ask(`${name}_version_2`, [...packed, { number: 0 }], { bytes: 32 });
    assert.equal(plainHex(version2), root, id);
    const faulty = callFromGuest(`${name}_version_2`, [...packed, { number: 2 }], { bytes: 32 });
    assert.deepEqual(faulty.ok ? "ok" : faulty.error.code, "trap", id);
  }
});
