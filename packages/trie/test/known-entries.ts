/** What a heap of nodes shows of a trie, found without the readers under test. */
import { bytesToHex, type Hex } from "@parahost/base";
import { decodeNode, EMPTY_ROOT } from "@parahost/trie";

export interface Known {
  /** Ascending by key; without a value where only its hash is known. */
  readonly entries: readonly (readonly [key: string, value: Uint8Array | undefined])[];
  /** References by hash to nodes that are not there. */
  readonly openSubtrees: number;
}

export function knownEntries(root: Hex, nodes: ReadonlyMap<Hex, Uint8Array>): Known {
  const entries: [string, Uint8Array | undefined][] = [];
  let openSubtrees = 0;
  const visit = (encoded: Uint8Array | undefined, above: string): void => {
    if (encoded === undefined) {
      openSubtrees += 1;
      return;
    }
    const { partial, value, children } = decodeNode(encoded);
    const path = above + partial;
    if (value?.type === "inline") entries.push([path, value.stored.bytes]);
    if (value?.type === "hashed") entries.push([path, nodes.get(bytesToHex(value.hash))]);
    children?.forEach((child, nibble) => {
      if (child === undefined) return;
      const below = path + nibble.toString(16);
      visit(child.length === 32 ? nodes.get(bytesToHex(child)) : child, below);
    });
  };
  if (root !== EMPTY_ROOT) visit(nodes.get(root), "");
  return { entries, openSubtrees };
}
