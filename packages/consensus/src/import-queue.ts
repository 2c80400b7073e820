/**
 * Blocks that came too early: before their parent, or before their slot. They wait here and are imported
 * as soon as they can be.
 *
 * Bound: `WAITING_MAX` blocks, `WAITING_PER_SOURCE_MAX` of one source; the oldest gives way.
 */
import type { Clock, Result, Timer } from "@parahost/base";
import { type Hash, headerHash } from "@parahost/primitives";
import { slotStartMs } from "./babe/slots.ts";
import { FUTURE_SLOTS_MAX } from "./babe/verify.ts";
import type { BlockOrigin } from "./chain-events.ts";
import {
  type BlockImporter,
  type ImportableBlock,
  type ImportError,
  type Imported,
  isPassing,
} from "./import.ts";

const WAITING_MAX = 1024;
const WAITING_PER_SOURCE_MAX = 256;

/** Further ahead than that is no difference of clocks. */
const EARLY_SLOTS_MAX = 10;

export interface ImportQueuePorts {
  readonly clock: Clock;
  /** Blocks wait for this one; whoever sent them should have it. Asked again with each that comes. */
  requestBlock?(missing: Hash, source: string | undefined): void;
  /** What became of a block that had waited. */
  onImported?(result: Result<Imported, ImportError>, source: string | undefined): void;
}

interface Waiting {
  readonly hash: Hash;
  readonly block: ImportableBlock;
  readonly origin: BlockOrigin;
  readonly source: string | undefined;
  timer: Timer | undefined;
}

export class ImportQueue<Changes> {
  readonly importer: BlockImporter<Changes>;
  readonly #ports: ImportQueuePorts;
  /** In order of arrival. */
  readonly #waiting = new Map<Hash, Waiting>();

  readonly #unsubscribe: () => void;

  constructor(importer: BlockImporter<Changes>, ports: ImportQueuePorts) {
    this.importer = importer;
    this.#ports = ports;
    this.#unsubscribe = importer.chain.subscribe((event) => {
      if (event.type === "finalized") this.#dropBelow(event.head.number);
    });
  }

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Imports a block and those that waited for it. A refusal with `unknownParent` or `slotInFuture`
   * means that the block waits here now. `source` is the peer it came from.
   */
  submit(
    block: ImportableBlock,
    origin: BlockOrigin,
    source?: string,
  ): Result<Imported, ImportError> {
    const result = this.importer.importBlock(block, origin);
    const hash = headerHash(block.header);
    if (result.ok) {
      this.#take(hash);
      this.#importChildren(hash);
      return result;
    }
    const { code } = result.error;
    if (code === "unknownParent") {
      const isNew = this.#hold({ hash, block, origin, source, timer: undefined });
      if (isNew) this.#ports.requestBlock?.(this.#missingBelow(block), source);
    } else if (code === "slotInFuture") {
      const { slot, nowSlot } = result.error;
      if (slot - nowSlot <= EARLY_SLOTS_MAX) this.#holdUntil(slot, { hash, block, origin, source });
    } else if (code === "belowFinalized") {
      this.#dropDescendants(hash);
    } else if (!isPassing(code)) {
      // They are refused for their parent, which their senders hear of.
      this.#importChildren(hash);
    }
    return result;
  }

  /** Forgets everything that waits. */
  stop(): void {
    this.#unsubscribe();
    for (const hash of [...this.#waiting.keys()]) this.#take(hash);
  }

  #holdUntil(slot: number, held: Omit<Waiting, "timer">): void {
    const { clock } = this.#ports;
    const { slotDuration } = this.importer.chain.configuration;
    const waiting: Waiting = { ...held, timer: undefined };
    if (!this.#hold(waiting)) return;
    const due = slotStartMs((slot - FUTURE_SLOTS_MAX) as never, slotDuration);
    waiting.timer = clock.setTimer(Math.max(0, due - clock.now()), () => {
      if (this.#take(held.hash) !== undefined) this.#retry(held);
    });
  }

  /** The nearest ancestor that is not here, not even waiting. */
  #missingBelow({ header }: ImportableBlock): Hash {
    let missing = header.parentHash;
    for (let at = this.#waiting.get(missing); at !== undefined; at = this.#waiting.get(missing))
      missing = at.block.header.parentHash;
    return missing;
  }

  /** False when the block waits already. */
  #hold(waiting: Waiting): boolean {
    if (this.#waiting.has(waiting.hash)) return false;
    const ofSource = [...this.#waiting.values()].filter(({ source }) => source === waiting.source);
    const oldest =
      ofSource.length >= WAITING_PER_SOURCE_MAX
        ? ofSource[0]
        : this.#waiting.size >= WAITING_MAX
          ? this.#waiting.values().next().value
          : undefined;
    if (oldest !== undefined) this.#take(oldest.hash);
    this.#waiting.set(waiting.hash, waiting);
    return true;
  }

  #take(hash: Hash): Waiting | undefined {
    const waiting = this.#waiting.get(hash);
    waiting?.timer?.cancel();
    this.#waiting.delete(hash);
    return waiting;
  }

  /** Blocks at or below finality have no way in any more. */
  #dropBelow(number: number): void {
    for (const { hash, block } of [...this.#waiting.values()])
      if (block.header.number <= number) this.#take(hash);
  }

  /** Forgets what waits for a block that will never be here. */
  #dropDescendants(parent: Hash): void {
    for (const { hash, block } of [...this.#waiting.values()])
      if (block.header.parentHash === parent && this.#take(hash)) this.#dropDescendants(hash);
  }

  #importChildren(parent: Hash): void {
    const ready = [...this.#waiting.values()].filter(
      ({ block, timer }) => block.header.parentHash === parent && timer === undefined,
    );
    for (const waiting of ready) if (this.#take(waiting.hash)) this.#retry(waiting);
  }

  #retry({ block, origin, source }: Omit<Waiting, "timer">): void {
    const result = this.submit(block, origin, source);
    this.#ports.onImported?.(result, source);
  }
}
