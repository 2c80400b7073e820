/**
 * From one authority set to the present by the blocks with which sets ended: each is justified by the
 * set that it ends and announces the next. Who trusts a set can follow the sets to today's without
 * the blocks between, and then fetch the state of the last one. Reference: consensus 7.9, 8.
 */
import { err, ok, type Result } from "@parahost/base";
import type { SignatureVerifier } from "@parahost/crypto";
import {
  type GrandpaAuthorities,
  GrandpaJustification,
  type Hash,
  type Header,
  headerHash,
} from "@parahost/primitives";
import { tryDecode } from "@parahost/scale";
import type { BlockRef } from "../block-tree.ts";
import { type AuthoritySet, announcedChanges } from "./authority-set.ts";
import { type JustificationError, verifyJustification } from "./justification.ts";
import { VoterSet } from "./voter-set.ts";

/** A justified block. */
export interface WarpFragment {
  readonly header: Header;
  readonly justification: GrandpaJustification;
}

export interface WarpProof {
  readonly fragments: readonly WarpFragment[];
  /** Whether the last one is as new as what its sender has finalized. */
  readonly isFinished: boolean;
}

/** What the serving side knows. */
export interface WarpChain {
  finalized(): BlockRef;
  block(hash: Hash): BlockRef | undefined;
  header(hash: Hash): Header | undefined;
  hashByNumber(number: number): Hash | undefined;
  /** Encoded. */
  justification(hash: Hash): Uint8Array | undefined;
  authoritySet(): AuthoritySet;
}

/**
 * The way from a block that the asker has finalized, as far as about `bytesMax` reach. `undefined` when the
 * block is not one of our finalized ones.
 */
export function warpProof(chain: WarpChain, from: Hash, bytesMax: number): WarpProof | undefined {
  const start = chain.block(from);
  const finalized = chain.finalized();
  if (start === undefined || start.number > finalized.number) return undefined;
  if (chain.hashByNumber(start.number) !== from) return undefined;
  const fragments: WarpFragment[] = [];
  let byteCount = 0;
  let reached = start.number;
  const add = (hash: Hash | undefined): WarpFragment | undefined => {
    const header = hash === undefined ? undefined : chain.header(hash);
    const encoded = hash === undefined ? undefined : chain.justification(hash);
    const justification =
      encoded === undefined ? undefined : tryDecode(GrandpaJustification, encoded);
    if (header === undefined || encoded === undefined || justification?.ok !== true)
      return undefined;
    const fragment = { header, justification: justification.value };
    fragments.push(fragment);
    byteCount += encoded.length;
    reached = header.number;
    return fragment;
  };
  for (const { lastBlock } of chain.authoritySet().history) {
    if (lastBlock <= start.number) continue;
    if (byteCount >= bytesMax) return { fragments, isFinished: false };
    if (add(chain.hashByNumber(lastBlock)) === undefined) return { fragments, isFinished: false };
  }
  if (reached < finalized.number) add(finalized.hash);
  return { fragments, isFinished: true };
}

export type WarpError =
  /** It leads nowhere and does not say that it has arrived. */
  | { readonly code: "noProgress" }
  /** Not above the block before it. */
  | { readonly code: "outOfOrder"; readonly number: number }
  /** The justification is for another block. */
  | { readonly code: "otherBlock"; readonly number: number }
  | { readonly code: "notJustified"; readonly number: number; readonly error: JustificationError }
  /** A block in the middle that ends no set, or announces one that nobody can vote in. */
  | { readonly code: "noChange"; readonly number: number };

/** A block on the way with which a set ended. */
export interface EndedSet {
  readonly setId: number;
  readonly header: Header;
  readonly justification: GrandpaJustification;
}

/** Where a way by sets has come to. */
export interface WarpPosition {
  readonly hash: Hash;
  readonly number: number;
  /** Of the block; `undefined` for where it began. */
  readonly header: Header | undefined;
  /** The set after the block. */
  readonly setId: number;
  readonly authorities: GrandpaAuthorities;
  readonly justification: GrandpaJustification | undefined;
  /** The sets before `setId`, the earliest first. */
  readonly ended: readonly EndedSet[];
}

/**
 * Follows the sets: asks from `position.hash` on, takes answers, until one says that it is finished. A bad
 * answer changes nothing, so that the next peer can be asked the same.
 */
export class WarpSync {
  readonly #verifier: SignatureVerifier;
  #position: WarpPosition;
  #isFinished = false;

  constructor(
    start: Pick<WarpPosition, "hash" | "number" | "setId" | "authorities">,
    verifier: SignatureVerifier,
  ) {
    this.#position = { ...start, header: undefined, justification: undefined, ended: [] };
    this.#verifier = verifier;
  }

  /** The block that the next answer has to start from. */
  get position(): WarpPosition {
    return this.#position;
  }

  /** Whether the position is what the last peer has finalized. */
  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** Checks a whole answer and goes on to where it leads. */
  take({ fragments, isFinished }: WarpProof): Result<WarpPosition, WarpError> {
    if (fragments.length === 0 && !isFinished) return err({ code: "noProgress" });
    let position = this.#position;
    for (const [index, fragment] of fragments.entries()) {
      const next = this.#follow(position, fragment, isFinished && index === fragments.length - 1);
      if (!next.ok) return next;
      position = next.value;
    }
    this.#position = position;
    this.#isFinished = isFinished;
    return ok(position);
  }

  #follow(
    from: WarpPosition,
    { header, justification }: WarpFragment,
    isLast: boolean,
  ): Result<WarpPosition, WarpError> {
    const { number } = header;
    const hash = headerHash(header);
    if (number <= from.number) return err({ code: "outOfOrder", number });
    const { targetHash, targetNumber } = justification.commit;
    if (targetHash !== hash || targetNumber !== number) return err({ code: "otherBlock", number });
    const voters = VoterSet.from(from.authorities);
    if (voters === undefined) return err({ code: "noChange", number: from.number });
    const verified = verifyJustification(justification, from.setId, voters, this.#verifier);
    if (!verified.ok) return err({ code: "notJustified", number, error: verified.error });
    const changes = announcedChanges(header, hash);
    if (!changes.ok) return err({ code: "noChange", number });
    const { scheduled } = changes.value;
    const at = { hash, number, header, justification };
    const { setId, ended } = from;
    if (scheduled?.delay === 0)
      return ok({
        ...at,
        setId: setId + 1,
        authorities: scheduled.nextAuthorities,
        ended: [...ended, { setId, header, justification }],
      });
    if (!isLast) return err({ code: "noChange", number });
    return ok({ ...at, setId, authorities: from.authorities, ended });
  }
}
