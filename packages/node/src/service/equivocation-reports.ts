/**
 * What becomes of authors who sealed two blocks for one slot, and of voters who voted twice: the proof, and
 * the path of the key in its session, go into the pool as a transaction of this node. It is not passed on:
 * every node reports what it has seen itself, and the first report that is included counts.
 *
 * Reference: consensus-and-sync.md 3.9, 4.7.
 */
import { describe, type Logger } from "@parahost/base";
import type { Chain } from "@parahost/consensus";
import {
  type BabeEquivocationProof,
  type GrandpaEquivocationProof,
  type Hash,
  headerHash,
  type OpaqueExtrinsic,
} from "@parahost/primitives";
import { runtimeApi } from "@parahost/runtime";
import type { Overlay } from "@parahost/trie";
import type { TransactionPool } from "../transaction-pool/pool.ts";
import type { ChainStates } from "./chain-states.ts";

const TARGET = "equivocation";

interface ReporterParts {
  readonly chain: Pick<Chain<Overlay>, "finalized">;
  readonly states: ChainStates;
  readonly pool: TransactionPool;
  readonly logger: Logger;
}

export class EquivocationReporter {
  readonly #parts: ReporterParts;

  constructor(parts: ReporterParts) {
    this.#parts = parts;
  }

  reportAuthor(proof: BabeEquivocationProof): void {
    // A block of the slot knows the slot's session. At least one of the two was good enough to be kept.
    const state = this.#stateOf([headerHash(proof.firstHeader), headerHash(proof.secondHeader)]);
    const owner = state && runtimeApi.generateBabeKeyOwnershipProof(state, proof.offender);
    const report = owner && runtimeApi.babeEquivocationReport(proof, owner);
    this.#submit(`author ${proof.offender} made two blocks in slot ${proof.slot}`, report);
  }

  reportVoter(proof: GrandpaEquivocationProof): void {
    const { identity, round } = proof.equivocation.value;
    const state = this.#stateOf([this.#parts.chain.finalized().hash]);
    const isOfSet = state !== undefined && runtimeApi.grandpaCurrentSetId(state) === proof.setId;
    const owner = isOfSet
      ? runtimeApi.generateGrandpaKeyOwnershipProof(state, identity)
      : undefined;
    const report = owner && runtimeApi.grandpaEquivocationReport(proof, owner);
    this.#submit(`voter ${identity} voted twice in round ${round} of set ${proof.setId}`, report);
  }

  #stateOf(blocks: readonly Hash[]): Overlay | undefined {
    for (const block of blocks) {
      const state = this.#parts.states.view(block);
      if (state !== undefined) return state;
    }
    return undefined;
  }

  #submit(what: string, report: OpaqueExtrinsic | undefined): void {
    const { logger, pool } = this.#parts;
    if (report === undefined) {
      logger.log("warn", TARGET, `${what}: its session is no longer known, nobody is told`);
      return;
    }
    const taken = pool.submit(report, "local");
    const outcome = taken.ok ? "reported" : `not reported: ${describe(taken.error)}`;
    logger.log("warn", TARGET, `${what}: ${outcome}`);
  }
}
