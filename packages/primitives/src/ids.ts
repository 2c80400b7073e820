/**
 * Identities, keys and indices. Hashes and keys are lower-case `0x` text, indices are numbers; brands
 * keep those of different meaning apart, and every branded value is still plain text or a number.
 * `asX` makes one from a value of ours and asserts its form; bytes from outside go through the codec.
 */
import { assert } from "@parahost/base";
import {
  branded,
  fixedBytes,
  fixedHex,
  newtype,
  u32,
  u64Number,
  u128,
  type ValueOf,
} from "@parahost/scale";

// Numbers

/** Plain u32 everywhere but in the header, where it is compact. */
export const BlockNumber = u32;
export type BlockNumber = ValueOf<typeof BlockNumber>;

/** Absolute number of a BABE slot: Unix milliseconds / slot duration. */
export const Slot = newtype(["sp_consensus_slots", "Slot"], u64Number);
export type Slot = ValueOf<typeof Slot>;

/** Milliseconds since the Unix epoch. */
export const Moment = u64Number;
export type Moment = ValueOf<typeof Moment>;

/** Planck: the smallest unit of the chain's currency. */
export const Balance = u128;
export type Balance = ValueOf<typeof Balance>;

/** Number of transactions that an account has had included. */
export const Nonce = u32;
export type Nonce = ValueOf<typeof Nonce>;

/** Parts of 1,000,000,000. */
export const Perbill = newtype(["sp_arithmetic", "per_things", "Perbill"], u32);
export type Perbill = ValueOf<typeof Perbill>;

/** A parachain or parathread. */
export const ParaId = branded<"ParaId">()(u32, [
  "polkadot_parachain_primitives",
  "primitives",
  "Id",
]);
export type ParaId = ValueOf<typeof ParaId>;

/** Position in the shuffled active validator set of a session, not in the authority list. */
export const ValidatorIndex = branded<"ValidatorIndex">()(u32, [
  "polkadot_primitives",
  "v9",
  "ValidatorIndex",
]);
export type ValidatorIndex = ValueOf<typeof ValidatorIndex>;

/** An availability core. */
export const CoreIndex = branded<"CoreIndex">()(u32, ["polkadot_primitives", "v9", "CoreIndex"]);
export type CoreIndex = ValueOf<typeof CoreIndex>;

/** A validator group of a session. */
export const GroupIndex = branded<"GroupIndex">()(u32, ["polkadot_primitives", "v9", "GroupIndex"]);
export type GroupIndex = ValueOf<typeof GroupIndex>;

/** Number of a session; a session is a BABE epoch. */
export const SessionIndex = branded<"SessionIndex">()(u32);
export type SessionIndex = ValueOf<typeof SessionIndex>;

// Hashes

const H256 = ["primitive_types", "H256"] as const;

/** BLAKE2b-256 of anything that has no name of its own below: blocks, states, messages, heads. */
export const Hash = branded<"Hash">()(fixedHex(32), H256);
export type Hash = ValueOf<typeof Hash>;

/** Hash of a candidate's plain receipt. */
export const CandidateHash = branded<"CandidateHash">()(fixedHex(32), [
  "polkadot_core_primitives",
  "CandidateHash",
]);
export type CandidateHash = ValueOf<typeof CandidateHash>;

/** Hash of validation code as it is stored on chain, compressed or not. */
export const ValidationCodeHash = branded<"ValidationCodeHash">()(fixedHex(32), [
  "polkadot_parachain_primitives",
  "primitives",
  "ValidationCodeHash",
]);
export type ValidationCodeHash = ValueOf<typeof ValidationCodeHash>;

/** Stands where a hash is required and none exists: the parent of genesis, the start of a chain. */
export const ZERO_HASH = `0x${"00".repeat(32)}` as Hash;

// Keys

const app = (module: string): readonly string[] => ["polkadot_primitives", "v9", module, "Public"];

