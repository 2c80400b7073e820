/** How validation code is executed; fixed for a session. Reference: runtime 3.4. */
import { asciiBytes, concatBytes } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import {
  encode,
  newtype,
  positional,
  struct,
  u32,
  u64Number,
  type ValueOf,
  variant,
  vec,
} from "@parahost/scale";
import type { Hash } from "./ids.ts";

export const PvfPrepKind = variant({ precheck: 0, prepare: 1 }, [
  "polkadot_primitives",
  "v9",
  "PvfPrepKind",
]);
export type PvfPrepKind = ValueOf<typeof PvfPrepKind>;

export const PvfExecKind = variant({ backing: 0, approval: 1 }, [
  "polkadot_primitives",
  "v9",
  "PvfExecKind",
]);
export type PvfExecKind = ValueOf<typeof PvfExecKind>;

export const ExecutorParam = variant(
  {
    /** Pages of 64 KiB beyond those the module itself asks for. */
    maxMemoryPages: [1, u32],
    /** Values on the stack of one call chain. */
    stackLogicalMax: [2, u32],
    /** Bytes. */
    stackNativeMax: [3, u32],
    /** Bytes. */
    precheckingMaxMemory: [4, u64Number],
    pvfPrepTimeout: [5, positional(struct({ kind: PvfPrepKind, milliseconds: u64Number }))],
    /** CPU time. */
    pvfExecTimeout: [6, positional(struct({ kind: PvfExecKind, milliseconds: u64Number }))],
    wasmExtBulkMemory: 7,
  },
  ["polkadot_primitives", "v9", "executor_params", "ExecutorParam"],
);
export type ExecutorParam = ValueOf<typeof ExecutorParam>;

/** At most one of each kind; what is not named has its default. */
export const ExecutorParams = newtype(
  ["polkadot_primitives", "v9", "executor_params", "ExecutorParams"],
  vec(ExecutorParam),
);
export type ExecutorParams = ValueOf<typeof ExecutorParams>;

/** Identifies the parameters. */
export function executorParamsHash(params: ExecutorParams): Hash {
  return blake2b256Hex(encode(ExecutorParams, params)) as Hash;
}

/**
 * Identifies what preparation depends on: code prepared under parameters with the same value needs no
 * second preparation.
 */
export function executorParamsPrepHash(params: ExecutorParams): Hash {
  const relevant = params.filter(
    ({ type }) =>
      type === "maxMemoryPages" || type === "stackLogicalMax" || type === "wasmExtBulkMemory",
  );
  const encoded = relevant.map((param) => encode(ExecutorParam, param));
  return blake2b256Hex(concatBytes(asciiBytes("prep"), ...encoded)) as Hash;
}
