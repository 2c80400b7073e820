/**
 * Which relay parents are worked on: each active leaf and, with asynchronous backing, some of its
 * ancestors of the same session. With an allowed ancestry of 0, the guide's rule, they are the leaves.
 *
 * Subsystems keep state per relay parent: it begins when the first leaf lets it in and ends when the last
 * one that did is gone. Bound: active leaves times one plus the allowed ancestry.
 */
import type { AsyncBackingParams, BlockNumber, Hash } from "@parahost/primitives";
import type { Context } from "./overseer/context.ts";
import type { SubsystemName } from "./overseer/messages.ts";
import { unlessCancelled } from "./overseer/reply.ts";
import { queryRuntime } from "./runtime-api/query.ts";

export interface RelayBlock {
  readonly hash: Hash;
  readonly number: BlockNumber;
}

/** What candidates in the child of a leaf may build on. */
export interface LeafView {
  readonly params: AsyncBackingParams;
  /** The leaf itself first, then its ancestors, youngest first. */
  readonly relayParents: readonly RelayBlock[];
}

export type ViewAsker = Pick<Context<SubsystemName, "runtime-api" | "chain-api">, "ask">;

/** Asks what the leaf lets in; `undefined` when its runtime does not answer. */
export async function openLeafView(
  asker: ViewAsker,
  { hash, number }: RelayBlock,
): Promise<LeafView | undefined> {
  const params = await queryRuntime(asker, hash, "asyncBackingParams");
  if (params === undefined) return undefined;
  const relayParents: RelayBlock[] = [{ hash, number }];
  if (params.allowedAncestryLen === 0) return { params, relayParents };
  const session = await queryRuntime(asker, hash, "sessionIndexForChild");
  if (session === undefined) return undefined;
  const ancestors = await unlessCancelled(
    asker.ask("chain-api", { type: "ancestors", hash, k: params.allowedAncestryLen }),
  );
  for (const ancestor of ancestors?.ok === true ? ancestors.value : []) {
    const its = await queryRuntime(asker, ancestor, "sessionIndexForChild");
    // Candidates of an earlier session were dropped when it ended.
    if (its !== session) break;
    relayParents.push({ hash: ancestor, number: number - relayParents.length });
  }
  return { params, relayParents };
}

export class ImplicitView {
  readonly #leaves = new Map<Hash, readonly RelayBlock[]>();

  /** Adds a leaf. Returns the relay parents that no other leaf let in, youngest first. */
  activate(leaf: Hash, { relayParents }: Pick<LeafView, "relayParents">): readonly RelayBlock[] {
    const isNew = relayParents.filter(({ hash }) => !this.has(hash));
    this.#leaves.set(leaf, relayParents);
    return isNew;
  }

  /** Removes leaves. Returns the relay parents that no leaf lets in any more. */
  deactivate(leaves: readonly Hash[]): readonly Hash[] {
    const left = leaves.flatMap((leaf) => this.#leaves.get(leaf) ?? []);
    for (const leaf of leaves) this.#leaves.delete(leaf);
    return [...new Set(left.map(({ hash }) => hash))].filter((hash) => !this.has(hash));
  }

  has(relayParent: Hash): boolean {
    return this.leavesOf(relayParent).length > 0;
  }

  /** The leaves that let the relay parent in. */
  leavesOf(relayParent: Hash): readonly Hash[] {
    return [...this.#leaves].flatMap(([leaf, relayParents]) =>
      relayParents.some(({ hash }) => hash === relayParent) ? [leaf] : [],
    );
  }

  /** Whether whoever has these heads in its view works on the relay parent, as far as we know. */
  isKnownTo(heads: ReadonlySet<Hash>, relayParent: Hash): boolean {
    return heads.has(relayParent) || this.leavesOf(relayParent).some((leaf) => heads.has(leaf));
  }
}
