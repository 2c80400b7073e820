/**
 * Encoding and recovery against the Rust code of @typeberry/native in Wasm: the same field and
 * the same numbers of data and check symbols, other points and symbol layout, so that outputs are
 * compared by what comes back and not by bytes.
 */
import assert from "node:assert/strict";
import { expectOk } from "@parahost/base";
import { init, reedSolomon } from "@typeberry/native";
import type { Bench } from "../../../test/bench.ts";
import { erasureParameters, type IndexedChunk, obtainChunks, reconstruct } from "../src/index.ts";

await init.reedSolomon();
const { ShardsCollection, encode, decode } = reedSolomon;

const PEER = "@typeberry/native 0.5.1-4e90642";
const MEGABYTE = 1 << 20;

function benchesFor(n: number, megabytes: number): Bench[] {
  const size = megabytes * MEGABYTE;
  const data = Uint8Array.from({ length: size }, (_, i) => (i * 167 + (i >> 9)) & 255);
  const { k } = expectOk(erasureParameters(n), "parameters");
  const ours = (): Uint8Array[] => expectOk(obtainChunks(n, data), "chunks");
  const theirs = (): Uint8Array => encode(n - k, new ShardsCollection(size / k, data)).take_data();

  // The last k of all shards: every data symbol has to be computed.
  const last = ours()
    .map((bytes, index): IndexedChunk => [index, bytes])
    .slice(-k);
  const theirLast = theirs().slice(-size);
  const indices = Uint16Array.from({ length: k }, (_, i) => n - k + i);
  const ourRecovery = (): Uint8Array => expectOk(reconstruct(n, last), "recovery");
  const theirRecovery = (): Uint8Array =>
    decode(k, n - k, new ShardsCollection(size / k, theirLast, indices)).take_data();
  const check = (): void => {
    assert.deepEqual(ourRecovery(), data);
    assert.deepEqual(theirRecovery(), data);
  };
  return [
    { name: `erasure encode ${megabytes} MiB, ${k} -> ${n}`, peer: PEER, ours, theirs, check },
    {
      name: `recover ${megabytes} MiB from the last ${k} of ${n} chunks`,
      peer: PEER,
      ours: ourRecovery,
      theirs: theirRecovery,
      check,
    },
  ];
}

export const benches: Bench[] = [
  ...[100, 300, 1_000].flatMap((n) => benchesFor(n, 1)),
  ...benchesFor(1_000, 5),
];