/** sr25519 session key `para`: backing, bitfields, approvals, disputes, pre-checks. */
export const ValidatorId = branded<"ValidatorId">()(fixedHex(32), app("validator_app"));
export type ValidatorId = ValueOf<typeof ValidatorId>;

/** sr25519 key of a collator, key type `coll`. */
export const CollatorId = branded<"CollatorId">()(fixedHex(32), app("collator_app"));
export type CollatorId = ValueOf<typeof CollatorId>;

/** sr25519 session key `asgn`: approval assignments. */
export const AssignmentId = branded<"AssignmentId">()(fixedHex(32), app("assignment_app"));
export type AssignmentId = ValueOf<typeof AssignmentId>;

/** sr25519 session key `audi`: finding the addresses of authorities. */
export const AuthorityDiscoveryId = branded<"AuthorityDiscoveryId">()(fixedHex(32), [
  "sp_authority_discovery",
  "app",
  "Public",
]);
export type AuthorityDiscoveryId = ValueOf<typeof AuthorityDiscoveryId>;

/** sr25519 session key `babe`: block production. */
export const BabeId = branded<"BabeId">()(fixedHex(32), ["sp_consensus_babe", "app", "Public"]);
export type BabeId = ValueOf<typeof BabeId>;

/** ed25519 session key `gran`: finality votes. */
export const GrandpaId = branded<"GrandpaId">()(fixedHex(32), [
  "sp_consensus_grandpa",
  "app",
  "Public",
]);
export type GrandpaId = ValueOf<typeof GrandpaId>;

/** An account: usually the public key that controls it. */
export const AccountId = branded<"AccountId">()(fixedHex(32), ["sp_core", "crypto", "AccountId32"]);
export type AccountId = ValueOf<typeof AccountId>;

// Signatures

/** sr25519 by a validator's `para` key. */
export const ValidatorSignature = newtype(
  ["polkadot_primitives", "v9", "validator_app", "Signature"],
  fixedBytes(64),
);
export type ValidatorSignature = ValueOf<typeof ValidatorSignature>;

/** sr25519 by a collator. */
export const CollatorSignature = newtype(
  ["polkadot_primitives", "v9", "collator_app", "Signature"],
  fixedBytes(64),
);
export type CollatorSignature = ValueOf<typeof CollatorSignature>;

/** ed25519 by a GRANDPA voter. */
export const GrandpaSignature = newtype(
  ["sp_consensus_grandpa", "app", "Signature"],
  fixedBytes(64),
);
export type GrandpaSignature = ValueOf<typeof GrandpaSignature>;

// From our own values

const LOWER_HEX_32 = /^0x[0-9a-f]{64}$/;

const identity =
  <T extends string>() =>
  (text: string): T => {
    if (!LOWER_HEX_32.test(text)) assert(false, `not 32 bytes of lower-case hex: ${text}`);
    return text as T;
  };

const index =
  <T extends number>() =>
  (value: number): T => {
    if (value >>> 0 !== value) assert(false, `not a u32: ${value}`);
    return value as T;
  };

export const asHash: (text: string) => Hash = identity();
export const asCandidateHash: (text: string) => CandidateHash = identity();
export const asValidationCodeHash: (text: string) => ValidationCodeHash = identity();
export const asValidatorId: (text: string) => ValidatorId = identity();
export const asCollatorId: (text: string) => CollatorId = identity();
export const asAssignmentId: (text: string) => AssignmentId = identity();
export const asAuthorityDiscoveryId: (text: string) => AuthorityDiscoveryId = identity();
export const asBabeId: (text: string) => BabeId = identity();
export const asGrandpaId: (text: string) => GrandpaId = identity();
export const asAccountId: (text: string) => AccountId = identity();
export const asParaId: (value: number) => ParaId = index();
export const asValidatorIndex: (value: number) => ValidatorIndex = index();
export const asCoreIndex: (value: number) => CoreIndex = index();
export const asGroupIndex: (value: number) => GroupIndex = index();
export const asSessionIndex: (value: number) => SessionIndex = index();
