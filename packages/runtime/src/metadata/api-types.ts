/** Types that the APIs of every chain speak in. Reference: json-rpc-and-metadata.md 7. */
import { Balance } from "@parahost/primitives";
import { bool, bytes, type Codec, option, struct, u64, variant, vec } from "@parahost/scale";
import { DispatchClass, Weight } from "../framework/index.ts";

export const OpaqueMetadata: Codec<Uint8Array> = {
  ...bytes(),
  type: {
    kind: "composite",
    path: ["sp_core", "OpaqueMetadata"],
    fields: [{ type: bytes().type }],
  },
};

const validity = (name: string) => ["sp_runtime", "transaction_validity", name];
export const TransactionSource = variant(
  { inBlock: 0, local: 1, external: 2 },
  validity("TransactionSource"),
);
export const ValidTransaction = struct(
  {
    priority: u64,
    requires: vec(bytes()),
    provides: vec(bytes()),
    longevity: u64,
    propagate: bool,
  },
  validity("ValidTransaction"),
);

const payment = (name: string) => ["pallet_transaction_payment", "types", name];
export const RuntimeDispatchInfo = struct(
  { weight: Weight, class: DispatchClass, partialFee: Balance },
  payment("RuntimeDispatchInfo"),
);
export const FeeDetails = struct(
  {
    inclusionFee: option(
      struct(
        { baseFee: Balance, lenFee: Balance, adjustedWeightFee: Balance },
        payment("InclusionFee"),
      ),
    ),
    tip: Balance,
  },
  payment("FeeDetails"),
);
