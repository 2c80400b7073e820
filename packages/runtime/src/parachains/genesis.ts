/**
 * The parachain modules at block 0. To be called before the first session is announced, so that its
 * cores are those of the paras.
 */
import { err, ok, type Result } from "@parahost/base";
import type { HostConfiguration, ParaId } from "@parahost/primitives";
import type { State } from "../framework/index.ts";
import { initializeConfiguration } from "./configuration/configuration.ts";
import {
  checkConsistency,
  type InconsistencyError,
  inconsistentField,
} from "./configuration/consistency.ts";
import type { SpotPriceModel } from "./on-demand/spot-price.ts";
import { storage as onDemandStorage } from "./on-demand/storage.ts";
import { initializePara, type ParaGenesisArgs } from "./paras/paras.ts";
import { CORES_MAX } from "./paras/planned-cores.ts";
import { checkGenesisArgs } from "./paras/registration.ts";
import { errors as parasErrors } from "./paras/storage.ts";
import { storage as sharedStorage } from "./shared/shared.ts";

export interface ParachainsGenesis {
  readonly configuration: HostConfiguration;
  /** Sessions until a scheduled change is applied: 1 unless given, 2 on Polkadot. */
  readonly sessionDelay?: number;
  /** Formula of the price of on-demand orders; `sdk` unless given. */
  readonly spotPriceModel?: SpotPriceModel["type"];
  /** Their code needs no pre-check. */
  readonly paras: readonly (ParaGenesisArgs & { readonly id: ParaId })[];
}

export type ParachainsGenesisError =
  | {
      readonly code: "inconsistentConfiguration";
      readonly field: string;
      readonly reason: InconsistencyError;
    }
  | { readonly code: "paraTwice"; readonly field: string; readonly para: ParaId }
  /** Code or head are outside the bounds of the configuration. */
  | { readonly code: "paraOutOfBounds"; readonly field: string; readonly para: ParaId }
  | { readonly code: "tooManyCores"; readonly field: string; readonly cores: number };

/** The first rule that the parachain modules' part of a genesis breaks. */
function checkParachains({
  configuration,
  paras,
}: ParachainsGenesis): Result<void, ParachainsGenesisError> {
  const consistent = checkConsistency(configuration);
  if (!consistent.ok) {
    const reason = consistent.error;
    const field = `configuration.${inconsistentField(reason)}`;
    return err({ code: "inconsistentConfiguration", field, reason });
  }
  const seen = new Set<ParaId>();
  for (const [index, { id, ...genesis }] of paras.entries()) {
    if (seen.has(id)) return err({ code: "paraTwice", field: `paras[${index}].id`, para: id });
    seen.add(id);
    const checked = checkGenesisArgs(genesis, configuration);
    if (checked.ok) continue;
    const part = checked.error === parasErrors.invalidCode ? "code" : "head";
    return err({ code: "paraOutOfBounds", field: `paras[${index}].${part}`, para: id });
  }
  const parachains = paras.filter(({ parachain }) => parachain).length;
  const cores = parachains + configuration.parathreadCores;
  return cores > CORES_MAX ? err({ code: "tooManyCores", field: "paras", cores }) : ok(undefined);
}

export function initializeParachains(
  state: State,
  genesis: ParachainsGenesis,
): Result<void, ParachainsGenesisError> {
  const checked = checkParachains(genesis);
  if (!checked.ok) return checked;
  const { configuration, sessionDelay, spotPriceModel, paras } = genesis;
  initializeConfiguration(state, configuration);
  if (sessionDelay !== undefined) sharedStorage.sessionDelay.set(state, sessionDelay);
  if (spotPriceModel !== undefined)
    onDemandStorage.spotPriceModel.set(state, { type: spotPriceModel });
  for (const { id, ...args } of paras) initializePara(state, id, args);
  return ok(undefined);
}
