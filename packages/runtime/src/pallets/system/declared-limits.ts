/** The limits of a block as clients read them, in Polkadot's shapes. */
import { option, struct, u32, u64Number, type ValueOf } from "@parahost/scale";
import { READ_WEIGHT, Weight, WRITE_WEIGHT } from "../../framework/index.ts";
import {
  BLOCK_BASE_WEIGHT,
  BLOCK_LENGTH_MAX_BYTES,
  BLOCK_WEIGHT_MAX,
  EXTRINSIC_BASE_WEIGHT,
  lengthLimit,
  perDispatchClass,
  weightLimit,
} from "./limits.ts";

const limits = (name: string): readonly string[] => ["frame_system", "limits", name];

const WeightsPerClass = struct(
  {
    baseExtrinsic: Weight,
    /** Of one extrinsic. */
    maxExtrinsic: option(Weight),
    maxTotal: option(Weight),
    /** Beyond what all classes have together. */
    reserved: option(Weight),
  },
  limits("WeightsPerClass"),
);

export const BlockWeights = struct(
  { baseBlock: Weight, maxBlock: Weight, perClass: perDispatchClass(WeightsPerClass) },
  limits("BlockWeights"),
);

export const BlockLength = struct({ max: perDispatchClass(u32) }, limits("BlockLength"));

/** Picoseconds of one access to the state. */
export const DbWeight = struct({ read: u64Number, write: u64Number }, [
  "sp_weights",
  "RuntimeDbWeight",
]);

/** Proofs of the relay chain's state are nobody's concern: they have no limit but that of the number. */
const upTo = (refTime: number): Weight => ({ refTime, proofSize: Number.MAX_SAFE_INTEGER });

const ofClass = (type: "normal" | "operational"): ValueOf<typeof WeightsPerClass> => ({
  baseExtrinsic: EXTRINSIC_BASE_WEIGHT,
  maxExtrinsic: upTo(weightLimit(type) - BLOCK_BASE_WEIGHT.refTime - EXTRINSIC_BASE_WEIGHT.refTime),
  maxTotal: upTo(weightLimit(type)),
  reserved: undefined,
});

export const blockWeights = (): ValueOf<typeof BlockWeights> => ({
  baseBlock: BLOCK_BASE_WEIGHT,
  maxBlock: upTo(BLOCK_WEIGHT_MAX),
  perClass: {
    normal: ofClass("normal"),
    operational: ofClass("operational"),
    mandatory: {
      baseExtrinsic: EXTRINSIC_BASE_WEIGHT,
      maxExtrinsic: undefined,
      maxTotal: undefined,
      reserved: undefined,
    },
  },
});

export const blockLength = (): ValueOf<typeof BlockLength> => ({
  max: {
    normal: lengthLimit("normal"),
    operational: lengthLimit("operational"),
    mandatory: BLOCK_LENGTH_MAX_BYTES,
  },
});

export const dbWeight = (): ValueOf<typeof DbWeight> => ({
  read: READ_WEIGHT,
  write: WRITE_WEIGHT,
});
