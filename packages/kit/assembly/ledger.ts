/**
 * The ledger: a token whose accounts live in a state trie. The head commits to the trie by its root; the block
 * data has the transfers and the nodes of the parent's trie that they touch.
 *
 * Head: blake2b256 of the parent head, number u32, state root, blake2b256 of the encoded transfers, domain. Block
 * data: transfers, witness. Transfer: from 32, nonce u32, to 32, amount u128, sr25519 signature 64.
 */

import { Bytes } from "parahost/bytes";
import { blake2b128, blake2b256, HASH_BYTES, sr25519Verify, twox128 } from "parahost/host";
import { PartialTrie } from "parahost/partial-trie";
import { Reader, Writer } from "parahost/scale";
import { U128 } from "parahost/u128";
import { newHead, ValidationParams } from "parahost/validation";
import { Witness } from "parahost/witness";

const ACCOUNT_ID_BYTES: i32 = 32;
const SIGNATURE_BYTES: i32 = 64;
const TRANSFER_BYTES: i32 = 148;
/** From, nonce, to and amount: what is signed, behind the magic and the domain. */
const UNSIGNED_BYTES: i32 = TRANSFER_BYTES - SIGNATURE_BYTES;
const HEAD_BYTES: i32 = 4 + 4 * HASH_BYTES;

class Head {
  constructor(
    readonly number: u32,
    readonly stateRoot: Bytes,
    /** Keeps signatures of one chain from being good on another. */
    readonly domain: Bytes,
  ) {}

  static read(bytes: Bytes): Head {
    const reader = new Reader(bytes);
    reader.bytes(HASH_BYTES);
    const number = reader.u32();
    const stateRoot = reader.bytes(HASH_BYTES);
    reader.bytes(HASH_BYTES);
    const domain = reader.bytes(HASH_BYTES);
    reader.end();
    return new Head(number, stateRoot, domain);
  }
}

class Account {
  nonce: u32 = 0;
  balance: U128 = new U128(0, 0);

  static read(bytes: Bytes): Account {
    const reader = new Reader(bytes);
    const account = new Account();
    account.nonce = reader.u32();
    account.balance = U128.read(reader);
    reader.end();
    return account;
  }

  encode(): Bytes {
    const writer = new Writer(20);
    writer.u32(this.nonce);
    this.balance.write(writer);
    return writer.view();
  }
}

/** The accounts of the parent's state and what the block makes of them. */
class Accounts {
  private readonly prefix: Bytes;

  constructor(private readonly trie: PartialTrie) {
    const writer = new Writer(32);
    writer.bytes(twox128("Ledger"));
    writer.bytes(twox128("Accounts"));
    this.prefix = writer.view();
  }

  private key(id: Bytes): Bytes {
    const writer = new Writer(80);
    writer.bytes(this.prefix);
    writer.bytes(blake2b128(id));
    writer.bytes(id);
    return writer.view();
  }

  read(id: Bytes): Account {
    const stored = this.trie.get(this.key(id));
    return stored ? Account.read(stored) : new Account();
  }

  write(id: Bytes, account: Account): void {
    this.trie.set(this.key(id), account.encode());
  }
}

/** Checks and carries out one transfer; ends the guest when it may not be. */
function transfer(accounts: Accounts, encoded: Bytes, payload: Bytes, domainEnd: i32): void {
  const reader = new Reader(encoded);
  const from = reader.bytes(ACCOUNT_ID_BYTES);
  const nonce = reader.u32();
  const to = reader.bytes(ACCOUNT_ID_BYTES);
  const amount = U128.read(reader);
  const signature = reader.bytes(SIGNATURE_BYTES);

  memory.copy(payload.pointer + domainEnd, encoded.pointer, UNSIGNED_BYTES);
  assert(sr25519Verify(signature, payload, from), "a transfer with a wrong signature");
  assert(!amount.isZero, "a transfer of nothing");

  const sender = accounts.read(from);
  assert(sender.nonce == nonce, "a transfer out of order");
  assert(nonce != u32.MAX_VALUE, "an account that has used all its numbers");
  sender.nonce += 1;
  sender.balance = sender.balance.minus(amount);
  accounts.write(from, sender);

  const receiver = accounts.read(to);
  receiver.balance = receiver.balance.plus(amount);
  accounts.write(to, receiver);
}

export function validate_block(pointer: usize, length: i32): u64 {
  const params = ValidationParams.read(pointer, length);
  const parent = Head.read(params.parentHead);

  const block = new Reader(params.blockData);
  const before = block.remaining;
  const count = block.count(TRANSFER_BYTES);
  const transfers = block.bytes(count * TRANSFER_BYTES);
  const body = params.blockData.slice(0, before - block.remaining);
  const witness = Witness.read(block);
  block.end();

  const magic = Bytes.of(String.UTF8.encode("parahost:ledger:transfer"));
  const signed = new Writer(magic.length + HASH_BYTES + UNSIGNED_BYTES);
  signed.bytes(magic);
  signed.bytes(parent.domain);
  signed.bytes(Bytes.fresh(UNSIGNED_BYTES));

  const trie = new PartialTrie(parent.stateRoot, witness);
  const accounts = new Accounts(trie);
  for (let index = 0; index < count; index++) {
    const at = index * TRANSFER_BYTES;
    const encoded = transfers.slice(at, at + TRANSFER_BYTES);
    transfer(accounts, encoded, signed.view(), magic.length + HASH_BYTES);
  }
  witness.end();

  assert(parent.number != u32.MAX_VALUE, "the last block of this chain has been built");
  const head = new Writer(HEAD_BYTES);
  head.bytes(blake2b256(params.parentHead));
  head.u32(parent.number + 1);
  head.bytes(trie.rootHash());
  head.bytes(blake2b256(body));
  head.bytes(parent.domain);
  return newHead(head.view(), params);
}
