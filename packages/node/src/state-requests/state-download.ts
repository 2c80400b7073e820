/**
 * Fetches a whole state whose root is trusted: asks for what follows the last key, checks each answer
 * against the root and takes from it what it shows. Reference: consensus 7.7.
 */
import { err, type Hex, ok, type Result } from "@parahost/base";
import { decodeStateResponse, encodeStateRequest, type StateStart } from "@parahost/network";
import type { Hash } from "@parahost/primitives";
import { openCompactProof, tryRead } from "@parahost/trie";
import { startAfter, type WalkedEntry, walkState } from "./state-walk.ts";

export type StateDownloadError =
  | { readonly code: "malformed"; readonly message: string }
  /** The proof is of another state. */
  | { readonly code: "badProof"; readonly reason: string }
  /** It shows nothing that we do not have. */
  | { readonly code: "noProgress" };

/** What one answer brought. */
export interface StatePart {
  readonly entries: readonly WalkedEntry[];
  /** Whether these were the last. */
  readonly isComplete: boolean;
}

/** A bad answer changes nothing, so that the next peer can be asked the same. */
export class StateDownload {
  readonly #block: Hash;
  readonly #root: Hex;
  #start: StateStart = [];
  #isComplete = false;

  /** `root` is that of the block's header. */
  constructor(block: Hash, root: Hex) {
    this.#block = block;
    this.#root = root;
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** The next question. */
  request(): Uint8Array {
    return encodeStateRequest({ block: this.#block, start: this.#start });
  }

  take(response: Uint8Array): Result<StatePart, StateDownloadError> {
    const items = decodeStateResponse(response);
    if (!items.ok) return err({ code: "malformed", message: items.error.message });
    const state = openCompactProof(this.#root, items.value);
    if (!state.ok) return err({ code: "badProof", reason: state.error.code });
    const entries: WalkedEntry[] = [];
    const walked = tryRead(() => {
      for (const entry of walkState(state.value, this.#start)) entries.push(entry);
    });
    if (!walked.ok && walked.error.code !== "missingNode")
      return err({ code: "badProof", reason: walked.error.code });
    const last = entries.at(-1);
    if (last === undefined && !walked.ok) return err({ code: "noProgress" });
    if (last !== undefined) this.#start = startAfter(last);
    this.#isComplete = walked.ok;
    return ok({ entries, isComplete: walked.ok });
  }
}
