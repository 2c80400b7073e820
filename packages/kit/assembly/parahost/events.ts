/** Events of the block, as `System.Events` shows them to clients. */

import { Bytes } from "./bytes";
import { Writer } from "./scale";
import { state } from "./state";
import { itemPrefix } from "./storage";

const APPLY_EXTRINSIC: u8 = 0;
const FINALIZATION: u8 = 1;
const INITIALIZATION: u8 = 2;

class Events {
  readonly records: Writer = new Writer(4096);
  count: i32 = 0;
  phase: u8 = INITIALIZATION;
  extrinsic: u32 = 0;
}

// @ts-ignore: decorator
@lazy let current: Events | null = null;

export function beginEvents(): void {
  current = new Events();
}

export function enterExtrinsic(index: u32): void {
  const events = current as Events;
  events.phase = APPLY_EXTRINSIC;
  events.extrinsic = index;
}

export function enterFinalization(): void {
  (current as Events).phase = FINALIZATION;
}

/** Begins a record; the fields are written to what comes back, then `endEvent` is called. */
export function beginEvent(pallet: u8, index: u8): Writer {
  const events = current as Events;
  const records = events.records;
  records.u8(events.phase);
  if (events.phase == APPLY_EXTRINSIC) records.u32(events.extrinsic);
  records.u8(pallet);
  records.u8(index);
  return records;
}

export function endEvent(): void {
  const events = current as Events;
  events.records.compact(0); // no topics
  events.count += 1;
}

/** Where the events stand, to forget those of a failed call. */
export function eventMark(): u64 {
  const events = current as Events;
  return (<u64>events.count << 32) | <u64>events.records.size;
}

export function forgetEvents(mark: u64): void {
  const events = current as Events;
  events.count = <i32>(mark >> 32);
  events.records.truncate(<i32>(mark & 0xffff_ffff));
}

/** Puts all events of the block where clients look for them. */
export function storeEvents(): void {
  const events = current as Events;
  const list = new Writer(events.records.size + 4);
  list.compact(events.count);
  list.bytes(events.records.view());
  state().set(itemPrefix("System", "Events"), list.view());
  const count = new Writer(4);
  count.u32(events.count);
  state().set(itemPrefix("System", "EventCount"), count.view());
}

/** Encoded fields that are written elsewhere. */
export function eventOf(pallet: u8, index: u8, fields: Bytes): void {
  beginEvent(pallet, index).bytes(fields);
  endEvent();
}
