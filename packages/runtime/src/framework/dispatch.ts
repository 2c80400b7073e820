/**
 * What a call costs, how it ends, and why it may be refused: the types that clients find in every
 * block's events.
 *
 * Reference: json-rpc-and-metadata.md 8.3.
 */
import { err, ok, type Result } from "@parahost/base";
import { compactU64Number, fixedBytes, struct, u8, type ValueOf, variant } from "@parahost/scale";

// Cost

/** `refTime` in picoseconds of execution, `proofSize` in bytes. */
export const Weight = struct({ refTime: compactU64Number, proofSize: compactU64Number }, [
  "sp_weights",
  "weight_v2",
  "Weight",
]);
export type Weight = ValueOf<typeof Weight>;

export const ZERO_WEIGHT: Weight = { refTime: 0, proofSize: 0 };

export const addWeight = (a: Weight, b: Weight): Weight => ({
  refTime: a.refTime + b.refTime,
  proofSize: a.proofSize + b.proofSize,
});

/** Normal calls leave a quarter of the block to the others; mandatory ones always fit. */
export const DispatchClass = variant({ normal: 0, operational: 1, mandatory: 2 }, [
  "frame_support",
  "dispatch",
  "DispatchClass",
]);
export type DispatchClass = ValueOf<typeof DispatchClass>;
export type DispatchClassName = DispatchClass["type"];

export const Pays = variant({ yes: 0, no: 1 }, ["frame_support", "dispatch", "Pays"]);
export type Pays = ValueOf<typeof Pays>;

/** Carried by the events `ExtrinsicSuccess` and `ExtrinsicFailed`. */
export const DispatchEventInfo = struct({ weight: Weight, class: DispatchClass, paysFee: Pays }, [
  "frame_system",
  "DispatchEventInfo",
]);
export type DispatchEventInfo = ValueOf<typeof DispatchEventInfo>;

/** What is known of a call before it runs. */
export interface DispatchInfo {
  readonly weight: Weight;
  readonly class: DispatchClassName;
  readonly paysFee: boolean;
}

/** What a call may correct about itself after it ran; absent fields stay as declared. */
export interface PostDispatchInfo {
  /** Never more than was declared. */
  readonly actualWeight?: Weight;
  readonly paysFee?: boolean;
}

// Refusal

export const TokenError = variant(
  {
    fundsUnavailable: 0,
    onlyProvider: 1,
    belowMinimum: 2,
    cannotCreate: 3,
    unknownAsset: 4,
    frozen: 5,
    unsupported: 6,
    cannotCreateHold: 7,
    notExpendable: 8,
    blocked: 9,
  },
  ["sp_runtime", "TokenError"],
);
export type TokenError = ValueOf<typeof TokenError>;

export const ArithmeticError = variant({ underflow: 0, overflow: 1, divisionByZero: 2 }, [
  "sp_arithmetic",
  "ArithmeticError",
]);
export type ArithmeticError = ValueOf<typeof ArithmeticError>;

export const TransactionalError = variant({ limitReached: 0, noLayer: 1 }, [
  "sp_runtime",
  "TransactionalError",
]);
export type TransactionalError = ValueOf<typeof TransactionalError>;

/** What is wrong with a proof of trie nodes; no call of this runtime takes one. */
const TrieError = variant(
  {
    invalidStateRoot: 0,
    incompleteDatabase: 1,
    valueAtIncompleteKey: 2,
    decoderError: 3,
    invalidHash: 4,
    duplicateKey: 5,
    extraneousNode: 6,
    extraneousValue: 7,
    extraneousHashReference: 8,
    invalidChildReference: 9,
    valueMismatch: 10,
    incompleteProof: 11,
    rootMismatch: 12,
    decodeError: 13,
  },
  ["sp_runtime", "proving_trie", "TrieError"],
);

/** `error` is the position in the pallet's list of errors, followed by three zero bytes. */
export const ModuleError = struct({ index: u8, error: fixedBytes(4) }, [
  "sp_runtime",
  "ModuleError",
]);
export type ModuleError = ValueOf<typeof ModuleError>;

export const DispatchError = variant(
  {
    other: 0,
    cannotLookup: 1,
    badOrigin: 2,
    module: [3, ModuleError],
    consumerRemaining: 4,
    noProviders: 5,
    tooManyConsumers: 6,
    token: [7, TokenError],
    arithmetic: [8, ArithmeticError],
    transactional: [9, TransactionalError],
    exhausted: 10,
    corruption: 11,
    unavailable: 12,
    rootNotAllowed: 13,
    trie: [14, TrieError],
  },
  ["sp_runtime", "DispatchError"],
);
export type DispatchError = ValueOf<typeof DispatchError>;

/** How a call ends. */
export type DispatchResult = Result<PostDispatchInfo, DispatchError>;

const NOTHING_CORRECTED: PostDispatchInfo = {};

/** Success, as declared. */
export const done: DispatchResult = ok(NOTHING_CORRECTED);

export const tokenError = (type: TokenError["type"]): DispatchError => ({
  type: "token",
  value: { type },
});

export const arithmeticError = (type: ArithmeticError["type"]): DispatchError => ({
  type: "arithmetic",
  value: { type },
});

export const badOrigin: DispatchError = { type: "badOrigin" };

/** A failed routine as a call's end. */
export const fail = (error: DispatchError): DispatchResult => err(error);
