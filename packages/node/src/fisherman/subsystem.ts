/**
 * Checks included candidates without being asked: recovers and executes each as an approval checker does, and
 * reports those that are invalid or whose data is nowhere to be had. Anybody may fish who stakes on being
 * right. Guide: approval checks and fishermen. Reference: node 7.3.
 */
import { type Clock, type Logger, LruMap, type Random, randomUnit } from "@parahost/base";
import {
  type CandidateHash,
  candidateHash,
  type Hash,
  type SessionIndex,
} from "@parahost/primitives";
import { checkIncluded, type IncludedCandidate } from "../candidate-check.ts";
import type { Context } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import { queryRuntime } from "../runtime-api/query.ts";

const TARGET = "fisherman";
/** Candidates remembered to have been looked at, on whatever fork. */
const LOOKED_AT_MAX = 4096;
/** Checks at one time; what comes beside them is left to others. */
const CHECKS_MAX = 16;

export type FishermanSends =
  | "availability-recovery"
  | "candidate-validation"
  | "chain-api"
  | "runtime-api";
export type FishermanContext = Context<"fisherman", FishermanSends>;

/** A candidate that deserves a report on the chain that includes it. */
export interface BadCandidate {
  readonly session: SessionIndex;
  readonly candidateHash: CandidateHash;
  /** The block that includes it. */
  readonly relayBlock: Hash;
  readonly kind: "invalid" | "unavailable";
}

export interface FishermanDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  /** Share of the candidates that are checked, above 0 and up to 1. */
  readonly share: number;
  /** Stakes on it. */
  readonly report: (bad: BadCandidate) => void;
}

/** Fishes until concluded. */
export async function run(context: FishermanContext, deps: FishermanDependencies): Promise<void> {
  const fisherman = new Fisherman(context, deps);
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") continue;
    const { signal } = incoming;
    if (signal.type === "conclude") return;
    if (signal.type !== "activeLeaves" || signal.activated === undefined) continue;
    await fisherman.onLeaf(signal.activated.hash);
  }
}

class Fisherman {
  readonly #context: FishermanContext;
  readonly #deps: FishermanDependencies;
  readonly #blocks = new LruMap<Hash, true>(LOOKED_AT_MAX);
  readonly #candidates = new LruMap<CandidateHash, true>(LOOKED_AT_MAX);
  #checks = 0;

  constructor(context: FishermanContext, deps: FishermanDependencies) {
    this.#context = context;
    this.#deps = deps;
  }

  /** Leaves follow each other closely; what a node slept through is left to those who were awake. */
  async onLeaf(hash: Hash): Promise<void> {
    if (this.#blocks.has(hash)) return;
    this.#blocks.set(hash, true);
    const answer = await unlessCancelled(
      this.#context.ask("chain-api", { type: "blockHeader", hash }),
    );
    const parent = answer?.ok === true ? answer.value?.parentHash : undefined;
    if (parent === undefined) return;
    const session = await queryRuntime(this.#context, parent, "sessionIndexForChild");
    const events = await queryRuntime(this.#context, hash, "candidateEvents");
    if (session === undefined || events === undefined) return;
    for (const event of events) {
      if (event.type !== "included") continue;
      const { receipt, core, group } = event.value;
      this.#look({ receipt, session, includedIn: hash, core, group });
    }
  }

  #look(candidate: IncludedCandidate): void {
    const { random, share, clock } = this.#deps;
    const hash = candidateHash(candidate.receipt);
    if (this.#candidates.has(hash) || this.#checks >= CHECKS_MAX) return;
    this.#candidates.set(hash, true);
    if (randomUnit(random) >= share) return;
    this.#checks += 1;
    this.#context.spawn("check", async (abort) => {
      try {
        const outcome = await checkIncluded(this.#context, clock, candidate, () => true, abort);
        if (outcome === "invalid" || outcome === "unavailable") this.#report(candidate, outcome);
      } finally {
        this.#checks -= 1;
      }
    });
  }

  #report({ receipt, session, includedIn }: IncludedCandidate, kind: BadCandidate["kind"]): void {
    const hash = candidateHash(receipt);
    this.#deps.logger.log("warn", TARGET, `an included candidate is ${kind}`, { candidate: hash });
    this.#deps.report({ session, candidateHash: hash, relayBlock: includedIn, kind });
  }
}
