/** Scenarios in which the lab has found something, as small as they could be made: played on every change. */
import { DEFAULT_SCENARIO, type Scenario } from "./scenario.ts";

export interface Regression {
  /** What went wrong then. */
  readonly found: string;
  readonly scenario: Scenario;
}

export const REGRESSIONS: readonly Regression[] = [
  {
    found: "votes for blocks of a fork that nobody announced again stopped finality for good",
    scenario: {
      ...DEFAULT_SCENARIO,
      seed: 18,
      paras: 0,
      groups: 1,
      epochSlots: 100,
      latencyMs: 100,
      jitterMs: 300,
      network: [{ type: "partition", validators: [3, 0], fromSlot: 4, toSlot: 8 }],
      slots: 9,
      calmSlots: 22,
    },
  },
  {
    found:
      "validators whose disputes are in vain since they lost others were believed to hold up finality",
    scenario: {
      ...DEFAULT_SCENARIO,
      seed: 133,
      validators: 7,
      paras: 1,
      groups: 7,
      rotationBlocks: 5,
      epochSlots: 12,
      latencyMs: 5,
      jitterMs: 0,
      roles: [5, 6].flatMap((validator) =>
        ["B30", "B08"].map((strategy) => ({
          validator,
          strategy,
          share: 1,
          fromSlot: 2,
          toSlot: 4,
        })),
      ),
      slots: 4,
      calmSlots: 22,
    },
  },
];
