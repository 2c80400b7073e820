/** No two finalized blocks at one height over all nodes, and finality of a node never goes back. */
import type { BlockNumber, GrandpaJustification, Hash } from "@parahost/primitives";
import { type Problem, problem } from "../violation.ts";

/** What a node shows for the finality of a block is precommits of enough different voters. */
export function checkProof(
  node: string,
  { commit }: GrandpaJustification,
  voterCount: number,
): Problem[] {
  const voters = new Set(commit.precommits.map(({ id }) => id)).size;
  const needed = voterCount - Math.floor((voterCount - 1) / 3);
  return voters >= needed
    ? []
    : [problem("S1", `${node} finalizes #${commit.targetNumber} by ${voters} voters of ${needed}`)];
}

export class FinalityChecker {
  readonly #byNumber = new Map<BlockNumber, { readonly hash: Hash; readonly node: string }>();
  readonly #lastOf = new Map<string, BlockNumber>();

  /** Heights that some node has finalized. */
  get heights(): number {
    return this.#byNumber.size;
  }

  /** A node starts again, with what it finds on its disk to be final. */
  restarted(node: string, number: BlockNumber): Problem[] {
    const last = this.#lastOf.get(node) ?? 0;
    this.#lastOf.set(node, number);
    return number >= last
      ? []
      : [problem("S1", `${node} starts again at #${number}, and had finalized #${last}`)];
  }

  /** A node has finalized a block, the next one after the last it has told of. */
  finalized(node: string, number: BlockNumber, hash: Hash): Problem[] {
    const problems: Problem[] = [];
    const last = this.#lastOf.get(node) ?? 0;
    if (number <= last) problems.push(problem("S1", `${node} finalizes #${number} after #${last}`));
    else if (number > last + 1)
      problems.push(problem("S1", `${node} finalizes #${number} after #${last}, none between`));
    this.#lastOf.set(node, Math.max(number, last));
    const known = this.#byNumber.get(number);
    if (known === undefined) this.#byNumber.set(number, { hash, node });
    else if (known.hash !== hash)
      problems.push(
        problem("S1", `${node} finalizes ${hash}, and ${known.node} has finalized ${known.hash}`),
      );
    return problems;
  }
}
