/** Whether what was fetched is what was advertised. Node-side reference, 5.8 "After fetch". */
import { err, ok, type Result } from "@parahost/base";
import {
  type CandidateReceipt,
  candidateHash,
  type PersistedValidationData,
  type PoV,
  paraHeadHash,
  persistedValidationDataHash,
  povHash,
} from "@parahost/primitives";
import type { Advertisement } from "./fetch-queue.ts";

/** Each is the collator's fault: it signed up for this advertisement. */
export type FetchedError =
  | { readonly code: "candidateHashMismatch" }
  | { readonly code: "relayParentMismatch" }
  | { readonly code: "paraMismatch" }
  | { readonly code: "povHashMismatch" }
  | { readonly code: "parentHeadDataMismatch" }
  | { readonly code: "persistedValidationDataMismatch" };

export function checkFetched(
  advertised: Advertisement,
  receipt: CandidateReceipt,
  pov: PoV,
  parentHeadData: Uint8Array | undefined,
  validationData: PersistedValidationData,
): Result<void, FetchedError> {
  const { descriptor } = receipt;
  if (candidateHash(receipt) !== advertised.candidateHash)
    return err({ code: "candidateHashMismatch" });
  if (descriptor.relayParent !== advertised.relayParent)
    return err({ code: "relayParentMismatch" });
  if (descriptor.paraId !== advertised.paraId) return err({ code: "paraMismatch" });
  if (povHash(pov) !== descriptor.povHash) return err({ code: "povHashMismatch" });
  if (
    parentHeadData !== undefined &&
    paraHeadHash(parentHeadData) !== advertised.parentHeadDataHash
  )
    return err({ code: "parentHeadDataMismatch" });
  if (persistedValidationDataHash(validationData) !== descriptor.persistedValidationDataHash)
    return err({ code: "persistedValidationDataMismatch" });
  return ok(undefined);
}
