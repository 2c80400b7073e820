/**
 * What goes into validating a candidate and what comes out, and the blob that is made available.
 * Reference: runtime 1.2, 3.1.
 */
import { blake2b256Hex } from "@parahost/crypto";
import { bytes, encode, newtype, option, struct, u32, type ValueOf, vec } from "@parahost/scale";
import {
  CHUNK_PROOF_NODE_SIZE_MAX_BYTES,
  CHUNK_PROOF_NODES_MAX,
  HORIZONTAL_MESSAGES_MAX,
  UPWARD_MESSAGES_MAX,
} from "./constants.ts";
import { BlockNumber, Hash, type ValidationCodeHash } from "./ids.ts";
import { memoByObject } from "./memo.ts";
import { OutboundHrmpMessage, UpwardMessage } from "./messages.ts";

/** A para's head, opaque to the relay chain: usually an encoded header. */
export const HeadData = newtype(
  ["polkadot_parachain_primitives", "primitives", "HeadData"],
  bytes(),
);
export type HeadData = ValueOf<typeof HeadData>;

/** Wasm, possibly compressed. */
export const ValidationCode = newtype(
  ["polkadot_parachain_primitives", "primitives", "ValidationCode"],
  bytes(),
);
export type ValidationCode = ValueOf<typeof ValidationCode>;

/** What the relay chain's state gives a candidate to be validated with. */
export const PersistedValidationData = struct(
  {
    parentHead: HeadData,
    relayParentNumber: BlockNumber,
    /** The state root in the relay parent's own header. */
    relayParentStorageRoot: Hash,
    /** Bytes. */
    maxPovSize: u32,
  },
  ["polkadot_primitives", "v9", "PersistedValidationData"],
);
export type PersistedValidationData = ValueOf<typeof PersistedValidationData>;

export const persistedValidationDataHash: (data: PersistedValidationData) => Hash = memoByObject(
  (data) => blake2b256Hex(encode(PersistedValidationData, data)) as Hash,
);

/** Proof of validity: whatever the validation code needs to check a block of the para. */
export const PoV = struct(
  {
    /** As carried, possibly compressed. */
    blockData: bytes(),
  },
  ["polkadot_node_primitives", "PoV"],
);
export type PoV = ValueOf<typeof PoV>;

/** Over the PoV exactly as carried, length prefix included. */
export const povHash: (pov: PoV) => Hash = memoByObject(
  (pov) => blake2b256Hex(encode(PoV, pov)) as Hash,
);

/** The blob that is erasure-coded. */
export const AvailableData = struct({ pov: PoV, validationData: PersistedValidationData }, [
  "polkadot_node_primitives",
  "AvailableData",
]);
export type AvailableData = ValueOf<typeof AvailableData>;

/** One chunk of the erasure-coded blob with its proof against the descriptor's erasure root. */
export const ErasureChunk = struct(
  {
    chunk: bytes(),
    /** Of the chunk; which validator holds it is `node` business. */
    index: u32,
    /** Trie nodes from the root to the leaf. */
    proof: vec(bytes(CHUNK_PROOF_NODE_SIZE_MAX_BYTES), CHUNK_PROOF_NODES_MAX),
  },
  ["polkadot_node_primitives", "ErasureChunk"],
);
export type ErasureChunk = ValueOf<typeof ErasureChunk>;

/** The argument of `validate_block`. */
export const ValidationParams = struct(
  {
    parentHead: HeadData,
    /** Decompressed. */
    blockData: bytes(),
    relayParentNumber: BlockNumber,
    relayParentStorageRoot: Hash,
  },
  ["polkadot_parachain_primitives", "primitives", "ValidationParams"],
);
export type ValidationParams = ValueOf<typeof ValidationParams>;

/** The answer of `validate_block`. The order of fields differs from the commitments'. */
export const ValidationResult = struct(
  {
    headData: HeadData,
    newValidationCode: option(ValidationCode),
    upwardMessages: vec(UpwardMessage, UPWARD_MESSAGES_MAX),
    horizontalMessages: vec(OutboundHrmpMessage, HORIZONTAL_MESSAGES_MAX),
    processedDownwardMessages: u32,
    hrmpWatermark: BlockNumber,
  },
  ["polkadot_parachain_primitives", "primitives", "ValidationResult"],
);
export type ValidationResult = ValueOf<typeof ValidationResult>;

/** Hash of a head as descriptors carry it: over the bare bytes, without a length prefix. */
export function paraHeadHash(head: HeadData): Hash {
  return blake2b256Hex(head) as Hash;
}

/** Over the bare bytes as stored on chain, without a length prefix. */
export function validationCodeHash(code: ValidationCode): ValidationCodeHash {
  return blake2b256Hex(code) as ValidationCodeHash;
}
