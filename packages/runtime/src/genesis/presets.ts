/**
 * Genesis by name, and from JSON: the answers of the runtime API `GenesisBuilder`, with which tools make
 * chain specifications.
 */
import { err, ok, type Result } from "@parahost/base";
import { type ChainSpecError, parsePlainGenesis, plainGenesis } from "./chain-spec.ts";
import { type LocalNetwork, localGenesis } from "./development.ts";
import { type Genesis, tryBuildGenesis } from "./genesis.ts";

const PRESETS: Readonly<Record<string, LocalNetwork>> = {
  /** As small as a network can be. */
  development: { validators: 2, paras: [], slotMs: 6_000, epochSlots: 100 },
  local_testnet: { validators: 4, paras: [], slotMs: 6_000, epochSlots: 100 },
};

export const presetNames = (): readonly string[] => Object.keys(PRESETS);

/** The JSON of a preset, of the first one if none is named; `undefined` for an unknown name. */
export function getPreset(name: string = "development"): string | undefined {
  const network = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  return network === undefined ? undefined : JSON.stringify(plainGenesis(localGenesis(network)));
}

/** The beginning of a network from such JSON. */
export function buildState(json: string): Result<Genesis, ChainSpecError> {
  const config = parsePlainGenesis(json);
  if (!config.ok) return config;
  const built = tryBuildGenesis(config.value);
  return built.ok ? ok(built.value) : err({ code: "badGenesis", error: built.error });
}
