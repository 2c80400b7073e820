/**
 * Executes a block: the same way for the validator, who has it whole, and for the collator, who finds out what goes in
 * while it is executed.
 *
 * Block data: number and storage root of the relay chain block that it is made for, so that a block can be
 * executed again by itself; extrinsics as a vector of byte strings; then the witness: nodes of the parent's state
 * and of the relay chain's, each once, all of them needed.
 */

import { account, beginAccounts, putAccount, withdrawFee } from "./accounts";
import { Block, block, enterBlock } from "./block";
import { Bytes } from "./bytes";
import { Chain, NO_SUCH_CALL } from "./chain";
import {
  beginEvent,
  beginEvents,
  endEvent,
  enterExtrinsic,
  enterFinalization,
  eventMark,
  forgetEvents,
  storeEvents,
} from "./events";
import { Header } from "./header";
import { blake2b256, HASH_BYTES, orderedRoot } from "./host";
import { askForExtrinsic, AskedNodes, tellChanges } from "./oracle";
import { Origin } from "./origin";
import { done, Outcome, writeFailure } from "./outcome";
import { PartialTrie } from "./partial-trie";
import { RelayState } from "./relay";
import { Reader, Writer } from "./scale";
import { enter, State, state } from "./state";
import { itemPrefix } from "./storage";
import {
  acceptable,
  blockHashKey,
  Refusal,
  refusalBytes,
  refusedCall,
  refusedPayment,
  Transaction,
  Versions,
} from "./transaction";
import { U128 } from "./u128";
import { blockResult, ValidationParams } from "./validation";
import { NodeSource, Witness } from "./witness";

const SYSTEM: u8 = 0;
const EXTRINSIC_SUCCESS: u8 = 0;
const EXTRINSIC_FAILED: u8 = 1;
const TRANSACTION_PAYMENT: u8 = 11;
const FEE_PAID: u8 = 0;

/** Hashes of this many blocks are kept, and that of the first. */
const BLOCK_HASH_COUNT: u32 = 256;
const EXTRINSICS_ROOT_VERSION: i32 = 0;

// The entries

/** A validator's: block data holds everything. */
export function validate(chain: Chain, pointer: usize, length: i32): u64 {
  return execute(chain, pointer, length);
}

/** A collator's, for blocks that are there already: as `validate`, and tells what the block changes. */
export function replay(chain: Chain, pointer: usize, length: i32): u64 {
  const answer = execute(chain, pointer, length);
  tellChanges(state().changes());
  return answer;
}

function execute(chain: Chain, pointer: usize, length: i32): u64 {
  const params = ValidationParams.read(pointer, length);
  const data = new Reader(params.blockData);
  assert(data.u32() == params.relayParentNumber, "a block for another relay chain block");
  assert(
    data.bytes(HASH_BYTES).equals(params.relayParentStorageRoot),
    "a block for another relay chain state",
  );
  const bodyStart = data.position;
  const extrinsicCount = data.count(1);
  const extrinsics = new StaticArray<Bytes>(extrinsicCount);
  for (let index = 0; index < extrinsicCount; index++) extrinsics[index] = data.blob();
  const body = params.blockData.slice(bodyStart, data.position);
  const witness = Witness.read(data);
  data.end();

  begin(chain, params, witness);
  block().followCode();
  for (let index = 0; index < extrinsicCount; index++) {
    const refusal = apply(chain, index, extrinsics[index]);
    assert(refusal == acceptable, "a transaction that may not be included");
  }
  const head = end(chain, body);
  witness.end();
  return blockResult(head, params.relayParentNumber, block());
}

/**
 * A collator's: takes the parameters of `validate_block` with empty block data, asks for nodes and extrinsics,
 * and answers as `validate_block` would for the block that has become of it.
 */
