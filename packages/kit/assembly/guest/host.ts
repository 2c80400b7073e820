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
@external("env", "ext_hashing_keccak_256_version_1")
declare function ext_keccak256(data: u64): usize;
// @ts-ignore: decorator
@external("env", "ext_crypto_sr25519_verify_version_2")
declare function ext_sr25519_verify(signature: usize, message: u64, publicKey: usize): i32;
// @ts-ignore: decorator
@external("env", "ext_logging_log_version_1")
declare function ext_log(level: i32, target: u64, message: u64): void;

export const HASH_BYTES: i32 = 32;

function packed(bytes: Bytes): u64 {
  return <u64>bytes.pointer | ((<u64>bytes.length) << 32);
}

export function blake2b256(data: Bytes): Bytes {
  return new Bytes(ext_blake2b256(packed(data)), HASH_BYTES);
}

export function blake2b128(data: Bytes): Bytes {
  return new Bytes(ext_blake2b128(packed(data)), 16);
}

/** 16 bytes of xxHash: the names of storage items. */
export function twox128(name: string): Bytes {
  return new Bytes(ext_twox128(packed(Bytes.of(String.UTF8.encode(name)))), 16);
}

export function keccak256(data: Bytes): Bytes {
  return new Bytes(ext_keccak256(packed(data)), HASH_BYTES);
}

/** Whether the 64 bytes of `signature` sign `message` under the 32 bytes of `publicKey`. */
export function sr25519Verify(signature: Bytes, message: Bytes, publicKey: Bytes): bool {
  return ext_sr25519_verify(signature.pointer, packed(message), publicKey.pointer) == 1;
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
  ext_log(LEVEL_ERROR, packed(Bytes.of(target)), packed(Bytes.of(text)));
  unreachable();
}
