/** The sessions of our leaves and of the disputes we hear of: who is who in them. */
import { LruMap } from "@parahost/base";
import type { Hash, SessionIndex, SessionInfo } from "@parahost/primitives";
import { queryRuntime, type RuntimeAsker } from "../runtime-api/query.ts";

/** The window of sessions that can be disputed, and some that forks add. */
const SESSIONS_MAX = 12;

export class LeafSessions {
  readonly #asker: RuntimeAsker;
  readonly #infos = new LruMap<SessionIndex, SessionInfo>(SESSIONS_MAX);
  readonly #leaves = new Map<Hash, SessionIndex>();
  #newest: Hash | undefined;

  constructor(asker: RuntimeAsker) {
    this.#asker = asker;
  }

  /** The leaf that is asked about sessions; absent before the first. */
  get newest(): Hash | undefined {
    return this.#newest;
  }

  /** False when the leaf's runtime does not answer. */
  async activate(leaf: Hash): Promise<boolean> {
    const session = await queryRuntime(this.#asker, leaf, "sessionIndexForChild");
    if (session === undefined) return false;
    this.#newest = leaf;
    this.#leaves.set(leaf, session);
    return (await this.get(session)) !== undefined;
  }

  deactivate(leaf: Hash): void {
    this.#leaves.delete(leaf);
  }

  /** Sessions of the active leaves. */
  current(): readonly SessionInfo[] {
    return [...new Set(this.#leaves.values())].flatMap((session) => this.#infos.get(session) ?? []);
  }

  async get(session: SessionIndex): Promise<SessionInfo | undefined> {
    const known = this.#infos.get(session);
    if (known !== undefined || this.#newest === undefined) return known;
    const info = await queryRuntime(this.#asker, this.#newest, "sessionInfo", session);
    if (info !== undefined) this.#infos.set(session, info);
    return info;
  }
}
