/**
 * Taking in blocks. A block is looked at from the cheap to the dear: is it new, is its parent here, is
 * the header its author's, is the body the header's, are the inherents plausible, and last, does execution
 * give what the header claims. Nothing of a refused block stays, but that it was refused: what is bad
 * for good is not looked at twice.
 *
 * Bound: `BAD_BLOCKS_MAX` hashes of bad blocks.
 * Reference: consensus 1.7, 3.6.
 */
import { assert, type Clock, err, LruMap, ok, type Result } from "@parahost/base";
import type { SignatureVerifier } from "@parahost/crypto";
import {
  type Block,
  type Body,
  equalHeaders,
  GRANDPA_ENGINE_ID,
  GrandpaJustification,
  type Hash,
  type Header,
  headerHash,
  type Justifications,
  justificationBy,
  OpaqueExtrinsic,
  revertTarget,
  type Slot,
} from "@parahost/primitives";
import { type DecodeFailure, encode, tryDecode } from "@parahost/scale";
import { orderedTrieRoot } from "@parahost/trie";
import { preDigestOf } from "./babe/digest.ts";
import { EquivocationDetector } from "./babe/equivocation.ts";
import { slotAt } from "./babe/slots.ts";
import { type BabeError, verifyHeader } from "./babe/verify.ts";
import type { PastBlock } from "./block-store.ts";
import type { BlockRef } from "./block-tree.ts";
import type { Chain, FinalizeError } from "./chain.ts";
import type { BlockOrigin } from "./chain-events.ts";
import { announcedChanges, type ChangeError, withAnnounced } from "./grandpa/authority-set.ts";
import { type JustificationError, verifyJustification } from "./grandpa/justification.ts";
import { VoterSet } from "./grandpa/voter-set.ts";

const BAD_BLOCKS_MAX = 1024;

/** Why execution refused a block. Its codes are the runtime's. */
export interface ExecutionRefusal {
  readonly code: string;
}

export interface Executed<Changes> {
  /** The header that execution produces: without seal, all else as it must be. */
  readonly header: Header;
  /** What it did to the state, as the store takes it. */
  readonly changes: Changes;
}

/** Runs blocks. Synchronous; throws `HostError` when the machine fails, which is no block's fault. */
export interface BlockExecutor<Changes> {
  /** Executes a block, seal taken off, on the state of `parent`. */
  executeBlock(parent: Header, block: Block): Result<Executed<Changes>, ExecutionRefusal>;
  /** What the clock has to say about the inherents. Not asked about blocks of the past. */
  checkInherents?(parent: Header, block: Block, nowMs: number): Result<void, ExecutionRefusal>;
}

export interface ImportableBlock {
  readonly header: Header;
  readonly body: Body;
  readonly justifications?: Justifications;
}

export type ImportError =
  /** In the tree or finalized already. */
  | { readonly code: "known" }
  /** Refused before. */
  | { readonly code: "knownBad"; readonly first: string }
  | { readonly code: "parentBad"; readonly parent: Hash }
  /** To be tried again when the parent is here. */
  | { readonly code: "unknownParent"; readonly parent: Hash }
  /** On a branch that finality has left behind. */
  | { readonly code: "belowFinalized"; readonly finalized: BlockRef }
  | { readonly code: "badNumber"; readonly number: number; readonly expected: number }
  | BabeError
  | { readonly code: "extrinsicsRootMismatch"; readonly computed: Hash }
  | { readonly code: "inherentsRefused"; readonly refusal: ExecutionRefusal }
  | { readonly code: "executionRefused"; readonly refusal: ExecutionRefusal }
  | { readonly code: "stateRootMismatch"; readonly computed: Hash }
  /** Execution deposits other items than the header holds. */
  | { readonly code: "digestMismatch" }
  | ChangeError;

/** Refusals that say something about the moment, not about the block. */
const PASSING: ReadonlySet<ImportError["code"]> = new Set([
  "known",
  "unknownParent",
  "belowFinalized",
  "slotInFuture",
  // Another body may be the right one.
  "extrinsicsRootMismatch",
  "inherentsRefused",
]);

/** Whether the same block may be good later, or with another body. */
export const isPassing = (code: ImportError["code"]): boolean => PASSING.has(code);

