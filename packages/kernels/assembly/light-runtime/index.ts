/**
 * What light clients find at `:code`. They run it for what they cannot ask for by a proof alone: the version,
 * the metadata, the epochs and voters, and what a wallet needs. The runtime itself is no WebAssembly: this
 * answers from the chain's state, and from answers that never change, which lie in memory.
 *
 * `light-code.ts` of `runtime` puts those in: at `TABLE` an address and a length for each `Entry`.
 *
 * A function gets the encoded arguments (address, length) and returns address | length << 32.
 */

/** Memory below the first static byte is ours; see `--memoryBase` in `build.mjs`. */
const TABLE: usize = 0x1_0000;
const OUT: usize = 0xc_0000;
const OUT_END: usize = 0x10_0000;

/** Where the host allocates from. */
export const __heap_base: i32 = 0x20_0000;

/** Positions in the table: whole answers, then keys of storage, then numbers. */
const enum Entry {
  version,
  metadata,
  metadataVersions,
  metadata14,
  metadata15,
  metadata16,
  slotDuration,
  epochDuration,
  epochIndex,
  genesisSlot,
  authorities,
  randomness,
  epochConfig,
  nextAuthorities,
  nextRandomness,
  nextEpochConfig,
  grandpaAuthorities,
  grandpaSetId,
  /** Prefix of the map of accounts. */
  account,
  /** Fee of a transaction of no bytes, and of each byte; u64 each. */
  fee,
}

// @ts-ignore: decorator
@external("env", "ext_storage_get_version_1")
declare function storageGet(key: i64): i64;

// @ts-ignore: decorator
@external("env", "ext_hashing_blake2_128_version_1")
declare function blake2b128(data: i64): i32;

function span(address: usize, length: usize): i64 {
  return (<i64>length << 32) | <i64>address;
}

function addressOf(entry: Entry): usize {
  return load<u32>(TABLE + 8 * <usize>entry);
}

function lengthOf(entry: Entry): usize {
  return load<u32>(TABLE + 8 * <usize>entry + 4);
}

function constant(entry: Entry): i64 {
  return span(addressOf(entry), lengthOf(entry));
}

// The answer being put together

/** Set by `begin`; a value to begin with that is no literal would need a start function, which clients refuse. */
let end: usize = 0;

function begin(): void {
  end = OUT;
}

function answer(): i64 {
  return span(OUT, end - OUT);
}

function room(length: usize): usize {
  if (end + length > OUT_END) unreachable();
  end += length;
  return end - length;
}

function put(address: usize, length: usize): void {
  const at = room(length);
  for (let i: usize = 0; i < length; i++) store<u8>(at + i, load<u8>(address + i));
}

function put8(value: u8): void {
  store<u8>(room(1), value);
}

function put64(value: u64): void {
  store<u64>(room(8), value);
}

function putZeros(length: usize): void {
  const at = room(length);
  for (let i: usize = 0; i < length; i++) store<u8>(at + i, 0);
}

// Storage

/** What was read last: its address, and its length or -1. */
let valueAt: usize = 0;
let valueLength: i32 = -1;

/** Reads an entry of the state, which the host hands over as an option of bytes. */
function read(key: i64): bool {
  const found = storageGet(key);
  const at = <usize>(found & 0xffff_ffff);
  valueLength = -1;
  if (load<u8>(at) === 0) return false;
  const mode = load<u8>(at + 1) & 3;
  if (mode === 3) unreachable();
  valueAt = at + 1 + (1 << mode);
  valueLength = mode === 0 ? load<u8>(at + 1) >> 2 : mode === 1 ? load<u16>(at + 1) >> 2 : load<u32>(at + 1) >> 2;
  return true;
}

/** Puts an entry of the state, or as many zeros as its default has. */
function putStored(key: Entry, defaultLength: usize): void {
  if (read(constant(key))) put(valueAt, valueLength);
  else putZeros(defaultLength);
}

function stored64(key: Entry): u64 {
  return read(constant(key)) ? load<u64>(valueAt) : 0;
}

// Functions

export function Core_version(_at: i32, _length: i32): i64 {
  return constant(Entry.version);
}

