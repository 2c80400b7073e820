/**
 * Validation codes of real parachains, from the genesis states of vectors/state-trie: they pass preparation
 * under our limits, and decompression refuses them when the limit is one byte too low. The two relay
 * chains among the states have no validation function, which is refused with its reason.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { expectOk, hexToBytes } from "@parahost/base";
import { readVectorJson, skipWithoutVectors } from "../../../test/vectors.ts";
import { decompressBlob } from "../src/blob.ts";
import { DEFAULT_ENGINE_PARAMETERS } from "../src/engine-parameters.ts";
import { preparePvf } from "../src/pvf.ts";

interface Genesis {
  readonly chains: readonly { readonly chain: string; readonly file: string }[];
}

const CODE_KEY = "0x3a636f6465";
const RELAY_CHAINS = ["westend2", "ksmcc3"];
const CODE_LIMIT = 30 * 2 ** 20;

test("codes of real parachains pass preparation", { skip: skipWithoutVectors }, () => {
  for (const { chain, file } of readVectorJson<Genesis>("state-trie", "genesis.json").chains) {
    const { top } = readVectorJson<{ top: Record<string, string> }>("state-trie", file);
    const stored = hexToBytes(top[CODE_KEY] ?? "");
    const wasm = expectOk(decompressBlob(stored, "code", CODE_LIMIT), chain);
    assert.ok(decompressBlob(stored, "code", wasm.length).ok, chain);
    const tooLow = decompressBlob(stored, "code", wasm.length - 1);
    assert.equal(tooLow.ok ? "ok" : tooLow.error.code, "decompressionBomb", chain);

    for (const metered of [false, true]) {
      const prepared = preparePvf(wasm, DEFAULT_ENGINE_PARAMETERS, { metered });
      if (RELAY_CHAINS.includes(chain)) {
        assert.deepEqual(prepared.ok ? "ok" : prepared.error.code, "missingExport", chain);
      } else {
        assert.ok(prepared.ok, chain);
        assert.ok(prepared.value.imports.includes("ext_hashing_blake2_256_version_1"), chain);
      }
    }
  }
});
