/** For tests: a tree of real headers without authors, whose blocks are called by short names. */
import {
  GRANDPA_ENGINE_ID,
  GrandpaConsensusLog,
  type Hash,
  type Header,
  headerHash,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import { type BlockRef, BlockTree } from "../block-tree.ts";
import { GENESIS } from "./authored.ts";

/** The digest item of a GRANDPA log. */
export const grandpaItem = (log: GrandpaConsensusLog) =>
  ({
    type: "consensus",
    value: { engine: GRANDPA_ENGINE_ID, data: encode(GrandpaConsensusLog, log) },
  }) as const;

const named = new Map<string, Header>();

/** A block named `name` on `parent`: the same arguments give the same header. */
export function headerNamed(
  parent: Header,
  name: string,
  logs: readonly GrandpaConsensusLog[] = [],
): Header {
  const key = `${headerHash(parent)} ${name} ${JSON.stringify(logs)}`;
  const known = named.get(key);
  if (known !== undefined) return known;
  const other = { type: "other", value: new TextEncoder().encode(name) } as const;
  const header: Header = {
    ...GENESIS,
    parentHash: headerHash(parent),
    number: parent.number + 1,
    digest: [other, ...logs.map(grandpaItem)],
  };
  named.set(key, header);
  return header;
}

export const refOf = (header: Header): BlockRef => ({
  hash: headerHash(header),
  number: header.number,
});

/** Headers by name over `g`, the genesis, as an `Ancestry` with blocks and headers. */
export class HeaderChain {
  readonly tree = new BlockTree({ ...refOf(GENESIS), parent: GENESIS.parentHash, weight: 0 });
  readonly #names = new Map<string, Header>([["g", GENESIS]]);
  readonly #headers = new Map<Hash, Header>([[headerHash(GENESIS), GENESIS]]);

  /** `new HeaderChain("g a b", "a c")`: b on a on g, c on a. */
  constructor(...chains: readonly string[]) {
    for (const chain of chains) {
      const [first = "g", ...names] = chain.split(" ");
      let parent = this.named(first);
      for (const name of names) {
        const header = headerNamed(parent, name);
        this.#names.set(name, header);
        this.#headers.set(headerHash(header), header);
        this.tree.insert({ ...refOf(header), parent: header.parentHash, weight: 0 });
        parent = header;
      }
    }
  }

  named(name: string): Header {
    const header = this.#names.get(name);
    if (header === undefined) throw new Error(`no block ${name}`);
    return header;
  }

  ref(name: string): BlockRef {
    return refOf(this.named(name));
  }

  header(hash: Hash): Header | undefined {
    return this.#headers.get(hash);
  }

  block(hash: Hash): BlockRef | undefined {
    return this.tree.get(hash);
  }

  path(base: BlockRef, block: BlockRef): readonly Hash[] | undefined {
    return this.tree.pathTo(base.hash, block.hash)?.map(({ hash }) => hash);
  }
}
