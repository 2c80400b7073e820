/**
 * The parachain modules at block 0. To be called before the first session is announced, so that its
 * cores are those of the paras.
 */
import { err, ok, type Result } from "@parahost/base";
import type { HostConfiguration, ParaId } from "@parahost/primitives";
import type { State } from "../framework/index.ts";
import { initializeConfiguration } from "./configuration/configuration.ts";
import { checkConsistency, type InconsistencyError } from "./configuration/consistency.ts";
import { initializePara, lifecycle, type ParaGenesisArgs } from "./paras/paras.ts";
import { checkGenesisArgs } from "./paras/registration.ts";
import { storage as sharedStorage } from "./shared/shared.ts";

export interface ParachainsGenesis {
  readonly configuration: HostConfiguration;
  /** Sessions until a scheduled change is applied: 1 unless given, 2 on Polkadot. */
  readonly sessionDelay?: number;
  /** Their code needs no pre-check. */
  readonly paras: readonly (ParaGenesisArgs & { readonly id: ParaId })[];
}

export type ParachainsGenesisError =
  | { readonly code: "inconsistentConfiguration"; readonly reason: InconsistencyError }
  | { readonly code: "sessionDelayZero" }
  | { readonly code: "paraTwice"; readonly para: ParaId }
  /** Code or head are outside the bounds of the configuration. */
  | { readonly code: "paraOutOfBounds"; readonly para: ParaId };

export function initializeParachains(
  state: State,
  { configuration, sessionDelay, paras }: ParachainsGenesis,
): Result<void, ParachainsGenesisError> {
  const consistent = checkConsistency(configuration);
  if (!consistent.ok) return err({ code: "inconsistentConfiguration", reason: consistent.error });
  if (sessionDelay === 0) return err({ code: "sessionDelayZero" });
  initializeConfiguration(state, configuration);
  if (sessionDelay !== undefined) sharedStorage.sessionDelay.set(state, sessionDelay);
  for (const { id, ...genesis } of paras) {
    if (lifecycle(state, id) !== undefined) return err({ code: "paraTwice", para: id });
    if (!checkGenesisArgs(genesis, configuration).ok)
      return err({ code: "paraOutOfBounds", para: id });
    initializePara(state, id, genesis);
  }
  return ok(undefined);
}