export function build(chain: Chain, pointer: usize, length: i32): u64 {
  const params = ValidationParams.read(pointer, length);
  begin(chain, params, new AskedNodes());
  block().followCode();
  const included = new Array<Bytes>();
  let report = new Bytes(0, 0);
  for (;;) {
    const extrinsic = askForExtrinsic(report);
    if (!extrinsic) break;
    const refusal = apply(chain, included.length, extrinsic);
    if (refusal == acceptable) included.push(extrinsic);
    report = refusal == acceptable ? new Bytes(0, 0) : refusalBytes(refusal);
  }
  const body = new Writer(4096);
  body.compact(included.length);
  for (let index = 0; index < included.length; index++) body.blob(included[index]);
  const head = end(chain, body.view());
  return blockResult(head, params.relayParentNumber, block());
}

/**
 * For a pool: whether a transaction may come next, or later. Parameters as for `build`, with the transaction as
 * block data; the state is the one after the parent. Answers `Result<ValidTransaction, TransactionValidityError>`.
 */
export function check(chain: Chain, pointer: usize, length: i32): u64 {
  const params = ValidationParams.read(pointer, length);
  begin(chain, params, new AskedNodes());
  const answer = new Writer(160);
  const transaction = Transaction.read(params.blockData);
  const weight = weightOf(chain, transaction.call);
  let refusal = weight == NO_SUCH_CALL ? refusedCall : transaction.checkSignature(versions(chain));
  const signer = account(transaction.signer);
  const fee = weight == NO_SUCH_CALL ? U128.of(0) : feeOf(chain, transaction, weight);
  if (refusal == acceptable && (!signer.exists || signer.free.isLessThan(fee)))
    refusal = refusedPayment;
  const order = transaction.checkNonce();
  if (refusal == acceptable && transaction.nonce < signer.nonce) refusal = order;
  if (refusal != acceptable) {
    answer.u8(1);
    answer.bytes(refusalBytes(refusal));
    return answer.view().packed();
  }
  chain.check(new Reader(transaction.call));
  answer.u8(0);
  answer.u64(transaction.tip.high == 0 ? transaction.tip.low : u64.MAX_VALUE);
  const isNext = order == acceptable;
  answer.compact(isNext ? 0 : 1);
  if (!isNext) writeTag(answer, transaction.signer, transaction.nonce - 1);
  answer.compact(1);
  writeTag(answer, transaction.signer, transaction.nonce);
  answer.u64(transaction.longevity());
  answer.bool(true);
  return answer.view().packed();
}

/** For clients: what a transaction costs without its tip. Parameters as for `check`; answers `RuntimeDispatchInfo`. */
export function info(chain: Chain, pointer: usize, length: i32): u64 {
  const params = ValidationParams.read(pointer, length);
  begin(chain, params, new AskedNodes());
  const transaction = Transaction.read(params.blockData);
  const weight = weightOf(chain, transaction.call);
  assert(weight != NO_SUCH_CALL, "the chain has no such call");
  const answer = new Writer(32);
  writeWeight(answer, weight);
  answer.u8(0); // class: normal
  chain.fee(transaction.encodedLength, weight).write(answer);
  return answer.view().packed();
}

function writeWeight(writer: Writer, weight: u64): void {
  writer.compactU64(weight);
  writer.compact(0); // proof size is not weighed
}

/** Names "the transaction of this account with this number". */
function writeTag(writer: Writer, signer: Bytes, nonce: u32): void {
  writer.compact(36);
  writer.bytes(signer);
  writer.u32(nonce);
}

// A block

