/** Host functions that hash: each takes bytes and returns a pointer to the digest. Reference: 3.3. */

import {
  blake2b128,
  blake2b256,
  keccak256,
  keccak512,
  sha256,
  twox64,
  twox128,
  twox256,
} from "@parahost/crypto";
import { CALL_FUEL } from "./basic-functions.ts";
import type { HostFunction, HostFunctions } from "./host-function.ts";

/** About the nanoseconds that the slowest of them takes for a byte. */
const FUEL_PER_BYTE = 4;
const HASH_FUEL = 500;

const hashing = (hash: (bytes: Uint8Array) => Uint8Array): HostFunction => ({
  signature: "L>i",
  call: (host, data: bigint) => {
    const bytes = host.packed(data);
    host.charge(CALL_FUEL + HASH_FUEL + FUEL_PER_BYTE * bytes.length);
    return host.give(hash(bytes));
  },
});

export const HASHING_FUNCTIONS: HostFunctions = {
  ext_hashing_keccak_256_version_1: hashing(keccak256),
  ext_hashing_keccak_512_version_1: hashing(keccak512),
  ext_hashing_sha2_256_version_1: hashing(sha256),
  ext_hashing_blake2_128_version_1: hashing(blake2b128),
  ext_hashing_blake2_256_version_1: hashing(blake2b256),
  ext_hashing_twox_64_version_1: hashing(twox64),
  ext_hashing_twox_128_version_1: hashing(twox128),
  ext_hashing_twox_256_version_1: hashing(twox256),
};