export function Metadata_metadata(_at: i32, _length: i32): i64 {
  return constant(Entry.metadata);
}

export function Metadata_metadata_versions(_at: i32, _length: i32): i64 {
  return constant(Entry.metadataVersions);
}

export function Metadata_metadata_at_version(at: i32, length: i32): i64 {
  const version = length === 4 ? load<u32>(at) : 0;
  if (version >= 14 && version <= 16) return constant(Entry.metadata14 + (version - 14));
  begin();
  put8(0);
  return answer();
}

export function BabeApi_configuration(_at: i32, _length: i32): i64 {
  begin();
  putStored(Entry.slotDuration, 8);
  putStored(Entry.epochDuration, 8);
  read(constant(Entry.epochConfig));
  put(valueAt, 16);
  const allowedSlots = load<u8>(valueAt + 16);
  putStored(Entry.authorities, 1);
  putStored(Entry.randomness, 32);
  put8(allowedSlots);
  return answer();
}

function epoch(index: u64, authorities: Entry, randomness: Entry): void {
  const duration = stored64(Entry.epochDuration);
  put64(index);
  put64(stored64(Entry.genesisSlot) + index * duration);
  put64(duration);
  putStored(authorities, 1);
  putStored(randomness, 32);
}

export function BabeApi_current_epoch(_at: i32, _length: i32): i64 {
  begin();
  epoch(stored64(Entry.epochIndex), Entry.authorities, Entry.randomness);
  putStored(Entry.epochConfig, 17);
  return answer();
}

export function BabeApi_next_epoch(_at: i32, _length: i32): i64 {
  begin();
  epoch(stored64(Entry.epochIndex) + 1, Entry.nextAuthorities, Entry.nextRandomness);
  if (read(constant(Entry.nextEpochConfig))) put(valueAt, valueLength);
  else putStored(Entry.epochConfig, 17);
  return answer();
}

export function BabeApi_current_epoch_start(_at: i32, _length: i32): i64 {
  begin();
  put64(stored64(Entry.genesisSlot) + stored64(Entry.epochIndex) * stored64(Entry.epochDuration));
  return answer();
}

export function GrandpaApi_grandpa_authorities(_at: i32, _length: i32): i64 {
  begin();
  putStored(Entry.grandpaAuthorities, 1);
  return answer();
}

export function GrandpaApi_current_set_id(_at: i32, _length: i32): i64 {
  begin();
  putStored(Entry.grandpaSetId, 8);
  return answer();
}

/** The account's key is its hash and itself after the prefix of the map; its record begins with the nonce. */
export function AccountNonceApi_account_nonce(at: i32, length: i32): i64 {
  if (length !== 32) unreachable();
  begin();
  put(addressOf(Entry.account), lengthOf(Entry.account));
  put(blake2b128(span(at, 32)), 16);
  put(at, 32);
  const hasRecord = read(answer());
  begin();
  if (hasRecord) put(valueAt, 4);
  else putZeros(4);
  return answer();
}

/**
 * Whether a transaction is good is for those to say who have the state: a client may send it. Arguments: where it
 * comes from, the transaction, a block hash.
 */
export function TaggedTransactionQueue_validate_transaction(at: i32, length: i32): i64 {
  if (length < 33) unreachable();
  const tag = blake2b128(span(at + 1, length - 33));
  begin();
  put8(0); // valid
  put64(1); // priority
  put8(0); // requires nothing
  put8(1 << 2); // provides one tag
  put8(16 << 2);
  put(tag, 16);
  put64(64); // blocks of longevity
  put8(1); // to be passed on
  return answer();
}

/** The fee of a transaction by its length; what its call weighs is not known here. */
export function TransactionPaymentApi_query_info(at: i32, length: i32): i64 {
  if (length < 4) unreachable();
  const transactionLength = <u64>load<u32>(at + length - 4);
  const base = load<u64>(addressOf(Entry.fee));
  const perByte = load<u64>(addressOf(Entry.fee) + 8);
  begin();
  put8(0); // no time
  put8(0); // no proof
  put8(0); // an ordinary transaction
  put64(base + transactionLength * perByte);
  put64(0);
  return answer();
}
