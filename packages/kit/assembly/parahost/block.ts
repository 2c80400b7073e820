/** The block that is being executed, as its calls may look at it. */

import { Bytes } from "./bytes";
import { eventOf } from "./events";
import { blake2b256 } from "./host";
import { RelayState } from "./relay";
import { Reader, Writer } from "./scale";
import { state } from "./state";
import { itemPrefix } from "./storage";

const PARACHAIN_SYSTEM: u8 = 1;
const CODE_STORED: u8 = 0;
const CODE_APPLIED: u8 = 1;
const CODE_DISCARDED: u8 = 2;

export class Block {
  private time: u64 = 0;
  /** Announced to the relay chain with this block. */
  newCode: Bytes | null = null;
  readonly upwardMessages: Array<Bytes> = new Array<Bytes>();

  constructor(
    /** Of this block; the first after genesis is 1. */
    readonly number: u32,
    readonly parentHash: Bytes,
    /** Number of the relay chain block that it is made for. */
    readonly relayNumber: u32,
    readonly relay: RelayState,
  ) {}

  /** The parachain's own number on the relay chain. */
  get paraId(): u32 {
    const stored = state().get(itemPrefix("ParachainInfo", "ParachainId"));
    return stored ? new Reader(stored).u32() : 0;
  }

  /** Milliseconds since 1970, as the relay chain has them; read, and shown in the block, when first asked for. */
  now(): u64 {
    if (this.time == 0) this.time = this.relay.now();
    return this.time;
  }

  /** At the end of the block, since the call that first asked for the time may have failed. */
  keepTime(): void {
    if (this.time == 0) return;
    const stored = new Writer(8);
    stored.u64(this.time);
    state().set(itemPrefix("Timestamp", "Now"), stored.view());
  }

  /** Whether new code may be announced in this block. */
  canUpgrade(): bool {
    return (
      !this.newCode &&
      !state().get(pendingKey()) &&
      !this.relay.isUpgradeRestricted(this.paraId)
    );
  }

  /** Announces new code; the relay chain says when it takes over. Ask `canUpgrade` first. */
  upgrade(code: Bytes): void {
    assert(this.canUpgrade(), "new code cannot be announced in this block");
    this.newCode = code;
    state().set(pendingKey(), blake2b256(code));
    eventOf(PARACHAIN_SYSTEM, CODE_STORED, new Bytes(0, 0));
  }

  /** Looks whether the relay chain has said something about announced code. */
  followUpgrade(): void {
    if (!state().get(pendingKey())) return;
    const signal = this.relay.upgradeSignal(this.paraId);
    if (signal < 0) return;
    state().remove(pendingKey());
    if (signal == 1) {
      const number = new Writer(4);
      number.u32(this.relayNumber);
      eventOf(PARACHAIN_SYSTEM, CODE_APPLIED, number.view());
    } else {
      eventOf(PARACHAIN_SYSTEM, CODE_DISCARDED, new Bytes(0, 0));
    }
  }

  /** The code that executes this block stands in the state after it. */
  followCode(): void {
    const hash = this.relay.codeHash(this.paraId);
    if (hash) state().setCodeHash(hash);
  }

  /** Relay chain time does not go back from one block to the next. */
  followRelay(): void {
    const key = itemPrefix("ParachainSystem", "LastRelayChainBlockNumber");
    const before = state().get(key);
    if (before) assert(new Reader(before).u32() <= this.relayNumber, "an older relay chain block");
    const stored = new Writer(4);
    stored.u32(this.relayNumber);
    state().set(key, stored.view());
  }
}

function pendingKey(): Bytes {
  return itemPrefix("ParachainSystem", "PendingValidationCodeHash");
}

// @ts-ignore: decorator
@lazy let current: Block | null = null;

/** The block that is being executed. */
export function block(): Block {
  return current as Block;
}

export function enterBlock(entered: Block): void {
  current = entered;
}
