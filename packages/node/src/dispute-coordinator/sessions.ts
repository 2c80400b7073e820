/**
 * The sessions whose candidates can be disputed: the newest one that a leaf has shown us and those
 * before it, as far as the window reaches. Node-side reference, 1.3.
 */
import type { Hash, SessionIndex, SessionInfo } from "@parahost/primitives";
import { queryRuntime, type RuntimeAsker } from "../runtime-api/query.ts";

export const DISPUTE_WINDOW_SESSIONS = 6;

export class Sessions {
  readonly #infos = new Map<SessionIndex, SessionInfo>();
  /** Sessions that some leaf had no answer for: a chain younger than the window has none. */
  readonly #missing = new Set<SessionIndex>();
  #newest: SessionIndex | undefined;

  /** What is fixed for the session; absent outside of the window. */
  get(session: SessionIndex): SessionInfo | undefined {
    return this.#infos.get(session);
  }

  /** The first session of the window. */
  get earliest(): SessionIndex {
    return Math.max(0, (this.#newest ?? 0) - DISPUTE_WINDOW_SESSIONS + 1) as SessionIndex;
  }

  /**
   * Moves the window to the session of the leaf's child and reads what is missing of it. Returns that
   * session, or `undefined` when the leaf's runtime does not answer.
   */
  async update(asker: RuntimeAsker, leaf: Hash): Promise<SessionIndex | undefined> {
    const session = await queryRuntime(asker, leaf, "sessionIndexForChild");
    if (session === undefined) return undefined;
    this.#newest = Math.max(this.#newest ?? 0, session) as SessionIndex;
    for (const known of this.#infos.keys()) if (known < this.earliest) this.#infos.delete(known);
    for (const gone of this.#missing) if (gone < this.earliest) this.#missing.delete(gone);
    for (let index = this.earliest; index <= this.#newest; index++) {
      if (this.#infos.has(index) || (this.#missing.has(index) && index !== session)) continue;
      const info = await queryRuntime(asker, leaf, "sessionInfo", index);
      if (info === undefined) this.#missing.add(index);
      else this.#infos.set(index, info);
    }
    return session;
  }
}
