/** The guest library's parts by themselves, for tests: each question is a byte and what it is about. */

import { Bytes } from "parahost/bytes";
import { PartialTrie } from "parahost/partial-trie";
import { Reader, Writer } from "parahost/scale";
import { U128 } from "parahost/u128";
import { Witness } from "parahost/witness";

const TRIE: u8 = 0;
const SUM: u8 = 1;
const DIFFERENCE: u8 = 2;
const PRODUCT: u8 = 3;
const QUOTIENT: u8 = 4;
const COMPACT: u8 = 5;

const SET: u8 = 0;
const REMOVE: u8 = 1;
const GET: u8 = 2;

export function validate_block(pointer: usize, length: i32): u64 {
  const question = new Reader(new Bytes(pointer, length));
  const answer = new Writer(256);
  const what = question.u8();
  if (what == TRIE) {
    trie(question, answer);
  } else if (what == COMPACT) {
    const value = question.compactU128();
    question.end();
    answer.compactU128(value);
    value.write(answer);
  } else {
    const a = U128.read(question);
    if (what == SUM) a.plus(U128.read(question)).write(answer);
    else if (what == DIFFERENCE) a.minus(U128.read(question)).write(answer);
    else if (what == PRODUCT) a.times(question.u64()).write(answer);
    else if (what == QUOTIENT) a.dividedBy(question.u64()).write(answer);
  }
  return answer.copy().packed();
}

/** Operations on the trie that nodes show; then all keys that begin with a prefix, and the root. */
function trie(question: Reader, answer: Writer): void {
  const root = question.bytes(32);
  const count = question.compact();
  const nodes = new StaticArray<Bytes>(count);
  for (let index = 0; index < count; index++) nodes[index] = question.blob();
  const trie = new PartialTrie(root, new Witness(nodes));
  const operations = question.compact();
  for (let index = 0; index < operations; index++) {
    const operation = question.u8();
    const key = question.blob();
    if (operation == SET) trie.set(key, question.blob());
    else if (operation == REMOVE) trie.remove(key);
    else if (operation == GET) {
      const value = trie.get(key);
      answer.bool(value != null);
      if (value) answer.blob(value);
    }
  }
  const prefix = question.blob();
  let key: Bytes | null = trie.next(prefix, prefix);
  while (key) {
    answer.bool(true);
    answer.blob(key);
    key = trie.next(key, prefix);
  }
  answer.bool(false);
  answer.bytes(trie.rootHash());
}
