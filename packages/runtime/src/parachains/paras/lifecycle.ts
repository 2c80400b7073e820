/**
 * The states of a para's life. Changes take effect at session boundaries; the states in between say
 * which change is queued.
 *
 * ```
 *                       ┌────────── upgradingParathread ─────────┐
 * onboarding ──▶ parathread                                  parachain ◀── onboarding
 *                  │    └────────── downgradingParachain ────────┘ │
 *           offboardingParathread                          offboardingParachain
 * ```
 *
 * Reference: 4.3.
 */
import { type ValueOf, variant } from "@parahost/scale";

export const ParaLifecycle = variant(
  {
    onboarding: 0,
    parathread: 1,
    parachain: 2,
    upgradingParathread: 3,
    downgradingParachain: 4,
    offboardingParathread: 5,
    offboardingParachain: 6,
  },
  ["polkadot_runtime_parachains", "paras", "ParaLifecycle"],
);
export type ParaLifecycle = ValueOf<typeof ParaLifecycle>;
export type ParaState = ParaLifecycle["type"];

/** No change is queued. */
export const isStable = (state: ParaState | undefined): boolean =>
  state === "parachain" || state === "parathread";

/** Has a core of its own, now. */
export const isParachain = (state: ParaState | undefined): boolean =>
  state === "parachain" || state === "downgradingParachain" || state === "offboardingParachain";

/** Lives on claims, now. */
export const isParathread = (state: ParaState | undefined): boolean =>
  state === "parathread" || state === "upgradingParathread" || state === "offboardingParathread";

export const isOffboarding = (state: ParaState | undefined): boolean =>
  state === "offboardingParathread" || state === "offboardingParachain";

/** Can have candidates and will still have them after the next session change. */
export const isLive = (state: ParaState | undefined): boolean =>
  (isParachain(state) || isParathread(state)) && !isOffboarding(state);

export type LifecycleAction = "offboard" | "upgrade" | "downgrade";

/** The state that queueing the action leads to; `undefined` when the action is not possible now. */
export function withQueuedAction(state: ParaState, action: LifecycleAction): ParaState | undefined {
  switch (action) {
    case "offboard":
      if (state === "parachain") return "offboardingParachain";
      return state === "parathread" ? "offboardingParathread" : undefined;
    case "upgrade":
      return state === "parathread" ? "upgradingParathread" : undefined;
    case "downgrade":
      return state === "parachain" ? "downgradingParachain" : undefined;
  }
}
