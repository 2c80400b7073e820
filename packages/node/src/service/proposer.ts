/**
 * Builds our blocks: asks the provisioner for the parachains' part, then the block builder for the whole.
 * A provisioner that does not answer in time leaves the parachains' part empty: the chain goes on.
 */
import { type Clock, describe, type Logger } from "@parahost/base";
import type { Proposal, Proposer } from "@parahost/consensus";
import type { ParachainsInherentData } from "@parahost/primitives";
import type { Overlay } from "@parahost/trie";
import type { Overseer } from "../overseer/overseer.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import type { TransactionPool } from "../transaction-pool/pool.ts";
import { buildBlock } from "./block-builder.ts";
import type { ChainStates } from "./chain-states.ts";

const TARGET = "proposer";

export interface ProposerParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly states: ChainStates;
  readonly pool: TransactionPool;
  readonly overseer: Overseer;
}

export function blockProposer(parts: ProposerParts): Proposer<Overlay> {
  const { clock, logger, states, pool } = parts;
  return {
    propose: async ({ parent, parentHeader, preDigest, deadline }) => {
      const provided = await inherentData(parts, parent.hash, deadline);
      const parachains: ParachainsInherentData = {
        bitfields: provided?.bitfields ?? [],
        backedCandidates: provided?.backedCandidates ?? [],
        disputes: provided?.disputes ?? [],
        parentHeader,
      };
      const built = buildBlock(states, pool, clock, {
        parentHash: parent.hash,
        number: parent.number + 1,
        digest: [preDigest],
        inherents: { timestamp: clock.now(), parachains },
        deadlineMs: deadline,
      });
      if (!built.ok) {
        logger.log("warn", TARGET, `no block built: ${describe(built.error)}`);
        return undefined;
      }
      const { header, extrinsics, state } = built.value;
      return {
        header,
        body: extrinsics,
        executed: { header, changes: state },
      } satisfies Proposal<Overlay>;
    },
  };
}

/** What the provisioner has by the time half of what is left until the deadline is over. */
async function inherentData(
  { clock, logger, overseer }: ProposerParts,
  relayParent: Parameters<Proposer<Overlay>["propose"]>[0]["parent"]["hash"],
  deadline: number,
) {
  const patience = Math.max(0, deadline - clock.now()) * PATIENCE_SHARE;
  const answer = unlessCancelled(
    overseer.ask("provisioner", { type: "requestInherentData", relayParent }),
  );
  const outcome = await new Promise<Awaited<typeof answer> | "late">((resolve) => {
    const timer = clock.setTimer(patience, () => resolve("late"));
    void answer.then((value) => {
      timer.cancel();
      resolve(value);
    });
  });
  if (outcome === "late" || outcome === undefined || !outcome.ok) {
    const why = outcome === "late" ? "late" : describe(outcome?.error ?? "no answer");
    logger.log("debug", TARGET, `empty parachain inherent: ${why}`);
    return undefined;
  }
  return outcome.value;
}

/** The rest is for building the block. */
const PATIENCE_SHARE = 0.75;
