/** `payment_`: what a transaction would cost. Reference: json-rpc-and-metadata.md 5.3. */
import { concatBytes } from "@parahost/base";
import { encodeExtrinsic } from "@parahost/primitives";
import { FeeDetails, RuntimeDispatchInfo } from "@parahost/runtime";
import { type Codec, decode, encode, u32 } from "@parahost/scale";
import type { ChainView } from "../chain-view.ts";
import { ErrorCode, type Json, RpcError } from "../json-rpc.ts";
import type { Methods } from "../method.ts";
import { blockParam, extrinsicParam, numberJson, unknownState } from "./relay.ts";

export function paymentMethods(view: ChainView): Methods {
  /** The runtime's answer about an extrinsic as long as it is. */
  const ask = <T>(params: readonly Json[], question: string, codec: Codec<T>): T => {
    const extrinsic = encodeExtrinsic(extrinsicParam(params, 0));
    const block = blockParam(view, params, 1);
    const args = concatBytes(extrinsic, encode(u32, extrinsic.length));
    const name = `TransactionPaymentApi_${question}`;
    const answer = view.runtime.call(block, name, args) ?? unknownState(view, block);
    if (answer.ok) return decode(codec, answer.value);
    if (answer.error.code === "unknownFunction")
      throw new RpcError(ErrorCode.methodNotFound, `this chain has no ${name}`);
    throw new RpcError(ErrorCode.invalidParams, "not an extrinsic of this runtime");
  };
  return {
    methods: {
      payment_queryInfo: (params) => {
        const { weight, class: kind, partialFee } = ask(params, "query_info", RuntimeDispatchInfo);
        return {
          weight: { ref_time: weight.refTime, proof_size: weight.proofSize },
          class: kind.type,
          partialFee: partialFee.toString(),
        };
      },
      payment_queryFeeDetails: (params) => {
        const { inclusionFee } = ask(params, "query_fee_details", FeeDetails);
        if (inclusionFee === undefined) return { inclusionFee: null };
        const { baseFee, lenFee, adjustedWeightFee } = inclusionFee;
        return {
          inclusionFee: {
            baseFee: numberJson(baseFee),
            lenFee: numberJson(lenFee),
            adjustedWeightFee: numberJson(adjustedWeightFee),
          },
        };
      },
    },
    subscriptions: {},
  };
}
