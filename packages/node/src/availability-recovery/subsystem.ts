/**
 * Rebuilds the data of candidates for whoever checks them, and serves whole data to checkers. Several
 * that want one candidate share one recovery. Guide: Availability Recovery.
 */
import { LruMap, unreachable } from "@parahost/base";
import {
  type BlockNumber,
  type CandidateHash,
  candidateHash,
  type Hash,
} from "@parahost/primitives";
import { unlessCancelled } from "../overseer/reply.ts";
import type { AvailabilityRecoveryMessage } from "./messages.ts";
import {
  type AvailabilityRecoveryContext,
  type AvailabilityRecoveryDependencies,
  type RecoverMessage,
  Recovery,
  type RecoveryOutcome,
} from "./recovery.ts";

export type {
  AvailabilityRecoveryContext,
  AvailabilityRecoveryDependencies,
  AvailabilityRecoverySends,
} from "./recovery.ts";

/** Candidates whose data or whose invalidity is remembered. */
const RESULTS_MAX = 16;

interface State {
  readonly context: AvailabilityRecoveryContext;
  readonly deps: AvailabilityRecoveryDependencies;
  /** Who waits for which recovery; as many recoveries as candidates are being checked. */
  readonly waiting: Map<CandidateHash, RecoverMessage[]>;
  /** Unavailability is never remembered: the next try may succeed. */
  readonly results: LruMap<CandidateHash, RecoveryOutcome>;
  /** The highest leaf: its state knows the sessions that matter. */
  live: { readonly hash: Hash; readonly number: BlockNumber } | undefined;
}

/** Recovers and serves until concluded. */
export async function run(
  context: AvailabilityRecoveryContext,
  deps: AvailabilityRecoveryDependencies,
): Promise<void> {
  const state: State = {
    context,
    deps,
    waiting: new Map(),
    results: new LruMap(RESULTS_MAX),
    live: undefined,
  };
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") {
      onMessage(state, incoming.message);
      continue;
    }
    const { signal } = incoming;
    if (signal.type === "conclude") return;
    if (signal.type !== "activeLeaves" || signal.activated === undefined) continue;
    if (signal.activated.number >= (state.live?.number ?? 0)) state.live = signal.activated;
  }
}

function onMessage(state: State, message: AvailabilityRecoveryMessage): void {
  switch (message.type) {
    case "recoverAvailableData":
      recover(state, message);
      return;
    case "availableDataRequest":
      state.context.spawn("serve data", async () => {
        const { payload, reply } = message;
        const question = { type: "queryAvailableData", ...payload } as const;
        const data = await unlessCancelled(state.context.ask("availability-store", question));
        reply(data === undefined ? { type: "noSuchData" } : { type: "availableData", value: data });
      });
      return;
    default:
      unreachable(message);
  }
}

function recover(state: State, message: RecoverMessage): void {
  const { context, deps, results, waiting } = state;
  const hash = candidateHash(message.candidateReceipt);
  const known = results.get(hash);
  if (known !== undefined) {
    message.reply(known);
    return;
  }
  const others = waiting.get(hash);
  if (others !== undefined) {
    others.push(message);
    return;
  }
  const askers = [message];
  waiting.set(hash, askers);
  context.spawn("recover", async (abort) => {
    try {
      const outcome = await new Recovery(context, deps, hash, message, abort).run(state.live?.hash);
      if (outcome.ok || outcome.error.code === "invalid") results.set(hash, outcome);
      for (const { reply } of askers) reply(outcome);
    } finally {
      waiting.delete(hash);
      for (const { reply } of askers) reply.cancel();
    }
  });
}
