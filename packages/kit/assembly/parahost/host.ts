/** Host functions that guests of this kit use, all of them offered by every validator. */

import { Bytes } from "./bytes";

// @ts-ignore: decorator
@external("env", "ext_hashing_blake2_256_version_1")
declare function ext_blake2b256(data: u64): usize;
// @ts-ignore: decorator
@external("env", "ext_hashing_blake2_128_version_1")
declare function ext_blake2b128(data: u64): usize;
// @ts-ignore: decorator
@external("env", "ext_hashing_twox_128_version_1")
declare function ext_twox128(data: u64): usize;
// @ts-ignore: decorator
@external("env", "ext_hashing_twox_64_version_1")
declare function ext_twox64(data: u64): usize;
// @ts-ignore: decorator
@external("env", "ext_hashing_keccak_256_version_1")
declare function ext_keccak256(data: u64): usize;
// @ts-ignore: decorator
@external("env", "ext_crypto_sr25519_verify_version_2")
declare function ext_sr25519_verify(signature: usize, message: u64, publicKey: usize): i32;
// @ts-ignore: decorator
@external("env", "ext_crypto_ed25519_verify_version_1")
declare function ext_ed25519_verify(signature: usize, message: u64, publicKey: usize): i32;
// @ts-ignore: decorator
@external("env", "ext_crypto_secp256k1_ecdsa_recover_compressed_version_2")
declare function ext_ecdsa_recover(signature: usize, messageHash: usize): u64;
// @ts-ignore: decorator
@external("env", "ext_trie_blake2_256_ordered_root_version_2")
declare function ext_ordered_root(items: u64, stateVersion: i32): usize;
// @ts-ignore: decorator
@external("env", "ext_misc_runtime_version_version_1")
declare function ext_runtime_version(code: u64): u64;
// @ts-ignore: decorator
@external("env", "ext_logging_log_version_1")
declare function ext_log(level: i32, target: u64, message: u64): void;

export const HASH_BYTES: i32 = 32;

function unpacked(value: u64): Bytes {
  return new Bytes(<usize>(value & 0xffff_ffff), <i32>(value >> 32));
}

export function blake2b256(data: Bytes): Bytes {
  return new Bytes(ext_blake2b256(data.packed()), HASH_BYTES);
}

export function blake2b128(data: Bytes): Bytes {
  return new Bytes(ext_blake2b128(data.packed()), 16);
}

/** 16 bytes of xxHash: the names of storage items. */
export function twox128(name: string): Bytes {
  return new Bytes(ext_twox128(Bytes.of(String.UTF8.encode(name)).packed()), 16);
}

/** 8 bytes of xxHash. */
export function twox64(data: Bytes): Bytes {
  return new Bytes(ext_twox64(data.packed()), 8);
}

export function keccak256(data: Bytes): Bytes {
  return new Bytes(ext_keccak256(data.packed()), HASH_BYTES);
}

/** Whether the 64 bytes of `signature` sign `message` under the 32 bytes of `publicKey`. */
export function sr25519Verify(signature: Bytes, message: Bytes, publicKey: Bytes): bool {
  return ext_sr25519_verify(signature.pointer, message.packed(), publicKey.pointer) == 1;
}

/** Whether the 64 bytes of `signature` sign `message` under the 32 bytes of `publicKey`. */
export function ed25519Verify(signature: Bytes, message: Bytes, publicKey: Bytes): bool {
  return ext_ed25519_verify(signature.pointer, message.packed(), publicKey.pointer) == 1;
}

/** The 33 bytes of the public key that signed `messageHash`, `null` if `signature` (65 bytes) is of none. */
export function ecdsaRecover(signature: Bytes, messageHash: Bytes): Bytes | null {
  const result = unpacked(ext_ecdsa_recover(signature.pointer, messageHash.pointer));
  return result.at(0) == 0 ? result.slice(1, result.length) : null;
}

/** Root of the trie from compact indices to the items of an encoded vector, as a header has it. */
export function orderedRoot(items: Bytes, stateVersion: i32): Bytes {
  return new Bytes(ext_ordered_root(items.packed(), stateVersion), HASH_BYTES);
}

/** Encoded option of bytes: `None` from every validation host. What the oracle speaks through. */
export function runtimeVersion(code: Bytes): Bytes {
  return unpacked(ext_runtime_version(code.packed()));
}

const LEVEL_ERROR: i32 = 1;

/** Called by the compiler's own checks and by `assert`: says what and where, and ends the guest. */
// @ts-ignore: decorator
@global
export function panic(
  message: string | null,
  file: string | null,
  line: u32,
  column: u32,
): void {
  const text = String.UTF8.encode(
    (file ? file : "?") + ":" + line.toString() + " " + (message ? message : "failed"),
  );
  const target = String.UTF8.encode("guest");
  ext_log(LEVEL_ERROR, Bytes.of(target).packed(), Bytes.of(text).packed());
  unreachable();
}
