/**
 * Verify once: most signatures reach a node twice, by gossip and inside a block. A verifier in front of
 * another that remembers which claims were found true.
 *
 * Only truth is remembered, so that a flood of forgeries pushes nothing out; and under a
 * collision-resistant digest of the whole claim, so that nobody can make one claim pass for another.
 *
 * Reference: performance-budget.md 2.
 */
import { bytesToHex, type Hex, hexToBytes, LruMap } from "@parahost/base";
import { blake2b256Concat } from "./hash.ts";
import type { SignatureScheme } from "./key-pair.ts";
import type { SignatureItem, SignatureVerifier } from "./verifier.ts";

/** Four blocks of 1000 validators and 100 cores: 5,000 signatures each. */
const CAPACITY = 20_000;

const SCHEME_NUMBERS: Readonly<Record<SignatureScheme, number>> = {
  sr25519: 0,
  ed25519: 1,
  ecdsa: 2,
};

/** Identifies a claim. Lengths are part of it: what belongs to which field must not be a matter of taste. */
function claimDigest({ scheme, publicKey, message, signature }: SignatureItem): Hex {
  const key = hexToBytes(publicKey);
  const frame = new Uint32Array([SCHEME_NUMBERS[scheme], key.length, signature.length]);
  return bytesToHex(blake2b256Concat(new Uint8Array(frame.buffer), key, signature, message));
}

export class CachingVerifier implements SignatureVerifier {
  readonly #inner: SignatureVerifier;
  readonly #true: LruMap<Hex, true>;

  /** Remembers the `capacity` claims most recently seen true by `inner`. */
  constructor(inner: SignatureVerifier, capacity: number = CAPACITY) {
    this.#inner = inner;
    this.#true = new LruMap(capacity);
  }

  verify(item: SignatureItem): boolean {
    const digest = claimDigest(item);
    if (this.#true.get(digest) === true) return true;
    const valid = this.#inner.verify(item);
    if (valid) this.#true.set(digest, true);
    return valid;
  }

  /** Asks `inner` only about claims not remembered, and about each of them once. */
  verifyAll(items: readonly SignatureItem[]): readonly boolean[] {
    const { unknown, conclude } = this.#look(items);
    return conclude(this.#inner.verifyAll(unknown));
  }

  /** As `verifyAll`, when `inner` has time. */
  async verifyBatch(items: readonly SignatureItem[]): Promise<readonly boolean[]> {
    const { unknown, conclude } = this.#look(items);
    return conclude(await this.#inner.verifyBatch(unknown));
  }

  /** What `inner` has to be asked, and how its answers become those to all claims. */
  #look(items: readonly SignatureItem[]): {
    readonly unknown: readonly SignatureItem[];
    readonly conclude: (answers: readonly boolean[]) => readonly boolean[];
  } {
    const digests = items.map(claimDigest);
    const unknown = new Map<Hex, SignatureItem>();
    const known = new Set<Hex>();
    for (const [i, item] of items.entries()) {
      const digest = digests[i] as Hex;
      if (this.#true.get(digest) === true) known.add(digest);
      else unknown.set(digest, item);
    }
    const conclude = (answers: readonly boolean[]): readonly boolean[] => {
      for (const [i, digest] of [...unknown.keys()].entries()) {
        if (answers[i] !== true) continue;
        this.#true.set(digest, true);
        known.add(digest);
      }
      return digests.map((digest) => known.has(digest));
    };
    return { unknown: [...unknown.values()], conclude };
  }
}
