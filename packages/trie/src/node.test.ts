import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesToHex, type Hex, hexToBytes } from "@parahost/base";
import { TrieError } from "./error.ts";
import { decodeNode, NodeWriter, type ValueForm } from "./node.ts";

/** Encodes with the writer what the decoder gave. */
function encodeAgain(encoded: Hex): Hex {
  const { partial, value, children } = decodeNode(hexToBytes(encoded));
  const form: ValueForm = value?.type ?? "none";
  const writer = new NodeWriter();
  writer.begin(children !== undefined, form, partial, 0, partial.length);
  if (children !== undefined)
    writer.bitmap(children.reduce((bits, child, i) => (child ? bits | (1 << i) : bits), 0));
  if (value?.type === "inline") writer.inlineValue(value.stored.bytes);
  if (value?.type === "hashed") writer.raw(value.hash);
  for (const child of children ?? []) if (child !== undefined) writer.child(child);
  return bytesToHex(writer.view());
}

const hash = "11".repeat(32);

test("each kind of node decodes and encodes to the same bytes", () => {
  const nodes: Record<string, Hex> = {
    "leaf, even key": "0x44abcd0c010203",
    "leaf, odd key": "0x430abc0401",
    "leaf, empty key and value": "0x4000",
    branch: `0x80030080${hash}0c414004`,
    "branch with value": `0xc2ab010004ff80${hash}`,
    "leaf, hashed value": `0x22ab${hash}`,
    "branch, hashed value": `0x12ab0100${"22".repeat(32)}80${hash}`,
    "value of 64 bytes": `0x400101${"00".repeat(64)}`,
    "value of 16384 bytes": `0x4002000100${"00".repeat(16384)}`,
  };
  for (const [kind, encoded] of Object.entries(nodes))
    assert.equal(encodeAgain(encoded), encoded, kind);
  assert.equal(decodeNode(hexToBytes("0x430abc0401")).partial, "abc");
});

test("long partial keys carry their length in further bytes", () => {
  for (const [pattern, most] of [
    [0x40, 63],
    [0x20, 31],
  ] as const)
    for (const count of [
      most - 1,
      most,
      most + 1,
      most + 254,
      most + 255,
      most + 256,
      most + 510,
    ]) {
      const partial = "a".repeat(count);
      const writer = new NodeWriter();
      writer.begin(false, pattern === 0x40 ? "inline" : "hashed", partial, 0, count);
      if (pattern === 0x40) writer.inlineValue(new Uint8Array(1));
      else writer.raw(new Uint8Array(32));
      const encoded = writer.view().slice();
      assert.equal(encoded[0], pattern | Math.min(count, most));
      const rest = count - most;
      if (rest >= 0) {
        const further = [...Array<number>(Math.floor(rest / 255)).fill(255), rest % 255];
        assert.deepEqual([...encoded.subarray(1, 1 + further.length)], further);
      }
      assert.equal(decodeNode(encoded).partial, partial);
    }
});

test("bytes that no encoder writes are refused", () => {
  const nonsense: Record<string, Hex> = {
    "nothing at all": "0x",
    "the empty trie inside": "0x00",
    "the mark of compact proofs": "0x014000",
    "an unknown kind": "0x0f",
    "a key cut short": "0x44ab",
    "a padding nibble that is set": "0x411000",
    "a value cut short": "0x40080a",
    "a value of a claimed gigabyte": "0x40feffffff",
    "a length in more bytes than it needs": "0x40010000",
    "a length of four bytes that fits two": "0x40fe000000",
    "a length in big-integer mode": "0x400300000040",
    "bytes left over": "0x40000000",
    "a branch without a child": "0x800000",
    "a child cut short": "0x8001000c41",
    "a child longer than a hash": `0x80010084${"00".repeat(33)}`,
    "a hashed value cut short": "0x2011",
    "a bitmap cut short": "0x8001",
    "a key of endless length": `0x7f${"ff".repeat(40)}`,
  };
  for (const [kind, encoded] of Object.entries(nonsense))
    assert.throws(
      () => decodeNode(hexToBytes(encoded)),
      (error) => error instanceof TrieError && error.fault.code === "malformedNode",
      kind,
    );
});
