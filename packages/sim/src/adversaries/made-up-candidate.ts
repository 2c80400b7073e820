/**
 * Candidates without a block behind them: every hash in them is right, and what they hold is nothing that
 * the para's code would accept. Good for whatever is refused before it is executed.
 */
import { expectOk, ok } from "@parahost/base";
import { branches, obtainChunks } from "@parahost/erasure";
import { buildCandidate, dataOfCollation } from "@parahost/node/collation-generation/candidate";
import {
  asCollatorId,
  type CandidateCommitments,
  type CandidateReceipt,
  type CommittedCandidateReceipt,
  candidateHash,
  type ParaId,
  type PersistedValidationData,
  type PoV,
  validationCodeHash,
} from "@parahost/primitives";
import { runtimeApi } from "@parahost/runtime";
import { type ChainView, coreOf, validationDataOf } from "./chain-view.ts";

export interface MadeUpCandidate {
  readonly receipt: CandidateReceipt;
  readonly committed: CommittedCandidateReceipt;
  readonly validationData: PersistedValidationData;
  readonly pov: PoV;
}

/** A candidate of the para in the block's child; `salt` makes it another. */
export function makeUpCandidate(view: ChainView, para: ParaId, salt = 0): MadeUpCandidate {
  const validationData = validationDataOf(view, para);
  const code = runtimeApi.validationCode(view.state, para, { type: "included" });
  const collation = {
    upwardMessages: [],
    horizontalMessages: [],
    newValidationCode: undefined,
    headData: new Uint8Array([1, 2, 3, salt]),
    pov: { blockData: new Uint8Array([4, 5, 6, salt]) },
    processedDownwardMessages: 0,
    hrmpWatermark: validationData.relayParentNumber,
  };
  const context = {
    paraId: para,
    relayParent: view.hash,
    coreIndex: coreOf(view, para),
    sessionIndex: view.session,
    validatorCount: view.validators.length,
    validationData,
    validationCodeHash: validationCodeHash(code ?? new Uint8Array()),
    descriptorVersion: 2,
  } as const;
  const nobody = asCollatorId(`0x${"00".repeat(32)}`);
  const data = expectOk(dataOfCollation(context, collation), "small");
  const chunks = expectOk(obtainChunks(context.validatorCount, data), "a session has validators");
  const built = expectOk(
    buildCandidate(context, collation, ok(branches(chunks).root), nobody, () => undefined),
    "small",
  );
  const { pov: _, ...commitments } = collation satisfies CandidateCommitments & { pov: PoV };
  const committed = { descriptor: built.receipt.descriptor, commitments };
  return { receipt: built.receipt, committed, validationData, pov: built.pov };
}

export const hashOf = ({ receipt }: MadeUpCandidate) => candidateHash(receipt);
