/** Vectors `host-api/hashing.json`: results of the host interface's hash functions. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, hexToBytes } from "@parahost/base";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";
import {
  blake2b128,
  blake2b256,
  blake2b512,
  keccak256,
  keccak512,
  sha256,
  twox64,
  twox128,
  twox256,
} from "../src/index.ts";

interface Case {
  readonly id: string;
  readonly fn: string;
  readonly input: string;
  readonly output: string;
}

const HASHES: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  blake2_128: blake2b128,
  blake2_256: blake2b256,
  blake2_512: blake2b512,
  keccak_256: keccak256,
  keccak_512: keccak512,
  sha2_256: sha256,
  twox_64: twox64,
  twox_128: twox128,
  twox_256: twox256,
};

test("hash functions agree with the host interface's", { skip: skipWithoutVectors }, async (t) => {
  const { cases } = readVectorJson<{ readonly cases: readonly Case[] }>("host-api", "hashing.json");
  for (const { id, fn, input, output } of cases)
    await t.test(id, () => {
      const hash = HASHES[fn.replace("ext_hashing_", "").replace(/_version_\d$/, "")];
      assert.ok(hash !== undefined, `no function for ${fn}`);
      assert.equal(bytesToHex(hash(hexToBytes(input))), `0x${output}`);
    });
});