function begin(chain: Chain, params: ValidationParams, source: NodeSource): void {
  const parent = Header.read(params.parentHead);
  assert(parent.number != u32.MAX_VALUE, "the last block of this chain has been built");
  enter(new State(new PartialTrie(parent.stateRoot, source)));
  beginEvents();
  beginAccounts(chain.existentialDeposit);
  const parentHash = blake2b256(params.parentHead);
  const relay = new RelayState(params.relayParentStorageRoot, source);
  const begun = new Block(parent.number + 1, parentHash, params.relayParentNumber, relay);
  enterBlock(begun);
  const number = new Writer(4);
  number.u32(begun.number);
  state().set(itemPrefix("System", "Number"), number.view());
  state().set(itemPrefix("System", "ParentHash"), parentHash);
  state().set(blockHashKey(parent.number), parentHash);
  // The hash of the first block is signed with every transaction, and stays.
  if (parent.number > BLOCK_HASH_COUNT) state().remove(blockHashKey(parent.number - BLOCK_HASH_COUNT));
  begun.followRelay();
  begun.followUpgrade();
  chain.onInitialize();
}

function end(chain: Chain, body: Bytes): Bytes {
  enterFinalization();
  chain.onFinalize();
  block().keepTime();
  storeEvents();
  const extrinsicsRoot = orderedRoot(prefixed(body), EXTRINSICS_ROOT_VERSION);
  const isCodeChanged = state().isCodeChanged;
  const root = state().root();
  const ended = block();
  return new Header(ended.parentHash, ended.number, root, extrinsicsRoot, isCodeChanged).encode();
}

/** The leaves of the extrinsics trie have their length before them. */
function prefixed(body: Bytes): Bytes {
  const reader = new Reader(body);
  const count = reader.compact();
  const list = new Writer(body.length + 5 * count + 4);
  list.compact(count);
  const one = new Writer(256);
  for (let index = 0; index < count; index++) {
    one.reset();
    one.blob(reader.blob());
    list.blob(one.view());
  }
  return list.view();
}

// A transaction

function versions(chain: Chain): Versions {
  return new Versions(chain.specVersion, chain.transactionVersion);
}

function weightOf(chain: Chain, call: Bytes): u64 {
  return call.length < 2 ? NO_SUCH_CALL : chain.weight(call.at(0), call.at(1));
}

function feeOf(chain: Chain, transaction: Transaction, weight: u64): U128 {
  return chain.fee(transaction.encodedLength, weight).plus(transaction.tip);
}

/** Carries out one transaction, or says why it may not be part of the block. */
function apply(chain: Chain, index: i32, extrinsic: Bytes): Refusal {
  const transaction = Transaction.read(extrinsic);
  const weight = weightOf(chain, transaction.call);
  if (weight == NO_SUCH_CALL) return refusedCall;
  const order = transaction.checkNonce();
  if (order != acceptable) return order;
  const signature = transaction.checkSignature(versions(chain));
  if (signature != acceptable) return signature;

  enterExtrinsic(index);
  const fee = feeOf(chain, transaction, weight);
  const before = state().mark();
  const eventsBefore = eventMark();
  if (!withdrawFee(transaction.signer, fee)) {
    state().rollback(before);
    forgetEvents(eventsBefore);
    return refusedPayment;
  }
  const signer = account(transaction.signer);
  signer.nonce += 1;
  putAccount(transaction.signer, signer);

  const mark = state().mark();
  const events = eventMark();
  const newCode = block().newCode;
  const messageCount = block().upwardMessages.length;
  const outcome = chain.dispatch(new Reader(transaction.call), new Origin(transaction.signer));
  if (outcome != done) {
    state().rollback(mark);
    forgetEvents(events);
    block().newCode = newCode;
    block().upwardMessages.length = messageCount;
  }
  const paid = beginEvent(TRANSACTION_PAYMENT, FEE_PAID);
  paid.bytes(transaction.signer);
  fee.write(paid);
  transaction.tip.write(paid);
  endEvent();
  tellOutcome(outcome, weight);
  return acceptable;
}

function tellOutcome(outcome: Outcome, weight: u64): void {
  const event = beginEvent(SYSTEM, outcome == done ? EXTRINSIC_SUCCESS : EXTRINSIC_FAILED);
  if (outcome != done) writeFailure(event, outcome);
  writeWeight(event, weight);
  event.u8(0); // class: normal
  event.u8(0); // pays: yes
  endEvent();
}
