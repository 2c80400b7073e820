/**
 * Whether an answer is one to the question that was asked. Blocks themselves are checked by the
 * chain; an answer of other blocks than those asked for does not get that far.
 */
import { err, ok, type Result } from "@parahost/base";
import { type Header, headerHash } from "@parahost/primitives";
import type { BlockData, BlockRequest } from "../protocols/sync.ts";

/** A block of an answer to a request that asked for headers. */
export type AnsweredBlock = BlockData & { readonly header: Header };

export type AnswerError =
  | { readonly code: "tooManyBlocks"; readonly count: number; readonly countMax: number }
  | { readonly code: "missingHeader"; readonly position: number }
  | { readonly code: "wrongHash"; readonly position: number }
  | { readonly code: "otherStart" }
  | { readonly code: "brokenChain"; readonly position: number };

/**
 * The blocks in the order of the request: from its start on, each the child (ascending) or the parent
 * (descending) of the one before. No blocks at all answer every question: the start is not known.
 */
export function checkAnswer(
  request: BlockRequest,
  blocks: readonly BlockData[],
): Result<readonly AnsweredBlock[], AnswerError> {
  const { from, direction, countMax } = request;
  if (countMax !== 0 && blocks.length > countMax)
    return err({ code: "tooManyBlocks", count: blocks.length, countMax });
  const checked: AnsweredBlock[] = [];
  for (const [position, block] of blocks.entries()) {
    const { hash, header } = block;
    if (header === undefined) return err({ code: "missingHeader", position });
    if (headerHash(header) !== hash) return err({ code: "wrongHash", position });
    const before = checked.at(-1);
    if (before === undefined) {
      if (from.type === "hash" ? hash !== from.hash : header.number !== from.number)
        return err({ code: "otherStart" });
    } else {
      const [parent, child] = direction === "ascending" ? [before, block] : [block, before];
      const isLinked =
        child.header?.parentHash === parent.hash &&
        child.header.number === (parent.header?.number ?? 0) + 1;
      if (!isLinked) return err({ code: "brokenChain", position });
    }
    checked.push({ ...block, header });
  }
  return ok(checked);
}
