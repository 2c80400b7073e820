/**
 * Two paras change places: the parachain becomes a parathread and the parathread a parachain. Both must
 * ask for it. Their ids, heads and code stay with them.
 *
 * Two parachains stay what they are, as on Polkadot: they exchange what is kept beside their life cycle, which
 * there are leases, and here nothing. Two parathreads, and paras on their way to something else, cannot swap.
 */
import { err, ok, type Result } from "@parahost/base";
import type { ParaId } from "@parahost/primitives";
import type { DispatchError, State } from "../../framework/index.ts";
import {
  lifecycle,
  scheduleParachainDowngrade,
  scheduleParathreadUpgrade,
} from "../paras/paras.ts";
import { errors, events, storage } from "./storage.ts";

/** The wish of `id`, or the swap itself if `other` has asked before. With itself: the wish is taken back. */
export function swap(state: State, id: ParaId, other: ParaId): Result<void, DispatchError> {
  if (id === other) {
    storage.pendingSwap.remove(state, id);
    return ok(undefined);
  }
  const own = lifecycle(state, id);
  if (own === undefined) return err(errors.notRegistered);
  if (storage.pendingSwap.get(state, other) !== id) {
    storage.pendingSwap.set(state, id, other);
    return ok(undefined);
  }
  const theirs = lifecycle(state, other);
  if (theirs === undefined) return err(errors.notRegistered);
  const exchanged =
    own === "parachain" && theirs === "parathread"
      ? exchange(state, id, other)
      : own === "parathread" && theirs === "parachain"
        ? exchange(state, other, id)
        : own === "parachain" && theirs === "parachain"
          ? ok(undefined)
          : err(errors.cannotSwap);
  if (!exchanged.ok) return exchanged;
  storage.pendingSwap.remove(state, other);
  events.deposit(state, { type: "swapped", value: { paraId: id, otherId: other } });
  return ok(undefined);
}

function exchange(state: State, chain: ParaId, thread: ParaId): Result<void, DispatchError> {
  const downgraded = scheduleParachainDowngrade(state, chain);
  return downgraded.ok ? scheduleParathreadUpgrade(state, thread) : downgraded;
}
