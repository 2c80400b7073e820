/**
 * What can be told of a candidate without running it, and whether what running it gave is what it
 * claims. Runtime reference, 3.6; node-side reference, 5.18.
 */
import { err, ok, type Result } from "@parahost/base";
import type { SignatureVerifier } from "@parahost/crypto";
import type { InvalidReason } from "@parahost/executor";
import {
  type CandidateCommitments,
  type CandidateReceipt,
  collatorSignaturePayload,
  commitmentsHash,
  commitmentsOf,
  type PersistedValidationData,
  PoV,
  paraHeadHash,
  povHash,
  type SessionIndex,
  splitUpwardMessages,
  type ValidationResult,
  validationCodeHash,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import type { InvalidCandidate } from "./messages.ts";

/** Sizes, hashes, and who or what the descriptor names. `session` is that of the relay parent. */
export function checkBefore(
  receipt: CandidateReceipt,
  validationData: PersistedValidationData,
  validationCode: Uint8Array,
  pov: PoV,
  session: SessionIndex | undefined,
  verifier: SignatureVerifier,
): Result<void, InvalidCandidate> {
  const { descriptor } = receipt;
  const povBytes = encode(PoV, pov).length;
  if (povBytes > validationData.maxPovSize) return err({ code: "paramsTooLarge", bytes: povBytes });
  if (povHash(pov) !== descriptor.povHash) return err({ code: "povHashMismatch" });
  if (validationCodeHash(validationCode) !== descriptor.validationCodeHash)
    return err({ code: "codeHashMismatch" });
  if (descriptor.version === 1) {
    const isSigned = verifier.verify({
      scheme: "sr25519",
      publicKey: descriptor.collator,
      message: collatorSignaturePayload(descriptor),
      signature: descriptor.signature,
    });
    if (!isSigned) return err({ code: "badSignature" });
  } else if (session !== undefined && descriptor.sessionIndex !== session)
    return err({ code: "invalidSessionIndex" });
  return ok(undefined);
}

/** The commitments that the result makes, when they are those of the receipt. */
export function checkAfter(
  receipt: CandidateReceipt,
  result: ValidationResult,
): Result<CandidateCommitments, InvalidCandidate> {
  if (paraHeadHash(result.headData) !== receipt.descriptor.paraHead)
    return err({ code: "paraHeadHashMismatch" });
  const commitments = commitmentsOf(result);
  if (!hasProperSignals(receipt, commitments)) return err({ code: "invalidUmpSignals" });
  if (commitmentsHash(commitments) !== receipt.commitmentsHash)
    return err({ code: "commitmentsHashMismatch" });
  return ok(commitments);
}

/** Signals are well formed, and only a version 2 descriptor goes with them. Runtime reference, 1.5. */
function hasProperSignals(
  { descriptor }: CandidateReceipt,
  { upwardMessages }: CandidateCommitments,
): boolean {
  const parts = splitUpwardMessages(upwardMessages);
  if (!parts.ok) return false;
  return descriptor.version === 2 || parts.value.messages.length === upwardMessages.length;
}

/** The executor's reasons under the names that the guide gives them. */
export function invalidCandidate(reason: InvalidReason): InvalidCandidate {
  switch (reason.code) {
    case "timeout":
      return { code: "timeout" };
    case "badReturn":
      return { code: "badReturn" };
    case "paramsTooLarge":
      return { code: "paramsTooLarge", bytes: reason.bytes };
    case "povDecompression":
      return { code: "povDecompressionFailure" };
    case "trap":
      return { code: "executionError", message: `${reason.cause}: ${reason.message}` };
    case "outOfMemory":
      return { code: "executionError", message: `out of memory: ${reason.message}` };
    case "stackOverflow":
      return { code: "executionError", message: "stack overflow" };
  }
}
