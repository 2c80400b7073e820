/**
 * Code of paras, stored once per hash and counted by its uses. Code that was replaced stays for the
 * retention period, since candidates that ran it may still be challenged.
 *
 * Guide: runtime/paras.md, `PastCode`, `validation_code_at`. Reference: 4.3.
 */
import { assert } from "@parahost/base";
import {
  type BlockNumber,
  type ParaId,
  parachainLogItem,
  type ValidationCode,
  type ValidationCodeHash,
} from "@parahost/primitives";
import type { State } from "../../framework/index.ts";
import { blockNumber, depositLog } from "../../pallets/system/block.ts";
import { configuration } from "../configuration/configuration.ts";
import { codeAt, pruneUpTo, withReplacement } from "./past-code.ts";
import { storage } from "./storage.ts";
import { takeDue, withUpcoming } from "./upcoming.ts";

// Uses

/** Counts one more use; stores the code at the first. */
export function addCodeUse(state: State, hash: ValidationCodeHash, code: ValidationCode): void {
  const uses = storage.codeByHashRefs.get(state, hash);
  if (uses === 0) storage.codeByHash.set(state, hash, code);
  storage.codeByHashRefs.set(state, hash, uses + 1);
}

/** Counts one use fewer; forgets the code at the last. */
export function dropCodeUse(state: State, hash: ValidationCodeHash): void {
  const uses = storage.codeByHashRefs.get(state, hash);
  assert(uses > 0, `code ${hash} is not in use`);
  if (uses > 1) {
    storage.codeByHashRefs.set(state, hash, uses - 1);
    return;
  }
  storage.codeByHash.remove(state, hash);
  storage.codeByHashRefs.remove(state, hash);
}

// Lookup

export const validationCodeByHash = (
  state: State,
  hash: ValidationCodeHash,
): ValidationCode | undefined => storage.codeByHash.get(state, hash);

/** The code hash of a para, also of one that is still onboarding. */
export const currentCodeHash = (state: State, para: ParaId): ValidationCodeHash | undefined =>
  storage.currentCodeHash.get(state, para);

export function currentCode(state: State, para: ParaId): ValidationCode | undefined {
  const hash = currentCodeHash(state, para);
  return hash === undefined ? undefined : validationCodeByHash(state, hash);
}

/**
 * The code for a candidate in the context of relay chain block `at`. With `assumedIntermediate` as if
 * a candidate in the context of that earlier block had been included before: an upgrade expected by
 * then is in force. `undefined` when the code was pruned, or `assumedIntermediate` is not before `at`.
 */
export function validationCodeAt(
  state: State,
  para: ParaId,
  at: BlockNumber,
  assumedIntermediate?: BlockNumber,
): ValidationCode | undefined {
  if (assumedIntermediate !== undefined) {
    if (assumedIntermediate >= at) return undefined;
    const expectedAt = storage.futureCodeUpgrades.get(state, para);
    if (expectedAt !== undefined && expectedAt <= assumedIntermediate) {
      const future = storage.futureCodeHash.get(state, para);
      return future === undefined ? undefined : validationCodeByHash(state, future);
    }
  }
  const use = codeAt(storage.pastCodeMeta.get(state, para), at);
  if (use === undefined) return undefined;
  if (use.type === "current") return currentCode(state, para);
  const hash = storage.pastCodeHash.get(state, [para, use.expectedAt]);
  return hash === undefined ? undefined : validationCodeByHash(state, hash);
}

// Replacement

/** Switches a para to code whose use has been counted already; the old code becomes past code. */
export function replaceCurrentCode(
  state: State,
  para: ParaId,
  hash: ValidationCodeHash,
  expectedAt: BlockNumber,
): void {
  const old = storage.currentCodeHash.get(state, para);
  storage.currentCodeHash.set(state, para, hash);
  depositLog(state, parachainLogItem({ type: "paraUpgradeCode", value: { para, codeHash: hash } }));
  if (old !== undefined) notePastCode(state, para, expectedAt, old);
}

/** Keeps code that is replaced in this block for the retention period; it takes over its use. */
export function notePastCode(
  state: State,
  para: ParaId,
  expectedAt: BlockNumber,
  hash: ValidationCodeHash,
): void {
  // Code that was replaced again in the context in which it was expected has never been used: what it
  // had replaced stands for that context. A para may leave in the very block of its upgrade.
  if (storage.pastCodeHash.has(state, [para, expectedAt])) {
    dropCodeUse(state, hash);
    return;
  }
  const now = blockNumber(state);
  storage.pastCodeMeta.update(state, para, (meta) => withReplacement(meta, expectedAt, now));
  storage.pastCodeHash.set(state, [para, expectedAt], hash);
  storage.pastCodePruning.update(state, (list) => withUpcoming(list, para, now));
}

/** Forgets code that was replaced longer ago than the retention period. */
export function pruneOldCode(state: State, now: BlockNumber): void {
  const { codeRetentionPeriod } = configuration(state);
  if (now <= codeRetentionPeriod) return;
  const height = now - (codeRetentionPeriod + 1);
  const { due, later } = takeDue(storage.pastCodePruning.get(state), height);
  if (due.length === 0) return;
  storage.pastCodePruning.set(state, later);
  for (const { para } of due) {
    const { meta, pruned } = pruneUpTo(storage.pastCodeMeta.get(state, para), height);
    for (const expectedAt of pruned) {
      const hash = storage.pastCodeHash.take(state, [para, expectedAt]);
      if (hash !== undefined) dropCodeUse(state, hash);
    }
    if (meta.upgradeTimes.length === 0 && !storage.heads.has(state, para))
      storage.pastCodeMeta.remove(state, para);
    else storage.pastCodeMeta.set(state, para, meta);
  }
}
