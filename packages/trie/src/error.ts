/** What can go wrong while reading a trie: a node that is not there, or one that is none. */
import { err, type Hex, ok, type Result } from "@parahost/base";

export type TrieFault =
  /** Over a proof: it does not cover the read. Over a store: the store lost a node. */
  | { readonly code: "missingNode"; readonly hash: Hex }
  /** Bytes under the right hash that are no node: whoever made the root made them. */
  | { readonly code: "malformedNode"; readonly reason: string };

/**
 * Thrown by every read of a trie, so that absence (`undefined`) is never confused with not knowing.
 * `tryRead` turns it into a value at an edge.
 */
export class TrieError extends Error {
  override readonly name = "TrieError";
  readonly fault: TrieFault;
  constructor(fault: TrieFault) {
    super(fault.code === "missingNode" ? `missing trie node ${fault.hash}` : fault.reason);
    this.fault = fault;
  }
}

export function missingNode(hash: Hex): TrieError {
  return new TrieError({ code: "missingNode", hash });
}

export function malformedNode(reason: string): TrieError {
  return new TrieError({ code: "malformedNode", reason });
}

/** The value of `read`, or why the trie could not answer. */
export function tryRead<T>(read: () => T): Result<T, TrieFault> {
  try {
    return ok(read());
  } catch (error) {
    if (!(error instanceof TrieError)) throw error;
    return err(error.fault);
  }
}
