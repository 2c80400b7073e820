/**
 * Governance's calls on the lives of paras, for chains whose root is a sudo key. Code of a new para must
 * be trusted (`add_trusted_validation_code`) or pass the validators' pre-check.
 */
import type { Result } from "@parahost/base";
import { ParaId } from "@parahost/primitives";
import {
  call,
  type DispatchError,
  type DispatchResult,
  done,
  ensureRoot,
  type Origin,
  pallet,
  weightOf,
} from "../../framework/index.ts";
import {
  scheduleParaCleanup,
  scheduleParachainDowngrade,
  scheduleParaInitialize,
  scheduleParathreadUpgrade,
} from "./registration.ts";
import { ParaGenesisArgs } from "./storage.ts";

function byRoot(origin: Origin, run: () => Result<void, DispatchError>): DispatchResult {
  const root = ensureRoot(origin);
  if (!root.ok) return root;
  const result = run();
  return result.ok ? done : result;
}

export const parasSudoWrapper = pallet({
  name: "ParasSudoWrapper",
  index: 250,
  calls: {
    sudoScheduleParaInitialize: call({
      index: 0,
      docs: "Schedules a new para.",
      args: { id: ParaId, genesis: ParaGenesisArgs },
      weight: ({ genesis }) =>
        weightOf({ reads: 6, writes: 7, bytes: 2 * genesis.validationCode.length }),
      dispatch: (state, origin, { id, genesis }) =>
        byRoot(origin, () => scheduleParaInitialize(state, id, genesis)),
    }),
    sudoScheduleParaCleanup: call({
      index: 1,
      docs: "Schedules the end of a para.",
      args: { id: ParaId },
      weight: weightOf({ reads: 4, writes: 2 }),
      dispatch: (state, origin, { id }) => byRoot(origin, () => scheduleParaCleanup(state, id)),
    }),
    sudoScheduleParathreadUpgrade: call({
      index: 2,
      docs: "Schedules a parathread to become a parachain.",
      args: { id: ParaId },
      weight: weightOf({ reads: 3, writes: 2 }),
      dispatch: (state, origin, { id }) =>
        byRoot(origin, () => scheduleParathreadUpgrade(state, id)),
    }),
    sudoScheduleParachainDowngrade: call({
      index: 3,
      docs: "Schedules a parachain to become a parathread.",
      args: { id: ParaId },
      weight: weightOf({ reads: 3, writes: 2 }),
      dispatch: (state, origin, { id }) =>
        byRoot(origin, () => scheduleParachainDowngrade(state, id)),
    }),
  },
});
