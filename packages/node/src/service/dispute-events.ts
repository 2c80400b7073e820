/** Disputes as users see them. */
import type { DisputeWatcher } from "../dispute-coordinator/subsystem.ts";
import type { EventBus } from "../event-bus.ts";

/** Tells users of disputes that begin and end. */
export function disputeEvents(events: EventBus): DisputeWatcher {
  return {
    raised: (para, { candidateHash: candidate }, validator) =>
      events.emit({ event: "dispute.raised", para, candidate, validator }),
    concluded: (para, { candidateHash: candidate }, outcome) =>
      events.emit({ event: "dispute.concluded", para, candidate, outcome }),
  };
}
