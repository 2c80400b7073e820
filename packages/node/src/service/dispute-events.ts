/** Disputes as users see them, and what the node does about their outcome. */
import type { CandidateHash } from "@parahost/primitives";
import type { DisputeWatcher } from "../dispute-coordinator/subsystem.ts";
import type { EventBus } from "../event-bus.ts";

/** Tells users of disputes that begin and end; `condemn` hears of candidates that must not stand. */
export function disputeEvents(
  events: EventBus,
  condemn: (candidate: CandidateHash) => void,
): DisputeWatcher {
  return {
    raised: (para, { candidateHash: candidate }, validator) =>
      events.emit({ event: "dispute.raised", para, candidate, validator }),
    concluded: (para, { candidateHash: candidate }, outcome) => {
      events.emit({ event: "dispute.concluded", para, candidate, outcome });
      if (outcome !== "valid") condemn(candidate);
    },
  };
}
