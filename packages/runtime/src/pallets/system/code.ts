/**
 * `:code`, by which everybody tells one runtime from another. The code itself is this program: what lies there
 * is the encoded version that the chain declares, or a module for light clients that states it (`light-code.ts`).
 */
import { asciiBytes, bytesToHex, err, ok, type Result } from "@parahost/base";
import { compactU32, encode, str, struct, tryDecode } from "@parahost/scale";
import {
  type DispatchError,
  palletErrors,
  type State,
  storageValue,
} from "../../framework/index.ts";
import { RUNTIME_VERSION, RuntimeVersion } from "../../version.ts";
import { depositLog } from "./block.ts";
import { embeddedVersion } from "./embedded-version.ts";
import { events } from "./events.ts";
import { sectionsOf } from "./wasm-sections.ts";

export const CODE_KEY = bytesToHex(asciiBytes(":code"));

export const errors = palletErrors(0, [
  "invalidSpecName",
  "specVersionNeedsToIncrease",
  "failedToExtractRuntimeVersion",
  "nonDefaultComposite",
  "nonZeroRefCount",
  "callFiltered",
  "multiBlockMigrationsOngoing",
  "nothingAuthorized",
  "unauthorized",
]);

const LastRuntimeUpgradeInfo = struct({ specVersion: compactU32, specName: str }, [
  "frame_system",
  "LastRuntimeUpgradeInfo",
]);

export const storage = {
  lastRuntimeUpgrade: storageValue(
    "System.LastRuntimeUpgrade",
    "The version that was declared last, at genesis or by an upgrade.",
    LastRuntimeUpgradeInfo,
  ),
};

/** What stands for this program. */
export const RUNTIME_CODE: Uint8Array = encode(RuntimeVersion, RUNTIME_VERSION);

/** The version that the chain declares after a block; our own where nothing legible does. */
export function runtimeVersion(state: Pick<State, "get">): RuntimeVersion {
  const code = state.get(CODE_KEY);
  return (code && versionIn(code)) ?? RUNTIME_VERSION;
}

function versionIn(code: Uint8Array): RuntimeVersion | undefined {
  const sections = sectionsOf(code);
  if (sections !== undefined) return embeddedVersion(sections);
  const declared = tryDecode(RuntimeVersion, code);
  return declared.ok ? declared.value : undefined;
}

/** The module for light clients made anew for what the state declares; `undefined` for other code. */
type RenewModule = (code: Uint8Array, state: State) => Uint8Array | undefined;
let renewModule: RenewModule = () => undefined;

/** Called while modules load, by `light-code.ts`, which knows metadata and APIs of all pallets. */
export function bindRenewModule(renew: RenewModule): void {
  renewModule = renew;
}

/** Notes the version that the chain declares from now on. */
export function noteVersion(state: State, { specName, specVersion }: RuntimeVersion): void {
  storage.lastRuntimeUpgrade.set(state, { specName, specVersion });
}

/**
 * From the next block on the chain declares the version in `code`: a later one of this runtime, if that is checked.
 * Where light clients are given a module, it goes on as one that states the new version.
 */
export function setCode(
  state: State,
  code: Uint8Array,
  checkVersion = true,
): Result<void, DispatchError> {
  const next = tryDecode(RuntimeVersion, code);
  // That there is a version is always checked: nobody could tell else what the chain declares.
  if (!next.ok) return err(errors.failedToExtractRuntimeVersion);
  const { specName, specVersion } = runtimeVersion(state);
  if (checkVersion) {
    if (next.value.specName !== specName) return err(errors.invalidSpecName);
    if (next.value.specVersion <= specVersion) return err(errors.specVersionNeedsToIncrease);
  }
  noteVersion(state, next.value);
  const present = state.get(CODE_KEY);
  state.set(CODE_KEY, code);
  const renewed = present && renewModule(present, state);
  if (renewed !== undefined) state.set(CODE_KEY, renewed);
  depositLog(state, { type: "runtimeEnvironmentUpdated" });
  events.deposit(state, { type: "codeUpdated" });
  return ok(undefined);
}
