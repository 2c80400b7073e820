/**
 * How many cores parachains will have once all that is queued has been applied. There are only so many bits for cores:
 * whoever queues one more has to ask first.
 *
 * Reference: 1.7 (hard limits).
 */
import { APPROVAL_BITFIELD_MAX_BITS } from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { storage } from "./storage.ts";

/** Cores have one bit each in the bitfields of approval messages. */
export const CORES_MAX = APPROVAL_BITFIELD_MAX_BITS;

/** What is queued before a new change is applied no later than that. */
export function plannedParachains(state: State): number {
  let planned = storage.parachains.get(state).length;
  for (const [para, { type }] of storage.paraLifecycles.entries(state)) {
    if (type === "upgradingParathread") planned += 1;
    else if (type === "downgradingParachain" || type === "offboardingParachain") planned -= 1;
    else if (type === "onboarding" && storage.upcomingParasGenesis.get(state, para)?.parachain)
      planned += 1;
  }
  return planned;
}

/** Of the cores that parathreads are to share, those that the parachains leave room for. */
export const sharedCores = (wanted: number, parachains: number): number =>
  Math.max(0, Math.min(wanted, CORES_MAX - parachains));
