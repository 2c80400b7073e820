/**
 * Inherents: what a block's author tells the chain. Every block carries each of them exactly once, in
 * this order, before all other extrinsics.
 *
 * Reference: consensus-and-sync.md 1.6.
 */
import { err, ok, type Result } from "@parahost/base";
import type { Moment, OpaqueExtrinsic, ParachainsInherentData } from "@parahost/primitives";
import type { AnyRuntimeCall, State } from "./framework/index.ts";
import { DRIFT_MAX_MS, inherentMoment } from "./pallets/timestamp.ts";
import { createInherent } from "./parachains/paras-inherent/create-inherent.ts";
import { declarationOf } from "./runtime.ts";
import { decodeExtrinsic, encodeBare } from "./transaction/extrinsic.ts";

/** What the author provides, by inherent id. */
export interface InherentData {
  /** `timstap0`: milliseconds since the Unix epoch. */
  readonly timestamp: Moment;
  /** `parachn0`. */
  readonly parachains: ParachainsInherentData;
}

/** Pallet and call of each inherent, in the order of a block. */
export const REQUIRED_INHERENTS = [
  { pallet: "timestamp", call: "set" },
  { pallet: "paraInherent", call: "enter" },
] as const;

const isCall = (
  call: AnyRuntimeCall,
  { pallet, call: name }: (typeof REQUIRED_INHERENTS)[number],
) => call.type === pallet && call.value.type === name;

/** Whether only a block's author may make this call. */
export const isInherent = (call: AnyRuntimeCall): boolean => declarationOf(call).inherent === true;

/**
 * The inherents for the block being built, from what its author knows. What the parachains' data asks too
 * much of is left out; an author is never stopped by it.
 */
export function inherentExtrinsics(state: State, data: InherentData): OpaqueExtrinsic[] {
  const now = inherentMoment(state, data.timestamp);
  return [
    encodeBare({ type: "timestamp", value: { type: "set", value: { now } } }),
    encodeBare({
      type: "paraInherent",
      value: { type: "enter", value: { data: createInherent(state, data.parachains) } },
    }),
  ];
}

export type InherentError =
  /** The body ends, or another extrinsic stands, where this inherent is due. */
  | { readonly code: "inherentMissing"; readonly pallet: string; readonly call: string }
  /** A second one of its kind, or one after an ordinary extrinsic. */
  | { readonly code: "inherentMisplaced"; readonly index: number }
  /** The block's time is further ahead of the importer's clock than drift explains. */
  | { readonly code: "timestampTooFarAhead"; readonly aheadMs: number };

/** Whether the extrinsics begin with every inherent, once, and hold no other. */
export function checkInherentOrder(
  extrinsics: readonly { readonly type: "bare" | "signed"; readonly call: AnyRuntimeCall }[],
): Result<void, InherentError> {
  for (const [index, required] of REQUIRED_INHERENTS.entries()) {
    const extrinsic = extrinsics[index];
    if (extrinsic?.type !== "bare" || !isCall(extrinsic.call, required))
      return err({ code: "inherentMissing", ...required });
  }
  for (let index = REQUIRED_INHERENTS.length; index < extrinsics.length; index++) {
    const extrinsic = extrinsics[index];
    if (extrinsic !== undefined && isInherent(extrinsic.call))
      return err({ code: "inherentMisplaced", index });
  }
  return ok(undefined);
}

/**
 * What an importer checks with its own clock before it executes a block: `now` in milliseconds. Without it
 * a block from the future would be executed like any other.
 */
export function checkInherents(
  body: readonly OpaqueExtrinsic[],
  now: Moment,
): Result<void, InherentError> {
  for (const bytes of body.slice(0, REQUIRED_INHERENTS.length)) {
    const extrinsic = decodeExtrinsic(bytes);
    if (!extrinsic.ok || !isCall(extrinsic.value.call, REQUIRED_INHERENTS[0])) continue;
    const moment = (extrinsic.value.call.value.value as { readonly now: Moment }).now;
    if (moment > now + DRIFT_MAX_MS)
      return err({ code: "timestampTooFarAhead", aheadMs: moment - now });
  }
  return ok(undefined);
}
