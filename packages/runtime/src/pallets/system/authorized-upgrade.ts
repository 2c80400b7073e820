/** Upgrades in two steps: root decides upon the hash of the code, and whoever has the code brings it. */
import { err, hexToBytes, ok, type Result } from "@parahost/base";
import { blake2b256Hex } from "@parahost/crypto";
import { Hash } from "@parahost/primitives";
import { bool, struct, type ValueOf } from "@parahost/scale";
import {
  type DispatchError,
  invalid,
  type State,
  storageValue,
  type UnsignedValidity,
} from "../../framework/index.ts";
import { errors, setCode } from "./code.ts";
import { events } from "./events.ts";

const CodeUpgradeAuthorization = struct({ codeHash: Hash, checkVersion: bool }, [
  "frame_system",
  "CodeUpgradeAuthorization",
]);
type CodeUpgradeAuthorization = ValueOf<typeof CodeUpgradeAuthorization>;

export const storage = {
  authorizedUpgrade: storageValue(
    "System.AuthorizedUpgrade",
    "Hash of the code that anybody may declare, and whether it must be a later version of this runtime.",
    CodeUpgradeAuthorization,
  ),
};

export function authorizeUpgrade(state: State, codeHash: Hash, checkVersion: boolean): void {
  storage.authorizedUpgrade.set(state, { codeHash, checkVersion });
  events.deposit(state, { type: "upgradeAuthorized", value: { codeHash, checkVersion } });
}

function authorizationOf(
  state: State,
  code: Uint8Array,
): Result<CodeUpgradeAuthorization, DispatchError> {
  const authorized = storage.authorizedUpgrade.get(state);
  if (authorized === undefined) return err(errors.nothingAuthorized);
  return blake2b256Hex(code) === authorized.codeHash ? ok(authorized) : err(errors.unauthorized);
}

const U64_MAX = (1n << 64n) - 1n;

/** The code proves itself, so no account has to send it. */
export function validateAuthorizedUpgrade(state: State, code: Uint8Array): UnsignedValidity {
  const authorized = authorizationOf(state, code);
  if (!authorized.ok) return err(invalid("call"));
  return ok({
    priority: U64_MAX,
    requires: [],
    provides: [hexToBytes(authorized.value.codeHash)],
    longevity: U64_MAX,
    propagate: true,
  });
}

/** Declares the code that was authorized. If it is no later version after all, the authorization is used up. */
export function applyAuthorizedUpgrade(
  state: State,
  code: Uint8Array,
): Result<void, DispatchError> {
  const authorized = authorizationOf(state, code);
  if (!authorized.ok) return authorized;
  const { codeHash, checkVersion } = authorized.value;
  storage.authorizedUpgrade.remove(state);
  const declared = setCode(state, code, checkVersion);
  if (!declared.ok)
    events.deposit(state, {
      type: "rejectedInvalidAuthorizedUpgrade",
      value: { codeHash, error: declared.error },
    });
  return ok(undefined);
}
