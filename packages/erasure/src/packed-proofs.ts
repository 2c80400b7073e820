/**
 * The proofs of all chunks of a payload in a few buffers, to be handed from one thread to another: a proof is a
 * path of nodes, most of which it shares with others.
 */
import { assert, concatBytes, type Hex } from "@parahost/base";
import type { Commitment } from "./commitment.ts";

export interface PackedProofs {
  readonly root: Hex;
  /** The nodes one after the other, and where each ends. */
  readonly nodes: Uint8Array<ArrayBuffer>;
  readonly nodeEnds: Uint32Array<ArrayBuffer>;
  /** The numbers of the nodes of each path one after the other, and where each path ends. */
  readonly paths: Uint32Array<ArrayBuffer>;
  readonly pathEnds: Uint32Array<ArrayBuffer>;
}

/** The proofs of `n` chunks. */
export function packProofs({ root, proof }: Commitment, n: number): PackedProofs {
  const numbers = new Map<string, number>();
  const nodes: Uint8Array[] = [];
  const nodeEnds: number[] = [];
  const paths: number[] = [];
  const pathEnds: number[] = [];
  for (let index = 0; index < n; index++) {
    for (const node of proof(index)) {
      // Any text that tells nodes apart.
      const name = String.fromCharCode(...node);
      const known = numbers.get(name);
      if (known === undefined) {
        numbers.set(name, nodes.length);
        nodeEnds.push((nodeEnds.at(-1) ?? 0) + node.length);
        nodes.push(node);
      }
      paths.push(known ?? nodes.length - 1);
    }
    pathEnds.push(paths.length);
  }
  return {
    root,
    nodes: new Uint8Array(concatBytes(...nodes)),
    nodeEnds: Uint32Array.from(nodeEnds),
    paths: Uint32Array.from(paths),
    pathEnds: Uint32Array.from(pathEnds),
  };
}

export function unpackProofs(packed: PackedProofs): Commitment {
  const { root, nodes, nodeEnds, paths, pathEnds } = packed;
  const node = (number: number): Uint8Array =>
    nodes.subarray(nodeEnds[number - 1] ?? 0, nodeEnds[number]);
  return {
    root,
    proof(index) {
      assert(index >= 0 && index < pathEnds.length, `chunk ${index} of ${pathEnds.length}`);
      return Array.from(paths.subarray(pathEnds[index - 1] ?? 0, pathEnds[index]), node);
    },
  };
}
