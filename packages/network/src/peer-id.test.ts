import assert from "node:assert/strict";
import { test } from "node:test";
import { hexToBytes } from "@parahost/base";
import { peerIdBytes, peerIdOfKey, peerIdOfName } from "./index.ts";

const key = hexToBytes("2bc2800b3316e009209ffd757dab19ccf0ae84bc7ae90654e1e81712d270f653");

test("an id is the base58 text of 38 bytes that contain the key", () => {
  const id = peerIdOfKey(key);
  assert.match(id, /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/);
  assert.deepEqual(peerIdBytes(id), Uint8Array.from([0, 36, 8, 1, 18, 32, ...key]));
});

test("text that is no id of an ed25519 key has no bytes", () => {
  const id = peerIdOfKey(key);
  for (const text of [
    "",
    "alice",
    id.slice(1),
    `${id}1`,
    `1${id}`,
    "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N",
    "1".repeat(1e6),
  ])
    assert.equal(peerIdBytes(text), undefined, text.slice(0, 60));
});

test("peers in memory have ids of the same shape, one for each name", () => {
  assert.equal(peerIdBytes(peerIdOfName("alice"))?.length, 38);
  assert.equal(peerIdOfName("alice"), peerIdOfName("alice"));
  assert.notEqual(peerIdOfName("alice"), peerIdOfName("bob"));
});
