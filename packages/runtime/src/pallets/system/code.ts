/**
 * `:code`, by which everybody tells one runtime from another. This runtime is no Wasm module: what lies
 * there is the version that the chain declares, as long as the code itself is this program.
 */
import { asciiBytes, bytesToHex, err, ok, type Result } from "@parahost/base";
import { encode, tryDecode } from "@parahost/scale";
import { type DispatchError, palletErrors, type State } from "../../framework/index.ts";
import { RUNTIME_VERSION, RuntimeVersion } from "../../version.ts";
import { depositLog } from "./block.ts";
import { events } from "./events.ts";

export const CODE_KEY = bytesToHex(asciiBytes(":code"));

export const errors = palletErrors(0, [
  "invalidSpecName",
  "specVersionNeedsToIncrease",
  "failedToExtractRuntimeVersion",
]);

/** What stands for this program. */
export const RUNTIME_CODE: Uint8Array = encode(RuntimeVersion, RUNTIME_VERSION);

/** The version that the chain declares after a block; our own where nothing legible does. */
export function runtimeVersion(state: Pick<State, "get">): RuntimeVersion {
  const code = state.get(CODE_KEY);
  const declared = code && tryDecode(RuntimeVersion, code);
  return declared?.ok === true ? declared.value : RUNTIME_VERSION;
}

/** From the next block on the chain declares the version in `code`, which must be a later one. */
export function setCode(state: State, code: Uint8Array): Result<void, DispatchError> {
  const next = tryDecode(RuntimeVersion, code);
  if (!next.ok) return err(errors.failedToExtractRuntimeVersion);
  const { specName, specVersion } = runtimeVersion(state);
  if (next.value.specName !== specName) return err(errors.invalidSpecName);
  if (next.value.specVersion <= specVersion) return err(errors.specVersionNeedsToIncrease);
  state.set(CODE_KEY, code);
  depositLog(state, { type: "runtimeEnvironmentUpdated" });
  events.deposit(state, { type: "codeUpdated" });
  return ok(undefined);
}
