/** What Session keeps: who validates now, who will, and the keys that accounts registered. */
import { AccountId, SessionIndex } from "@parahost/primitives";
import { bool, fixedBytes, hexBytes, struct, tuple, vec } from "@parahost/scale";
import {
  palletErrors,
  palletEvents,
  type State,
  storageMap,
  storageValue,
} from "../../framework/index.ts";
import { SessionKeys, SessionValidator } from "./keys.ts";

/** Key type id as four bytes, and the key. */
const TypedKey = tuple(fixedBytes(4), hexBytes());

export const storage = {
  validators: storageValue(
    "Session.Validators",
    "Validators of the current session, in the order of their authority indices.",
    vec(AccountId),
    [],
  ),
  currentIndex: storageValue(
    "Session.CurrentIndex",
    "Index of the current session.",
    SessionIndex,
    0 as SessionIndex,
  ),
  queuedChanged: storageValue(
    "Session.QueuedChanged",
    "Whether the next session's validators or keys differ from this one's.",
    bool,
    false,
  ),
  queuedKeys: storageValue(
    "Session.QueuedKeys",
    "The next session's validators and keys.",
    vec(SessionValidator),
    [],
  ),
  nextKeys: storageMap(
    "Session.NextKeys",
    "The keys that an account wants to use from the session after next.",
    "twox64Concat",
    AccountId,
    SessionKeys,
  ),
  keyOwner: storageMap(
    "Session.KeyOwner",
    "The account that has registered a key; no two accounts use one key.",
    "twox64Concat",
    TypedKey,
    AccountId,
  ),
};

export const events = palletEvents("Session", {
  newSession: [0, struct({ sessionIndex: SessionIndex })],
  /** An election, or root, has said who validates after the session that begins. */
  newQueued: 1,
  validatorDisabled: [2, struct({ validator: AccountId })],
  validatorReenabled: [3, struct({ validator: AccountId })],
});

export const errors = palletErrors(9, [
  "invalidProof",
  "noAssociatedValidatorId",
  "duplicatedKey",
  "noKeys",
  "noAccount",
]);

export const validators = (state: State): readonly AccountId[] => storage.validators.get(state);

export const currentSession = (state: State): SessionIndex => storage.currentIndex.get(state);
