/** Handing a transaction to the pool, and saying why it is refused. Reference: json-rpc-and-metadata.md 10.1. */
import { unreachable } from "@parahost/base";
import type { Hash, OpaqueExtrinsic } from "@parahost/primitives";
import type { InvalidTransaction, TransactionValidityError } from "@parahost/runtime";
import type { ChainView, ViewSubmitError } from "../chain-view.ts";
import { type Json, RpcError } from "../json-rpc.ts";

/** Codes of Polkadot's nodes. */
export const SubmissionErrorCode = {
  badFormat: 1001,
  invalid: 1010,
  unknownValidity: 1011,
  temporarilyBanned: 1012,
  alreadyImported: 1013,
  tooLowPriority: 1014,
  immediatelyDropped: 1016,
} as const;

/** Takes the extrinsic into the pool and passes it on. Throws what the client is answered. */
export function submit(node: ChainView, extrinsic: OpaqueExtrinsic): Hash {
  const submitted = node.submit(extrinsic);
  if (submitted.ok) return submitted.value;
  throw refusal(submitted.error);
}

function refusal(error: ViewSubmitError): RpcError {
  switch (error.code) {
    case "badFormat":
      return new RpcError(
        SubmissionErrorCode.badFormat,
        "Extrinsic has invalid format",
        error.message ?? null,
      );
    case "invalid":
      return validityError(error.reason);
    case "alreadyImported":
      return new RpcError(
        SubmissionErrorCode.alreadyImported,
        `Transaction Already Imported`,
        error.hash,
      );
    case "temporarilyBanned":
      return new RpcError(
        SubmissionErrorCode.temporarilyBanned,
        "Transaction is temporarily banned",
        error.hash,
      );
    case "tooLowPriority":
      return new RpcError(
        SubmissionErrorCode.tooLowPriority,
        `Priority is too low: (${error.needed} vs ${error.offered})`,
        "The transaction has too low priority to replace another transaction already in the pool.",
      );
    case "poolFull":
      return new RpcError(
        SubmissionErrorCode.immediatelyDropped,
        "Immediately Dropped",
        "The transaction couldn't enter the pool because of the limit",
      );
    default:
      return unreachable(error);
  }
}

function validityError(reason: TransactionValidityError): RpcError {
  if (reason.type === "invalid")
    return new RpcError(
      SubmissionErrorCode.invalid,
      "Invalid Transaction",
      invalidText(reason.value),
    );
  const { value } = reason;
  const why: Json =
    value.type === "custom"
      ? `Custom error: ${value.value}`
      : value.type === "cannotLookup"
        ? "Could not lookup information required to validate the transaction"
        : "Could not find an unsigned validator for the unsigned transaction";
  return new RpcError(SubmissionErrorCode.unknownValidity, "Unknown Transaction Validity", why);
}

/** In the words of Polkadot's nodes, which wallets show. */
function invalidText(reason: InvalidTransaction): string {
  switch (reason.type) {
    case "call":
      return "Transaction call is not expected";
    case "payment":
      return "Inability to pay some fees (e.g. account balance too low)";
    case "future":
      return "Transaction will be valid in the future";
    case "stale":
      return "Transaction is outdated";
    case "badProof":
      return "Transaction has a bad signature";
    case "ancientBirthBlock":
      return "Transaction has an ancient birth block";
    case "exhaustsResources":
      return "Transaction would exhaust the block limits";
    case "custom":
      return `Custom error: ${reason.value}`;
    case "badMandatory":
      return "A call was labelled as mandatory, but resulted in an Error.";
    case "mandatoryValidation":
      return "Transaction dispatch is mandatory; transactions must not be validated.";
    case "badSigner":
      return "Invalid signing address";
    case "indeterminateImplicit":
      return "The implicit data was unable to be calculated";
    case "unknownOrigin":
      return "The transaction extension did not authorize any origin";
    default:
      return unreachable(reason);
  }
}
