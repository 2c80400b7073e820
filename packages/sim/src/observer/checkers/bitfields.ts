/** Bitfields in a block: one per validator at most, one bit per core, signed for the block's parent. */
import { sr25519Verify } from "@parahost/crypto";
import { bitfieldPayload } from "@parahost/primitives";
import type { ObservedBlock } from "../observed-block.ts";
import { type Problem, problem } from "../violation.ts";

export function checkBitfields({ inherent, before, header }: ObservedBlock): Problem[] {
  const problems: Problem[] = [];
  const context = { sessionIndex: before.session, parentHash: header.parentHash };
  let previous = -1;
  for (const { payload, validatorIndex, signature } of inherent.bitfields) {
    const bad = (text: string): void =>
      void problems.push(problem("S3", `the bitfield of validator ${validatorIndex} ${text}`));
    if (validatorIndex <= previous) bad("does not come after the one before it");
    previous = validatorIndex;
    if (payload.length !== before.sessionInfo.nCores)
      bad(`has ${payload.length} bits for ${before.sessionInfo.nCores} cores`);
    const key = before.sessionInfo.validators[validatorIndex];
    const isSigned =
      key !== undefined && sr25519Verify(key, bitfieldPayload(payload, context), signature);
    if (!isSigned) bad("is not signed by it");
  }
  return problems;
}
