/**
 * Metadata that other chains' runtimes made: our codecs read all of it and write the same bytes again.
 * The blobs are those that polkadot.js ships for its own tests.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hexToBytes } from "@parahost/base";
import { bytes as byteString, decode, encode, option } from "@parahost/scale";
import { METADATA_MAGIC, Metadata } from "../src/metadata/layout.ts";

/** What there is of each version. */
const SHIPPED: Readonly<Record<"v14" | "v15" | "v16", readonly string[]>> = {
  v14: ["polkadot", "kusama", "substrate"],
  v15: ["polkadot", "kusama", "asset-hub-polkadot", "asset-hub-kusama", "substrate"],
  v16: ["substrate"],
};

async function shipped(version: string, chain: string): Promise<Uint8Array> {
  const module: { readonly default: string } = await import(
    `@polkadot/types-support/metadata/${version}/${chain}-hex`
  );
  const bytes = hexToBytes(module.default);
  if (version === "v14") return bytes;
  // Later versions are there as the runtime answers: an option of bytes.
  const metadata = decode(option(byteString()), bytes);
  assert.ok(metadata !== undefined);
  return metadata;
}

for (const [version, chains] of Object.entries(SHIPPED))
  for (const chain of chains)
    test(`metadata ${version} of ${chain} decodes, and encodes to the same bytes`, async () => {
      const bytes = await shipped(version, chain);
      const { magic, body } = decode(Metadata, bytes);
      assert.equal(magic, METADATA_MAGIC);
      assert.equal(body.type, version);
      assert.ok(body.value.types.length > 400 && body.value.pallets.length > 20);
      assert.deepEqual(encode(Metadata, { magic, body }), bytes);
    });

test("metadata that is cut off, goes on, or is of an unknown version is refused", async () => {
  const bytes = await shipped("v15", "polkadot");
  for (const length of [0, 4, 5, 1000, bytes.length - 1])
    assert.throws(() => decode(Metadata, bytes.subarray(0, length)), `${length} bytes`);
  assert.throws(() => decode(Metadata, new Uint8Array([...bytes, 0])));
  const unknown = bytes.slice();
  unknown[4] = 13;
  assert.throws(() => decode(Metadata, unknown));
});
