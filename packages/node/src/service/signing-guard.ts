/**
 * Keeps a validator from contradicting what it signed in a life that its store knows nothing of: the store
 * is new though the keys are not, or it is an older copy put back.
 *
 * Nothing is signed until the node has looked around: it has a peer and is not far behind, or it found none for a
 * while. When a block turns up that one of our keys sealed in a slot that the journal does not know, the node waits for the
 * session after the one in which it noticed, and at least long enough to hear again what it said in rounds of finality that
 * stand still: peers repeat that once a slot. The wait survives restarts.
 *
 * Reference: fault-catalogue.md 7 (K13 and the reactions), node-side.md 10 (two nodes with one key).
 */
import { asciiBytes, type Clock, type Logger, u64Bytes } from "@parahost/base";
import { type Journal, lastSlotOf, slotAt } from "@parahost/consensus";
import type { Keystore, KeyTypeId } from "@parahost/crypto";
import type { Slot } from "@parahost/primitives";

const TARGET = "keystore";
const NOTICED_AT = asciiBytes("guard:noticed-at-slot");

/** Keys whose signatures can contradict each other. */
const GUARDED: ReadonlySet<KeyTypeId> = new Set(["babe", "gran", "para", "asgn"]);
/** Peers tell their best block when they connect; after this time the first ones have. */
const LOOK_AROUND_MS = 500;
/** Without any peer a node begins after this many slots: it may be the first of a network. */
const ALONE_SLOTS = 3;
/** Each peer repeats the votes of a standing round to one of its peers per slot; after so many all have been told. */
const LISTEN_SLOTS = 6;

export interface SigningGuardPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keystore: Keystore;
  readonly journal: Journal;
}

/** For a node that cannot see what its keys have signed before: nothing is signed until the next session. */
export function silenceUntilNextSession(journal: Journal, nowSlot: number): void {
  journal.put(NOTICED_AT, u64Bytes(nowSlot));
}

export class SigningGuard {
  /** The node's keys; while nothing may be signed they give no signature, as keys that are not ours. */
  readonly keystore: Keystore;
  readonly #ports: SigningGuardPorts;
  readonly #slotMs: number;
  readonly #startedAt: number;
  #firstPeerAt: number | undefined;
  #hasLookedAround = false;
  /** Slot in which a forgotten block of ours was noticed. */
  #noticedAt: number | undefined;

  constructor(ports: SigningGuardPorts, slotMs: number) {
    this.#ports = ports;
    this.#slotMs = slotMs;
    this.#startedAt = ports.clock.now();
    const noticed = ports.journal.get(NOTICED_AT);
    if (noticed !== undefined && noticed.length === 8)
      this.#noticedAt = Number(
        new DataView(noticed.buffer, noticed.byteOffset).getBigUint64(0, true),
      );
    this.keystore = guarded(ports.keystore, () => this.maySign);
  }

  /** Whether it has still to find out where the others are. */
  get isLookingAround(): boolean {
    return !this.#hasLookedAround;
  }

  /** Whether what is signed now cannot contradict anything. */
  get maySign(): boolean {
    return this.#hasLookedAround && this.#noticedAt === undefined;
  }

  /** To be told whenever peers or the best block change: how many peers, and how far behind them we are. */
  look(peers: number, isBehind: boolean): void {
    if (this.#hasLookedAround) return;
    const now = this.#ports.clock.now();
    if (peers > 0) this.#firstPeerAt ??= now;
    const isAlone = peers === 0 && now - this.#startedAt >= ALONE_SLOTS * this.#slotMs;
    const hasHeard =
      this.#firstPeerAt !== undefined && now - this.#firstPeerAt >= LOOK_AROUND_MS && peers > 0;
    this.#hasLookedAround = isAlone || (hasHeard && !isBehind);
  }

  /** A block that came from elsewhere, sealed by `author` in `slot`. */
  onForeignBlock(author: `0x${string}`, slot: Slot): void {
    const { keystore, journal, clock, logger } = this.#ports;
    if (!keystore.has("babe", author) || slot <= lastSlotOf(journal)) return;
    if (this.#noticedAt !== undefined) return;
    this.#noticedAt = slotAt(clock.now(), this.#slotMs);
    silenceUntilNextSession(journal, this.#noticedAt);
    logger.log(
      "warn",
      TARGET,
      "a key of ours has sealed a block that this database knows nothing of: it is new or an old copy, or another node has the key. Nothing is signed until the next session",
      { slot },
    );
  }

  /** The best block lies in the epoch that began in this slot. */
  onEpoch(startSlot: Slot): void {
    if (this.#noticedAt === undefined || startSlot < this.#noticedAt + LISTEN_SLOTS) return;
    this.#noticedAt = undefined;
    this.#ports.journal.put(NOTICED_AT, new Uint8Array(0));
    this.#ports.logger.log("info", TARGET, "a new session: this node signs again");
  }
}

function guarded(keystore: Keystore, maySign: () => boolean): Keystore {
  const isHeld = (keyType: KeyTypeId): boolean => GUARDED.has(keyType) && !maySign();
  return {
    publicKeys: (keyType) => keystore.publicKeys(keyType),
    has: (keyType, publicKey) => keystore.has(keyType, publicKey),
    insert: (...key) => keystore.insert(...key),
    sign: (keyType, ...what) => (isHeld(keyType) ? undefined : keystore.sign(keyType, ...what)),
    signPrehashed: (keyType, ...what) =>
      isHeld(keyType) ? undefined : keystore.signPrehashed(keyType, ...what),
    vrfInOut: (...what) => keystore.vrfInOut(...what),
    vrfSign: (keyType, ...what) =>
      isHeld(keyType) ? undefined : keystore.vrfSign(keyType, ...what),
  };
}
