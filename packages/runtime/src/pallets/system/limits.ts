/**
 * How much fits in a block. Normal transactions get three quarters of the weight and length, so that
 * operational ones and the inherents always find room. Mandatory extrinsics are never refused for
 * their weight, only for the block's length.
 */
import { err, ok, type Result } from "@parahost/base";
import { type Codec, generic, struct, u32, type ValueOf } from "@parahost/scale";
import {
  addWeight,
  type DispatchClassName,
  type DispatchInfo,
  invalid,
  type State,
  storageValue,
  type TransactionValidityError,
  WEIGHT_PER_SECOND,
  Weight,
  weightOf,
  ZERO_WEIGHT,
} from "../../framework/index.ts";

/** Two seconds of execution. */
export const BLOCK_WEIGHT_MAX = 2 * WEIGHT_PER_SECOND;
export const BLOCK_LENGTH_MAX_BYTES = 5 * 1024 * 1024;

/** Of weight and length, for all normal extrinsics of a block together. */
const NORMAL_SHARE = 0.75;

/** What each extrinsic costs beside its call: signature, account, fee, events. */
export const EXTRINSIC_BASE_WEIGHT: Weight = weightOf({ reads: 1, writes: 1, signatures: 1 });

/** What each block costs before its first extrinsic: number, parent, digest, limits. */
export const BLOCK_BASE_WEIGHT: Weight = weightOf({ reads: 5, writes: 5 });

/** Picoseconds that extrinsics of this class and lesser ones may use in one block. */
export const weightLimit = (type: DispatchClassName): number =>
  type === "normal" ? BLOCK_WEIGHT_MAX * NORMAL_SHARE : BLOCK_WEIGHT_MAX;

/** Bytes up to which a block may have grown for an extrinsic of this class to be admitted. */
export const lengthLimit = (type: DispatchClassName): number =>
  type === "normal" ? BLOCK_LENGTH_MAX_BYTES * NORMAL_SHARE : BLOCK_LENGTH_MAX_BYTES;

/** One of something for each class. */
export const perDispatchClass = <T>(codec: Codec<T>) =>
  generic(
    { T: codec },
    struct({ normal: codec, operational: codec, mandatory: codec }, [
      "frame_support",
      "dispatch",
      "PerDispatchClass",
    ]),
  );

const ConsumedWeight = perDispatchClass(Weight);
type ConsumedWeight = ValueOf<typeof ConsumedWeight>;

export const storage = {
  blockWeight: storageValue(
    "System.BlockWeight",
    "Weight used by each class in the block being executed; after it, in the last one.",
    ConsumedWeight,
    {
      normal: ZERO_WEIGHT,
      operational: ZERO_WEIGHT,
      mandatory: ZERO_WEIGHT,
    },
  ),
  allExtrinsicsLength: storageValue(
    "System.AllExtrinsicsLen",
    "Bytes of all extrinsics so far; present only while a block is executed.",
    u32,
  ),
};

export const consumedWeight = (state: State): ConsumedWeight => storage.blockWeight.get(state);

/** Picoseconds used by this block so far. */
export const totalWeight = ({ normal, operational, mandatory }: ConsumedWeight): number =>
  normal.refTime + operational.refTime + mandatory.refTime;

/** Counts work that no extrinsic is charged for, such as hooks. */
export function registerWeight(state: State, type: DispatchClassName, weight: Weight): void {
  storage.blockWeight.update(state, (consumed) => ({
    ...consumed,
    [type]: addWeight(consumed[type], weight),
  }));
}

/** Forgets the last block's consumption and books what every block costs. */
export function resetBlockLimits(state: State): void {
  storage.blockWeight.remove(state);
  storage.allExtrinsicsLength.remove(state);
  registerWeight(state, "mandatory", BLOCK_BASE_WEIGHT);
}

/** Refuses what does not fit in any block, even an empty one. */
export function checkSingle(
  info: DispatchInfo,
  length: number,
): Result<void, TransactionValidityError> {
  if (length > lengthLimit(info.class)) return err(invalid("exhaustsResources"));
  const refTime = info.weight.refTime + EXTRINSIC_BASE_WEIGHT.refTime;
  if (info.class !== "mandatory" && refTime > weightLimit(info.class) - BLOCK_BASE_WEIGHT.refTime)
    return err(invalid("exhaustsResources"));
  return ok(undefined);
}

/** Books an extrinsic of `length` bytes, or refuses it when the rest of the block is too small. */
export function reserveRoom(
  state: State,
  info: DispatchInfo,
  length: number,
): Result<void, TransactionValidityError> {
  const lengthAfter = (storage.allExtrinsicsLength.get(state) ?? 0) + length;
  if (lengthAfter > lengthLimit(info.class)) return err(invalid("exhaustsResources"));
  const weight = addWeight(info.weight, EXTRINSIC_BASE_WEIGHT);
  const consumed = consumedWeight(state);
  if (info.class !== "mandatory") {
    const ofClass = consumed[info.class].refTime + weight.refTime;
    const total = totalWeight(consumed) + weight.refTime;
    if (ofClass > weightLimit(info.class) || total > BLOCK_WEIGHT_MAX)
      return err(invalid("exhaustsResources"));
  }
  storage.allExtrinsicsLength.set(state, lengthAfter);
  registerWeight(state, info.class, weight);
  return ok(undefined);
}

/** Gives back what an extrinsic booked but did not use. */
export function returnUnused(state: State, info: DispatchInfo, actual: Weight): void {
  const unused = info.weight.refTime - actual.refTime;
  if (unused <= 0) return;
  storage.blockWeight.update(state, (consumed) => ({
    ...consumed,
    [info.class]: {
      ...consumed[info.class],
      refTime: consumed[info.class].refTime - unused,
    },
  }));
}
