/**
 * Why a parachain does not get on, or that it does: the chain's own view of it and what was told of its candidates,
 * put into words. The first reason is the one to look at.
 */
import {
  type CandidateHash,
  type CoreState,
  type ParaId,
  supermajority,
} from "@parahost/primitives";
import { countOnes } from "@parahost/scale";
import type { CandidateEntry, CandidateStage } from "./candidate-log.ts";

/** Relay chain blocks after which a parachain without a new block is not getting on. */
export const PATIENCE_BLOCKS = 6;

/** What is looked at. */
export interface ParaFacts {
  readonly para: ParaId;
  /** Number of the best relay chain block. */
  readonly now: number;
  readonly isRegistered: boolean;
  readonly cores: readonly CoreState[];
  /** Paras that come next on each core, soonest first. */
  readonly queue: readonly (readonly ParaId[])[];
  readonly validatorCount: number;
  readonly minimumBackingVotes: number;
  /** Newest first. */
  readonly candidates: readonly CandidateEntry[];
  /** Candidates that stand in an open dispute. */
  readonly disputed: readonly string[];
  /** The candidate whose dispute ended split and suspended the para. */
  readonly suspendedBy: CandidateHash | undefined;
}

export interface ParaVerdict {
  readonly isProgressing: boolean;
  readonly reasons: readonly string[];
}

export function whyOf(facts: ParaFacts): ParaVerdict {
  const { para, now, candidates } = facts;
  if (!facts.isRegistered)
    return {
      isProgressing: false,
      reasons: [`para ${para} is not registered on this relay chain`],
    };
  if (facts.suspendedBy !== undefined)
    return {
      isProgressing: false,
      reasons: [
        `para ${para} is suspended and gets no core: the dispute on candidate ${facts.suspendedBy} ended split, so its code may not do the same on every machine; when that is mended, root lets it go on with Suspensions.lift`,
      ],
    };
  const included = lastAt(candidates, "included");
  const isProgressing = included !== undefined && now - included <= PATIENCE_BLOCKS;
  const reasons = [
    ...disputeReasons(facts),
    ...coreReasons(facts),
    ...(isProgressing ? [] : candidateReasons(facts)),
    ...approvalReasons(facts),
  ];
  if (isProgressing)
    reasons.unshift(
      `its last block was included in relay chain block ${included}, ${now - included} ago`,
    );
  return { isProgressing, reasons };
}

/** The relay chain block in which a candidate last came to this stage. */
function lastAt(candidates: readonly CandidateEntry[], stage: CandidateStage): number | undefined {
  const numbers = candidates.flatMap(({ steps }) =>
    steps.flatMap((step) => (step.stage === stage ? [step.relayNumber ?? 0] : [])),
  );
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

const disputeReasons = ({ candidates, disputed }: ParaFacts): string[] =>
  candidates
    .filter(({ candidate }) => disputed.includes(candidate))
    .map(({ candidate }) => `candidate ${candidate} is disputed: finality waits for the verdict`);

function coreReasons({ para, cores, queue, validatorCount, now }: ParaFacts): string[] {
  const occupied = cores.flatMap((core, index) =>
    core.type === "occupied" && core.value.candidateDescriptor.paraId === para
      ? [{ index, core: core.value }]
      : [],
  );
  const isNext =
    queue.some((next) => next.includes(para)) ||
    cores.some((core) => core.type === "scheduled" && core.value.paraId === para);
  if (occupied.length === 0 && !isNext)
    return ["no core is assigned to it now: it needs a lease, coretime or an order"];
  const needed = supermajority(validatorCount);
  return occupied.flatMap(({ index, core }) => {
    const have = countOnes(core.availability);
    const age = now - core.occupiedSince;
    return age <= 1 || have >= needed
      ? []
      : [
          `core ${index} waits since ${age} blocks for the data of candidate ${core.candidateHash}: ${have} of ${needed} validators say that they have their part; it times out from block ${core.timeOutAt} on`,
        ];
  });
}

/** What is missing on the way of the newest candidate. */
function candidateReasons({ candidates, minimumBackingVotes, now }: ParaFacts): string[] {
  const [newest] = candidates;
  const last = newest?.steps.at(-1);
  if (newest === undefined || last === undefined)
    return [
      "no candidate of it was seconded: is a collator running, and connected to the validators?",
    ];
  const since = last.relayNumber === undefined ? "" : `, ${now - last.relayNumber} blocks ago`;
  switch (last.stage) {
    case "seconded":
      return [
        `candidate ${newest.candidate} was seconded by ${last.node}${since}, and is not backed: ${minimumBackingVotes} votes of its group are needed`,
      ];
    case "backed":
      return [
        `candidate ${newest.candidate} was backed${since}, and its data is not available yet`,
      ];
    case "timedOut":
      return [
        `candidate ${newest.candidate} timed out${since}: too few validators got their part of its data`,
      ];
    default:
      return [
        `nothing was seconded since candidate ${newest.candidate}${since}: is its collator running, and does it know the last head?`,
      ];
  }
}

function approvalReasons({ candidates, now }: ParaFacts): string[] {
  const waiting = candidates.filter(
    ({ steps }) =>
      steps.some(
        ({ stage, relayNumber = now }) =>
          stage === "included" && now - relayNumber > PATIENCE_BLOCKS,
      ) && !steps.some(({ stage }) => stage === "approved"),
  );
  const [newest] = waiting;
  return newest === undefined
    ? []
    : [
        `${waiting.length} included candidates are not approved, the newest ${newest.candidate}: finality waits for their checkers`,
      ];
}
