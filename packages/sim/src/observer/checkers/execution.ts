/** Whether a candidate is valid: the para's state machine, run by the observer, comes to the same head. */
import { describe, equalBytes } from "@parahost/base";
import { decompressBlob } from "@parahost/executor";
import type { ParaStateMachine } from "@parahost/kit";
import {
  type AvailableData,
  POV_BOMB_LIMIT_BYTES,
  type ValidationCodeHash,
} from "@parahost/primitives";
import type { PendingCandidate } from "../fork.ts";

/**
 * Why the candidate is invalid; `undefined` when it is valid. `machine` keeps the states that the included
 * blocks of all forks make; `codeOf` gives code that the relay chain has.
 */
export function checkExecution(
  { hash, receipt, parentHead }: PendingCandidate,
  { pov }: AvailableData,
  machine: ParaStateMachine,
  codeOf: (code: ValidationCodeHash) => Uint8Array | undefined = () => undefined,
): string | undefined {
  const bad = (text: string): string => `${hash} ${text}`;
  const blockData = decompressBlob(pov.blockData, "pov", POV_BOMB_LIMIT_BYTES);
  if (!blockData.ok) return bad(`does not decompress: ${describe(blockData.error)}`);
  const { validationCodeHash } = receipt.descriptor;
  const code = codeOf(validationCodeHash);
  const imported = machine.importBlock(
    parentHead,
    blockData.value,
    code && { hash: validationCodeHash, bytes: () => code },
  );
  if (!imported.ok) return bad(`is no valid block: ${describe(imported.error)}`);
  return equalBytes(imported.value.head, receipt.commitments.headData)
    ? undefined
    : bad("leads to another head than it commits to");
}
