/** What happened to candidates in a block. Reference: runtime 1.5. */
import { positional, renamed, struct, type ValueOf, variant } from "@parahost/scale";
import { CandidateReceipt } from "./candidate.ts";
import { CoreIndex, GroupIndex } from "./ids.ts";
import { HeadData } from "./validation.ts";

const withGroup = positional(
  struct({
    receipt: CandidateReceipt,
    headData: HeadData,
    core: CoreIndex,
    /** The group that backed it. */
    group: GroupIndex,
  }),
);

export const CandidateEvent = renamed(
  { Backed: "CandidateBacked", Included: "CandidateIncluded", TimedOut: "CandidateTimedOut" },
  variant(
    {
      backed: [0, withGroup],
      included: [1, withGroup],
      timedOut: [
        2,
        positional(struct({ receipt: CandidateReceipt, headData: HeadData, core: CoreIndex })),
      ],
    },
    ["polkadot_primitives", "v9", "CandidateEvent"],
  ),
);
export type CandidateEvent = ValueOf<typeof CandidateEvent>;
