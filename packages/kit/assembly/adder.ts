/**
 * The adder: a number to which each block adds another. The head commits to the number by its hash, the block
 * data says what it is.
 *
 * Head: number u64, keccak256 of the parent head, keccak256 of the state as eight little-endian bytes.
 * Block data: state u64, what to add u64. Bytes behind them are ignored, as by the original.
 */

import { Bytes } from "parahost/bytes";
import { HASH_BYTES, keccak256 } from "parahost/host";
import { Reader, Writer } from "parahost/scale";
import { newHead, ValidationParams } from "parahost/validation";

function stateHash(state: u64): Bytes {
  const encoded = Bytes.fresh(8);
  store<u64>(encoded.pointer, state);
  return keccak256(encoded);
}

export function validate_block(pointer: usize, length: i32): u64 {
  const params = ValidationParams.read(pointer, length);
  const head = new Reader(params.parentHead);
  const number = head.u64();
  head.bytes(HASH_BYTES);
  const postState = head.bytes(HASH_BYTES);
  head.end();

  const block = new Reader(params.blockData);
  const state = block.u64();
  const add = block.u64();
  assert(stateHash(state).equals(postState), "the block builds on another state");

  const next = new Writer(72);
  next.u64(number + 1);
  next.bytes(keccak256(params.parentHead));
  next.bytes(stateHash(state + add));
  return newHead(next.view(), params);
}
