/** `payment_`: what a transaction would cost. Reference: json-rpc-and-metadata.md 5.3. */
import type { RelayNode } from "@parahost/node/service/node";
import { runtimeApi } from "@parahost/runtime";
import { ErrorCode, type Json, RpcError } from "../json-rpc.ts";
import type { Methods } from "../method.ts";
import { blockParam, extrinsicParam, numberJson, runtimeStateAt } from "./relay.ts";

export function paymentMethods(node: RelayNode): Methods {
  const ask = <T>(
    params: readonly Json[],
    question: (
      state: ReturnType<typeof runtimeStateAt>,
      extrinsic: Uint8Array,
    ) => { readonly ok: true; readonly value: T } | { readonly ok: false },
  ): T => {
    const extrinsic = extrinsicParam(params, 0);
    const answer = question(runtimeStateAt(node, blockParam(node, params, 1)), extrinsic);
    if (answer.ok) return answer.value;
    throw new RpcError(ErrorCode.invalidParams, "not an extrinsic of this runtime");
  };
  return {
    methods: {
      payment_queryInfo: (params) => {
        const { weight, class: type, partialFee } = ask(params, runtimeApi.queryInfo);
        return {
          weight: { ref_time: weight.refTime, proof_size: weight.proofSize },
          class: type,
          partialFee: partialFee.toString(),
        };
      },
      payment_queryFeeDetails: (params) => {
        const { inclusionFee } = ask(params, runtimeApi.queryFeeDetails);
        if (inclusionFee === undefined) return { inclusionFee: null };
        const { baseFee, lengthFee, adjustedWeightFee } = inclusionFee;
        return {
          inclusionFee: {
            baseFee: numberJson(baseFee),
            lenFee: numberJson(lengthFee),
            adjustedWeightFee: numberJson(adjustedWeightFee),
          },
        };
      },
    },
    subscriptions: {},
  };
}
