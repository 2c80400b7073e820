/** A chain for tests of sync: it believes every block but those whose body says `0xbd`. */
import {
  asHash,
  type Hash,
  type Header,
  headerHash,
  type Justifications,
} from "@parahost/primitives";
import type { ImportVerdict, SyncChain } from "../sync/sync-chain.ts";

const ROOT = asHash(`0x${"11".repeat(32)}`);

/** `fork` makes headers of one parent differ. */
export const headerOn = (parentHash: Hash, number: number, fork = 0): Header => ({
  parentHash,
  number,
  stateRoot: ROOT,
  extrinsicsRoot: ROOT,
  digest: fork === 0 ? [] : [{ type: "other", value: new Uint8Array([fork]) }],
});

const genesis = headerOn(asHash(`0x${"00".repeat(32)}`), 0);

export class BelievingChain implements SyncChain {
  readonly genesisHash: Hash = headerHash(genesis);
  readonly headers: Map<Hash, Header> = new Map([[this.genesisHash, genesis]]);
  readonly bodies: Map<Hash, readonly Uint8Array[]> = new Map();
  readonly proofs: Map<Hash, Justifications> = new Map();
  /** Hashes of the best chain by number. */
  #bestChain: Hash[] = [this.genesisHash];
  finalizedNumber = 0;

  best(): { hash: Hash; number: number } {
    const number = this.#bestChain.length - 1;
    return { hash: this.#bestChain[number] as Hash, number };
  }
  finalized(): { hash: Hash; number: number } {
    return { hash: this.#bestChain[this.finalizedNumber] as Hash, number: this.finalizedNumber };
  }
  header(hash: Hash): Header | undefined {
    return this.headers.get(hash);
  }
  body(hash: Hash): readonly Uint8Array[] | undefined {
    return this.bodies.get(hash);
  }
  justifications(hash: Hash): Justifications | undefined {
    return this.proofs.get(hash);
  }
  hashByNumber(number: number): Hash | undefined {
    return this.#bestChain[number];
  }
  import(header: Header, body: readonly Uint8Array[]): ImportVerdict {
    if (!this.headers.has(header.parentHash)) return "unknownParent";
    if (body[0]?.[0] === 0xbd) return "invalid";
    const hash = headerHash(header);
    this.headers.set(hash, header);
    this.bodies.set(hash, body);
    if (header.number > this.best().number) this.#setBest(hash);
    return "imported";
  }
  importJustifications(hash: Hash, justifications: Justifications): boolean {
    if (justifications[0]?.data[0] === 0xbd) return false;
    this.proofs.set(hash, justifications);
    return true;
  }

  /** Puts `count` blocks on the best one and says the last one's hash. */
  grow(count: number, body: readonly Uint8Array[] = [new Uint8Array([1])], fork = 0): Hash {
    for (let i = 0; i < count; i++)
      this.import(headerOn(this.best().hash, this.best().number + 1, fork), body);
    return this.best().hash;
  }

  #setBest(hash: Hash): void {
    const route: Hash[] = [];
    let header = this.headers.get(hash) as Header;
    for (let at = hash; this.#bestChain[header.number] !== at; ) {
      route.push(at);
      at = header.parentHash;
      header = this.headers.get(at) as Header;
    }
    this.#bestChain = [...this.#bestChain.slice(0, header.number + 1), ...route.reverse()];
  }
}
