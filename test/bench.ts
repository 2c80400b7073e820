/** One comparison of ours with a named peer, run interleaved in one process (`npm run bench`). */
export interface Bench {
  /** What is measured, with its size: `trie root of 10,000 keys`. */
  readonly name: string;
  /** The package and version compared with. */
  readonly peer: string;
  /** What a call of ours may take on an idle machine of two cores, if a budget says so. */
  readonly budgetMs?: number;
  ours(): void;
  theirs(): void;
  /** Throws unless both sides give the right output; a benchmark refuses to run otherwise. */
  check(): void;
}
