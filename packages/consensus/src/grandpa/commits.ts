/**
 * Commits we know: the last one of the present set and of the one before, which others may still need;
 * our own while it waits for its moment; and those that wait for blocks.
 *
 * Bound: two, one, and `HELD_MAX`.
 */
import type { GrandpaCommitMessage, Hash, RoundNumber, SetId } from "@parahost/primitives";
import type { BlockRef } from "../block-tree.ts";

const HELD_MAX = 16;

export interface Commit {
  readonly setId: SetId;
  readonly round: RoundNumber;
  readonly target: BlockRef;
  /** The gossip message. */
  readonly bytes: Uint8Array;
}

export interface HeldCommit {
  readonly message: GrandpaCommitMessage;
  readonly bytes: Uint8Array;
  readonly missing: ReadonlySet<Hash>;
}

export class Commits {
  #last: Commit[] = [];
  #unsent: { readonly commit: Commit; readonly dueAt: number } | undefined;
  #held: HeldCommit[] = [];

  /** The last commit of this set and of the one before, where we have them. */
  get last(): readonly Commit[] {
    return this.#last;
  }

  /** Our own, not sent yet. */
  get unsent(): Commit | undefined {
    return this.#unsent?.commit;
  }

  get dueAt(): number | undefined {
    return this.#unsent?.dueAt;
  }

  /** Takes over a commit that made its target final. Ours is not needed any more if it says less. */
  note(commit: Commit): void {
    this.#last = [...this.#last.filter(({ setId }) => setId !== commit.setId), commit].slice(-2);
    const { unsent } = this;
    if (unsent?.setId === commit.setId && unsent.target.number <= commit.target.number)
      this.spare();
  }

  /** Keeps our own until `dueAt`: somebody else may be quicker. */
  sendAt(commit: Commit, dueAt: number): void {
    this.note(commit);
    this.#unsent = { commit, dueAt };
  }

  /** Somebody else sent what we would have. */
  spare(): void {
    this.#unsent = undefined;
  }

  /** Our own, when its moment has come; once. */
  takeDue(now: number): Commit | undefined {
    if (this.#unsent === undefined || now < this.#unsent.dueAt) return undefined;
    const { commit } = this.#unsent;
    this.#unsent = undefined;
    return commit;
  }

  hold(held: HeldCommit): void {
    this.#held.push(held);
    if (this.#held.length > HELD_MAX) this.#held.shift();
  }

  /** Takes out what waited for this block. */
  takeForBlock(hash: Hash): HeldCommit[] {
    const ready = this.#held.filter(({ missing }) => missing.has(hash));
    this.#held = this.#held.filter((held) => !ready.includes(held));
    return ready;
  }

  /** Forgets what waits: it was for a set that is over. */
  dropHeld(): void {
    this.#held = [];
  }
}