export type JustificationImportError =
  | { readonly code: "malformed"; readonly failure: DecodeFailure }
  | { readonly code: "otherBlock"; readonly target: Hash }
  | JustificationError
  | FinalizeError;

export type GapError =
  /** Not the block that is missing next. */
  | { readonly code: "otherBlock"; readonly number: number }
  | { readonly code: "otherBody"; readonly number: number };

export interface Imported {
  readonly block: BlockRef;
  readonly isBest: boolean;
  /** What became of the GRANDPA justification that came with the block. */
  readonly justification: Result<void, JustificationImportError> | undefined;
}

export interface ImportPorts<Changes> {
  readonly clock: Clock;
  readonly verifier: SignatureVerifier;
  readonly executor: BlockExecutor<Changes>;
}

export class BlockImporter<Changes> {
  readonly chain: Chain<Changes>;
  readonly #ports: ImportPorts<Changes>;
  readonly #detector = new EquivocationDetector();
  /** Why each was bad, by code. */
  readonly #bad = new LruMap<Hash, string>(BAD_BLOCKS_MAX);

  constructor(chain: Chain<Changes>, ports: ImportPorts<Changes>) {
    this.chain = chain;
    this.#ports = ports;
  }

  /** The slot by our clock. */
  get nowSlot(): Slot {
    return slotAt(this.#ports.clock.now(), this.chain.configuration.slotDuration);
  }

  /**
   * Verifies and executes a block and adds it to the chain. `prepared` spares the execution of a block
   * of our own, which building it has executed.
   */
  importBlock(
    block: ImportableBlock,
    origin: BlockOrigin,
    prepared?: Executed<Changes>,
  ): Result<Imported, ImportError> {
    const hash = headerHash(block.header);
    const { number } = block.header;
    const added = this.#add(hash, block, origin, prepared);
    if (!added.ok) {
      const { code } = added.error;
      if (!isPassing(code) && code !== "knownBad") this.#bad.set(hash, code);
      return added;
    }
    const from = revertTarget(block.header);
    const reverted = from === undefined ? undefined : this.chain.tree.ancestorAt(hash, from);
    if (reverted !== undefined) this.chain.revert(reverted.hash);
    const proof = block.justifications && justificationBy(block.justifications, GRANDPA_ENGINE_ID);
    const justification = proof && this.importJustification(hash, proof);
    const isBest = this.chain.best().hash === hash;
    return ok({ block: { hash, number }, isBest, justification });
  }

  /** Finalizes a block by a justification from outside. */
  importJustification(hash: Hash, bytes: Uint8Array): Result<void, JustificationImportError> {
    const decoded = tryDecode(GrandpaJustification, bytes);
    if (!decoded.ok) return err({ code: "malformed", failure: decoded.error });
    const { targetHash: target, targetNumber } = decoded.value.commit;
    if (target !== hash) return err({ code: "otherBlock", target });
    if (targetNumber <= this.chain.finalized().number && this.chain.block(hash) !== undefined)
      return err({ code: "alreadyFinalized" });
    // Such a block is for a later set to decide, whose votes we could not tell from forged ones.
    const limit = this.chain.finalityLimit(hash);
    if (limit !== undefined && targetNumber > limit)
      return err({ code: "beyondAuthorityChange", limit });
    const { setId, authorities } = this.chain.authoritySet();
    const voters = VoterSet.from(authorities);
    assert(voters !== undefined, `nobody votes in set ${setId}`);
    const valid = verifyJustification(decoded.value, setId, voters, this.#ports.verifier);
    return valid.ok ? this.chain.finalize(decoded.value) : valid;
  }

  /**
   * Takes in blocks that a warp sync left out, from the highest missing one downwards. They are final already: only that they
   * are those blocks is checked, and nothing of a wrong answer is taken.
   */
  fillGap(blocks: readonly (ImportableBlock & { readonly hash: Hash })[]): Result<void, GapError> {
    let wanted = this.chain.gap();
    const past: PastBlock[] = [];
    for (const { hash, header, body } of blocks) {
      // Answers may reach down to genesis, which is here.
      if (wanted === undefined || hash === this.chain.genesisHash) break;
      const { number } = header;
      if (hash !== wanted.hash || headerHash(header) !== hash)
        return err({ code: "otherBlock", number });
      if (extrinsicsRoot(body) !== header.extrinsicsRoot) return err({ code: "otherBody", number });
      past.push({ hash, header, body });
      wanted = { hash: header.parentHash, number: number - 1 };
    }
    if (past.length > 0) this.chain.fillGap(past);
    return ok(undefined);
  }

  #add(
    hash: Hash,
    { header, body }: ImportableBlock,
    origin: BlockOrigin,
    prepared: Executed<Changes> | undefined,
  ): Result<void, ImportError> {
    const { chain } = this;
    const { verifier, executor, clock } = this.#ports;
    if (chain.block(hash) !== undefined) return err({ code: "known" });
    const first = this.#bad.get(hash);
    if (first !== undefined) return err({ code: "knownBad", first });
    const parent = this.#parentOf(header);
    if (!parent.ok) return parent;

    const claim = preDigestOf(header);
    if (!claim.ok) return claim;
    const { slot } = claim.value.value;
    const slotEpoch = chain.epochs.epochFor(header.parentHash, slot);
    const verified = verifyHeader(header, parent.value, slotEpoch, this.nowSlot, verifier);
    if (!verified.ok) return verified;
    const { unsealed, preDigest, author, announcement, vrf } = verified.value;
    const proof = this.#detector.note(header, slot, author, this.nowSlot);
    if (proof !== undefined) chain.tell({ type: "equivocation", proof });

    const computed = extrinsicsRoot(body);
    if (computed !== header.extrinsicsRoot)
      return err({ code: "extrinsicsRootMismatch", computed });
    const block: Block = { header: unsealed.header, extrinsics: body };
    if (origin !== "sync" && executor.checkInherents !== undefined) {
      const checked = executor.checkInherents(parent.value, block, clock.now());
      if (!checked.ok) return err({ code: "inherentsRefused", refusal: checked.error });
    }
    const announced = announcedChanges(header, hash);
    if (!announced.ok) return announced;
    const isDescendant = (ancestor: Hash, of: Hash): boolean =>
      ancestor === of || chain.isDescendant(ancestor, of === hash ? header.parentHash : of);
    const authoritySet = withAnnounced(chain.authoritySet(), announced.value, isDescendant);
    if (!authoritySet.ok) return authoritySet;

    const executed: Result<Executed<Changes>, ExecutionRefusal> = prepared === undefined
      ? executor.executeBlock(parent.value, block)
      : ok(prepared);
    if (!executed.ok) return err({ code: "executionRefused", refusal: executed.error });
    const { header: produced, changes } = executed.value;
    if (produced.stateRoot !== header.stateRoot)
      return err({ code: "stateRootMismatch", computed: produced.stateRoot });
    if (!equalHeaders(produced, unsealed.header)) return err({ code: "digestMismatch" });
    chain.insert({
      hash,
      header,
      body,
      origin,
      author,
      preDigest,
      vrf,
      slotEpoch,
      announcement,
      authoritySet: authoritySet.value,
      changes,
    });
    return ok(undefined);
  }

  /** The header of the parent, which must be in the tree. */
  #parentOf({ parentHash: parent, number }: Header): Result<Header, ImportError> {
    const { tree } = this.chain;
    const { hash, number: height } = tree.finalized;
    const inTree = tree.get(parent);
    const finalized = { hash, number: height };
    if (inTree === undefined) {
      if (this.#bad.has(parent)) return err({ code: "parentBad", parent });
      // Known, but not in the tree: final blocks below the root, and what was left beside them.
      const isBehind = number <= height || this.chain.header(parent) !== undefined;
      return err(
        isBehind ? { code: "belowFinalized", finalized } : { code: "unknownParent", parent },
      );
    }
    const expected = inTree.number + 1;
    if (number !== expected) return err({ code: "badNumber", number, expected });
    const header = this.chain.header(parent);
    return header === undefined ? err({ code: "unknownParent", parent }) : ok(header);
  }
}

/** Root of the trie of a body: extrinsics by index, with their length prefix. Reference: consensus 1.3. */
export function extrinsicsRoot(body: Body): Hash {
  const values = body.map((extrinsic) => encode(OpaqueExtrinsic, extrinsic));
  return orderedTrieRoot(values, 0) as Hash;
}
