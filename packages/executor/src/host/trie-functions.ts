/** Host functions that compute trie roots and check compact trie proofs. Reference: 3.3. */

import { bytesToHex, hexToBytes } from "@parahost/base";
import { blake2b256, keccak256 } from "@parahost/crypto";
import { bytes, type Codec, tryDecode, tuple, vec } from "@parahost/scale";
import { type Hasher, orderedTrieRoot, type StateVersion, trieRoot } from "@parahost/trie";
import { CALL_FUEL } from "./basic-functions.ts";
import { verifyCompactProof } from "./compact-proof.ts";
import { GuestTrap } from "./guest-trap.ts";
import type { HostContext } from "./host-context.ts";
import type { HostFunction, HostFunctions } from "./host-function.ts";

/** About the nanoseconds for a byte of input, nodes and hashing included. */
const FUEL_PER_BYTE = 40;

const Pairs = vec(tuple(bytes(), bytes()));
const Values = vec(bytes());

function decoded<T>(host: HostContext, codec: Codec<T>, packed: bigint): T {
  const input = host.packed(packed);
  host.charge(CALL_FUEL + FUEL_PER_BYTE * input.length);
  // What is decoded are views of the guest's memory, which nothing moves before we are done.
  const value = tryDecode(codec, input);
  if (!value.ok) throw new GuestTrap("badArgument", value.error.message);
  return value.value;
}

function stateVersion(version: number): StateVersion {
  if (version !== 0 && version !== 1)
    throw new GuestTrap("badArgument", `no state version: ${version}`);
  return version;
}

type Root = (host: HostContext, input: bigint, version: StateVersion) => Uint8Array;

const root =
  (hash: Hasher): Root =>
  (host, input, version) => {
    const pairs = decoded(host, Pairs, input);
    const entries = pairs.map(([key, value]) => [bytesToHex(key), value] as const);
    return hexToBytes(trieRoot(entries, version, hash));
  };

const orderedRoot =
  (hash: Hasher): Root =>
  (host, input, version) =>
    hexToBytes(orderedTrieRoot(decoded(host, Values, input), version, hash));

const rootVersion1 = (compute: Root): HostFunction => ({
  signature: "L>i",
  call: (host, input: bigint) => host.give(compute(host, input, 0)),
});

const rootVersion2 = (compute: Root): HostFunction => ({
  signature: "Li>i",
  call: (host, input: bigint, version: number) =>
    host.give(compute(host, input, stateVersion(version))),
});

function verify(
  hash: Hasher,
  host: HostContext,
  root: number,
  proof: bigint,
  key: bigint,
  value: bigint,
  version: StateVersion,
): number {
  const nodes = decoded(host, Values, proof);
  const isProven = verifyCompactProof(
    { root: host.at(root, 32), key: host.packed(key), value: host.packed(value), version },
    nodes,
    hash,
  );
  return isProven ? 1 : 0;
}

const verifyVersion1 = (hash: Hasher): HostFunction => ({
  signature: "iLLL>i",
  call: (host, root: number, proof: bigint, key: bigint, value: bigint) =>
    verify(hash, host, root, proof, key, value, 0),
});

const verifyVersion2 = (hash: Hasher): HostFunction => ({
  signature: "iLLLi>i",
  call: (host, root: number, proof: bigint, key: bigint, value: bigint, version: number) =>
    verify(hash, host, root, proof, key, value, stateVersion(version)),
});

const functionsOf = (name: string, hash: Hasher): HostFunctions => ({
  [`ext_trie_${name}_root_version_1`]: rootVersion1(root(hash)),
  [`ext_trie_${name}_root_version_2`]: rootVersion2(root(hash)),
  [`ext_trie_${name}_ordered_root_version_1`]: rootVersion1(orderedRoot(hash)),
  [`ext_trie_${name}_ordered_root_version_2`]: rootVersion2(orderedRoot(hash)),
  [`ext_trie_${name}_verify_proof_version_1`]: verifyVersion1(hash),
  [`ext_trie_${name}_verify_proof_version_2`]: verifyVersion2(hash),
});

export const TRIE_FUNCTIONS: HostFunctions = {
  ...functionsOf("blake2_256", blake2b256),
  ...functionsOf("keccak_256", keccak256),
};
