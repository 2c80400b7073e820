/** The child tries of a state of which only some nodes are there. */
import type { Hex } from "@parahost/base";
import { childRootOf, DEFAULT_CHILD_PREFIX } from "./child-trie.ts";
import { type Nibbles, nibbleAt, pathOf } from "./nibbles.ts";
import { EMPTY_ROOT } from "./node.ts";
import type { LoadedNode, NodeCache } from "./node-cache.ts";

/** What is left of the path to the roots of child tries: "" below it. */
interface Waiting {
  readonly at: LoadedNode;
  readonly rest: Nibbles;
}

/**
 * The roots of child tries in the order of their keys, each once; parts of the main trie that are
 * not there are passed over. A node is looked at once, however often it occurs, so a hostile trie costs
 * no more than its items. Throws `malformedNode`.
 */
export function knownChildRoots(
  items: ReadonlyMap<Hex, Uint8Array>,
  cache: NodeCache,
  root: Hex,
): ReadonlySet<Hex> {
  const roots = new Set<Hex>();
  const seen = new Set<Hex>();
  const waiting: Waiting[] = [];
  const want = (hash: Hex, rest: Nibbles): void => {
    if (seen.has(hash) || !items.has(hash)) return;
    seen.add(hash);
    waiting.push({ at: cache.node(hash), rest });
  };

  if (root !== EMPTY_ROOT) want(root, pathOf(DEFAULT_CHILD_PREFIX));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { at } = next;
    const rest = afterPartial(next.rest, at.node.partial);
    if (rest === undefined) continue;
    const { value } = at.node;
    if (rest === "" && value?.type === "inline") roots.add(childRootOf(value.stored.bytes));
    for (let nibble = 15; nibble >= 0; nibble--) {
      if (rest !== "" && nibbleAt(rest, 0) !== nibble) continue;
      const below = rest.slice(1);
      const hash = at.childHash(nibble);
      if (hash !== undefined) want(hash, below);
      const embedded = hash === undefined ? at.embeddedChild(nibble) : undefined;
      if (embedded !== undefined) waiting.push({ at: embedded, rest: below });
    }
  }
  return roots;
}

/** What is left after the partial key of a node; `undefined` where the node leads elsewhere. */
function afterPartial(rest: Nibbles, partial: Nibbles): Nibbles | undefined {
  if (partial.startsWith(rest)) return "";
  return rest.startsWith(partial) ? rest.slice(partial.length) : undefined;
}
