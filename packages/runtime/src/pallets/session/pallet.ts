/** Session: calls to register keys. Rotation and registry are in this folder. */
import { err } from "@parahost/base";
import { bytes, u128 } from "@parahost/scale";
import { call, constant, done, ensureSigned, pallet, weightOf } from "../../framework/index.ts";
import { disabledAuthorities } from "../../parachains/shared/disabled.ts";
import { registerKeys, removeKeys } from "./key-registry.ts";
import { SessionKeys } from "./keys.ts";
import { ownsKeys } from "./keys-proof.ts";
import { errors, events, storage } from "./storage.ts";

/** One owner entry for each key. */
const KEY_COUNT = 6;

export const session = pallet({
  name: "Session",
  index: 9,
  storage: { ...storage, disabledValidators: disabledAuthorities },
  events,
  errors,
  constants: {
    KeyDeposit: constant("What setting keys puts on hold: nothing.", u128, () => 0n),
  },
  calls: {
    setKeys: call({
      index: 0,
      docs: "Sets the sender's session keys, used from the session after next. The proof is each key's signature of the sender's account.",
      args: { keys: SessionKeys, proof: bytes() },
      weight: weightOf({
        reads: 2 + KEY_COUNT,
        writes: 2 + 2 * KEY_COUNT,
        signatures: KEY_COUNT,
      }),
      dispatch: (state, origin, { keys, proof }) => {
        const who = ensureSigned(origin);
        if (!who.ok) return who;
        if (!ownsKeys(state, who.value, keys, proof)) return err(errors.invalidProof);
        const registered = registerKeys(state, who.value, keys);
        return registered.ok ? done : err(registered.error);
      },
    }),
    purgeKeys: call({
      index: 1,
      docs: "Removes the sender's session keys; it validates until its queued sessions are over.",
      args: {},
      weight: weightOf({ reads: 2, writes: 2 + KEY_COUNT }),
      dispatch: (state, origin) => {
        const who = ensureSigned(origin);
        if (!who.ok) return who;
        const removed = removeKeys(state, who.value);
        return removed.ok ? done : err(removed.error);
      },
    }),
  },
});
