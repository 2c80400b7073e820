/**
 * Authoring: at the start of each slot, ask which block to build on, claim the slot with one of our keys,
 * have the block built, seal it, and import it as any other.
 *
 * One block is built at a time. The slot is written down before the seal is made, so that a node which
 * starts again, or whose clock goes back, does not seal a second block for it.
 *
 * Reference: consensus 1.7, 3.10.
 */
import {
  asciiBytes,
  assert,
  type Clock,
  describe,
  HostError,
  hexToBytes,
  type Logger,
  type Timer,
  u64Bytes,
} from "@parahost/base";
import type { Keystore } from "@parahost/crypto";
import {
  BABE_ENGINE_ID,
  type Body,
  type DigestItem,
  type Hash,
  type Header,
  headerHash,
  type Slot,
  withSeal,
} from "@parahost/primitives";
import type { BlockRef } from "../block-tree.ts";
import type { BlockImporter, Executed } from "../import.ts";
import type { Journal } from "../journal.ts";
import { claimSlot, type SlotClaim } from "./claim.ts";
import { preDigestItem, slotOf } from "./digest.ts";
import { msToNextSlot, proposingBudgetMs, slotAt, slotStartMs } from "./slots.ts";

const TARGET = "babe";

/** Share of a slot that building may take. */
const PROPOSING_SHARE = 1 / 3;

export interface ProposalRequest {
  readonly parent: BlockRef;
  readonly parentHeader: Header;
  readonly slot: Slot;
  /** Opens the digest of the new header. */
  readonly preDigest: DigestItem;
  /** Later than that, Unix milliseconds, the block is of no use. */
  readonly deadline: number;
}

export interface Proposal<Changes> {
  /** Without a seal; begins with the request's pre-digest. */
  readonly header: Header;
  readonly body: Body;
  /** What building the block did to the state, so that import need not execute it again. */
  readonly executed?: Executed<Changes>;
}

/** Builds blocks. */
export interface Proposer<Changes> {
  /** `undefined` when there is no block to be built. */
  propose(request: ProposalRequest): Promise<Proposal<Changes> | undefined>;
}

export interface BabeAuthorPorts<Changes> {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keystore: Keystore;
  readonly importer: BlockImporter<Changes>;
  /** Which block to build on: the node's chain selection. */
  readonly selectParent: () => BlockRef | undefined | Promise<BlockRef | undefined>;
  readonly proposer: Proposer<Changes>;
  readonly journal: Journal;
  /** True while we are far behind the chain; nothing is authored then. */
  readonly isSyncing?: () => boolean;
  /** Told of each block we authored, after its import. */
  readonly onAuthored?: (block: BlockRef, header: Header) => void;
}

const LAST_SLOT = asciiBytes("babe:last-slot");

/** The last slot that a journal knows a block of ours for; -1 before the first. */
export function lastSlotOf(journal: Journal): number {
  const bytes = journal.get(LAST_SLOT);
  if (bytes === undefined) return -1;
  return Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
}

export class BabeAuthor<Changes> {
  readonly #ports: BabeAuthorPorts<Changes>;
  readonly #slotDurationMs: number;
  #timer: Timer | undefined;
  /** The slot whose block is being built, and when that is given up. */
  #building: { readonly slot: Slot; readonly deadline: number } | undefined;
  #isRunning = false;

  constructor(ports: BabeAuthorPorts<Changes>) {
    this.#ports = ports;
    this.#slotDurationMs = ports.importer.chain.configuration.slotDuration;
  }

  /** Authors from the next slot on. */
  start(): void {
    assert(!this.#isRunning, "the author runs already");
    this.#isRunning = true;
    this.#waitForSlot();
  }

  /** Ends the timer; a block that is being built is dropped. */
  stop(): void {
    this.#isRunning = false;
    this.#timer?.cancel();
  }

  #waitForSlot(): void {
    const { clock } = this.#ports;
    const delay = msToNextSlot(clock.now(), this.#slotDurationMs);
    this.#timer = clock.setTimer(delay, () => {
      this.#waitForSlot();
      void this.#authorSlot(slotAt(clock.now(), this.#slotDurationMs));
    });
  }

  async #authorSlot(slot: Slot): Promise<void> {
    const { clock, isSyncing } = this.#ports;
    if (isSyncing?.() === true) return;
    if (this.#building !== undefined && clock.now() < this.#building.deadline) return;
    try {
      if (slot > this.#lastSlot()) await this.#build(slot);
    } catch (error) {
      // A slot is lost, which the next one makes good; what is broken in us is not passed over.
      if (!(error instanceof HostError)) throw error;
      this.#log("error", `slot ${slot} was lost: ${describe(error)}`);
    } finally {
      if (this.#building?.slot === slot) this.#building = undefined;
    }
  }

  async #build(slot: Slot): Promise<void> {
    const { clock, keystore, importer, proposer, selectParent } = this.#ports;
    const { chain } = importer;
    const parent = await selectParent();
    const parentHeader = parent && chain.header(parent.hash);
    if (parent === undefined || parentHeader === undefined || !chain.tree.has(parent.hash)) return;
    const parentSlot = slotOf(parentHeader);
    if (parentSlot !== undefined && parentSlot >= slot) return;

    const { epoch } = chain.epochs.epochFor(parent.hash, slot);
    const claim = claimSlot(slot, epoch, keystore);
    if (claim === undefined) return;
    const emptySlots = parentSlot === undefined ? 0 : slot - parentSlot - 1;
    const budget = proposingBudgetMs(this.#slotDurationMs, PROPOSING_SHARE, emptySlots);
    const deadline = slotStartMs(slot, this.#slotDurationMs) + budget;
    if (clock.now() >= deadline) return;
    this.#building = { slot, deadline };
    const preDigest = preDigestItem(claim.preDigest);
    const request = { parent, parentHeader, slot, preDigest, deadline };
    const proposal = await proposer.propose(request);
    if (!this.#isRunning || proposal === undefined) return;
    if (this.#building?.slot !== slot || clock.now() > deadline) {
      this.#log("warn", `the block of slot ${slot} came too late`);
      return;
    }
    const { header } = proposal;
    assert(header.parentHash === parent.hash, "the proposal is built on another block");
    assert(slotOf(header) === slot, "the proposal claims another slot");
    if (chain.tree.has(parent.hash)) this.#seal(slot, claim, proposal);
  }

  #seal(slot: Slot, { author }: SlotClaim, proposal: Proposal<Changes>): void {
    const { keystore, importer, journal, onAuthored } = this.#ports;
    if (slot <= this.#lastSlot()) return;
    journal.put(LAST_SLOT, u64Bytes(slot));
    const preHash: Hash = headerHash(proposal.header);
    const seal = keystore.sign("babe", author, hexToBytes(preHash));
    if (seal === undefined) return;
    const header = withSeal(proposal.header, BABE_ENGINE_ID, seal);
    const { body, executed } = proposal;
    const imported = importer.importBlock({ header, body }, "own", executed);
    if (!imported.ok) {
      this.#log("error", `our own block was refused: ${describe(imported.error)}`);
      return;
    }
    onAuthored?.(imported.value.block, header);
  }

  /** The last slot that a block of ours was sealed for; -1 before the first. */
  #lastSlot(): number {
    return lastSlotOf(this.#ports.journal);
  }

  #log(level: "warn" | "error", message: string): void {
    this.#ports.logger.log(level, TARGET, message);
  }
}
