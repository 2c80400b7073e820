/**
 * The state of approval: unfinalized blocks, their candidates, who checks and who approved. Every change
 * is one step without waiting, and names what is to be done about it. Reference: node 5.21, 6.4.
 */
import {
  approvedByThird,
  type BlockNumber,
  type CandidateHash,
  type CandidateReceipt,
  type Hash,
  type ValidatorIndex,
} from "@parahost/primitives";
import type { OwnAssignment, OwnAssignments } from "../approval-criteria/assign.ts";
import type { CheckedCert } from "../approval-criteria/check.ts";
import type { ApprovalProfile } from "../approval-criteria/criteria.ts";
import { FUTURE_TICKS_MAX, type Tick } from "../approval-criteria/ticks.ts";
import type { ApprovalBlock } from "../approval-distribution/messages.ts";
import type { BlockDescription } from "../dispute-coordinator/messages.ts";
import { Assignments } from "./assignments.ts";
import type { ApprovalSignature, ApprovedAncestor } from "./messages.ts";
import { type CheckerSupply, neededApprovals } from "./needed-approvals.ts";
import {
  isApproved,
  isWithoutDelay,
  nextWakeUp,
  type RequiredTranches,
  requiredTranches,
  shouldTrigger,
  type TallyInput,
} from "./required-tranches.ts";
import { WakeUps } from "./wake-ups.ts";

/** A candidate on whatever forks include it. */
export interface Candidate {
  readonly hash: CandidateHash;
  readonly receipt: CandidateReceipt;
  readonly headData: Uint8Array;
  /** In all open blocks. */
  readonly inclusions: Set<Inclusion>;
  /** Checkers that fishermen's stakes call; `undefined` when nobody has reported it. */
  extraChecks: number | undefined;
}

/** One of the lists of checkers that a candidate must satisfy. */
interface CheckerList {
  readonly assignments: Assignments;
  own: OwnAssignment | undefined;
}

/**
 * A candidate in one block. What is said about it in another block does not count here: whoever has not seen
 * that block has not heard it, and would wait for checkers that hold theirs to be done.
 */
export interface Inclusion {
  readonly block: OpenBlock;
  readonly index: number;
  readonly candidate: Candidate;
  readonly approvals: Map<ValidatorIndex, ApprovalSignature>;
  readonly story: CheckerList;
  /** Only when the block's author made another block without the candidate. */
  equivocation: CheckerList | undefined;
  readonly supply: CheckerSupply;
  /** So many tranches have their turn before their time, since fishermen doubt the candidate. */
  ahead: number;
  /** When it was last looked at nobody was late. */
  isCalm: boolean;
  approved: boolean;
}

export interface OpenBlock {
  info: ApprovalBlock;
  readonly blockTick: Tick;
  readonly noShowTicks: Tick;
  readonly inclusions: Inclusion[];
  isApproved: boolean;
  /** Approved by the chain's own word, whatever checks say. */
  isForced: boolean;
}

/** What is to be done after a step. */
export type Effect =
  /** Write down and announce, then check its candidates. */
  | { readonly type: "trigger"; readonly block: OpenBlock; readonly assignment: OwnAssignment }
  | { readonly type: "candidateApproved"; readonly inclusion: Inclusion }
  | { readonly type: "blockApproved"; readonly block: OpenBlock };

export interface NewCandidate {
  readonly receipt: CandidateReceipt;
  readonly headData: Uint8Array;
}

export class ApprovalBook {
  readonly #blocks = new Map<Hash, OpenBlock>();
  readonly #candidates = new Map<CandidateHash, Candidate>();
  readonly wakeUps = new WakeUps<Inclusion>();
  readonly #profile: ApprovalProfile;
  #finalized: BlockNumber = 0;

  constructor(profile: ApprovalProfile) {
    this.#profile = profile;
  }

  block(hash: Hash): OpenBlock | undefined {
    return this.#blocks.get(hash);
  }

  blocks(): Iterable<OpenBlock> {
    return this.#blocks.values();
  }

  candidate(hash: CandidateHash): Candidate | undefined {
    return this.#candidates.get(hash);
  }

  /** The candidate in all blocks that include it. */
  inclusionsOf(candidate: CandidateHash): readonly Inclusion[] {
    return [...(this.#candidates.get(candidate)?.inclusions ?? [])];
  }

  // Blocks

  /** `candidates` are those of `info`, in its order. */
  addBlock(
    info: ApprovalBlock,
    candidates: readonly NewCandidate[],
    own: OwnAssignments,
    blockTick: Tick,
    noShowTicks: Tick,
  ): OpenBlock {
    const block: OpenBlock = {
      info,
      blockTick,
      noShowTicks,
      inclusions: [],
      isApproved: false,
      isForced: false,
    };
    for (const [index, { candidate: hash, core, group }] of info.candidates.entries()) {
      let candidate = this.#candidates.get(hash);
      if (candidate === undefined) {
        const { receipt, headData } = candidates[index] as NewCandidate;
        candidate = {
          hash,
          receipt,
          headData,
          inclusions: new Set(),
          extraChecks: undefined,
        };
        this.#candidates.set(hash, candidate);
      }
      const { neededApprovals: configured, validators, validatorGroups } = info.sessionInfo;
      const checkers = validators.length - (validatorGroups[group]?.length ?? 0);
      const inclusion: Inclusion = {
        block,
        index,
        candidate,
        approvals: new Map(),
        story: { assignments: new Assignments(), own: own.byStory.get(core) },
        equivocation: info.equivocatedCores.has(core)
          ? { assignments: new Assignments(), own: own.byEquivocation.get(core) }
          : undefined,
        supply: { profile: this.#profile, configured, checkers },
        ahead: 0,
        isCalm: false,
        // With fewer than the needed checkers there can be no others than the backers.
        approved: configured > checkers,
      };
      block.inclusions.push(inclusion);
      candidate.inclusions.add(inclusion);
    }
    this.#blocks.set(info.hash, block);
    return block;
  }

  /** Our assignments of a block that was opened without them. */
  assignOwn(block: OpenBlock, { byStory, byEquivocation }: OwnAssignments): void {
    for (const { index, story, equivocation } of block.inclusions) {
      const core = block.info.candidates[index]?.core;
      if (core === undefined) continue;
      story.own = byStory.get(core);
      if (equivocation !== undefined) equivocation.own = byEquivocation.get(core);
    }
  }

  /** The author made another block of the slot: what is not in it is checked once more. */
  addEquivocation(block: OpenBlock, info: ApprovalBlock, own: OwnAssignments): void {
    block.info = info;
    for (const inclusion of block.isForced ? [] : block.inclusions) {
      const core = info.candidates[inclusion.index]?.core;
      if (core === undefined || !info.equivocatedCores.has(core)) continue;
      if (inclusion.equivocation !== undefined) continue;
      inclusion.equivocation = {
        assignments: new Assignments(),
        own: own.byEquivocation.get(core),
      };
      inclusion.approved = false;
      block.isApproved = false;
    }
  }

  /** Returns the candidates that no open block includes any more. */
  finalize(finalized: { readonly hash: Hash; readonly number: BlockNumber }): CandidateHash[] {
    this.#finalized = Math.max(this.#finalized, finalized.number);
    const open = [...this.#blocks.values()].sort((a, b) => a.info.number - b.info.number);
    const kept = new Set<Hash>([finalized.hash]);
    const gone: CandidateHash[] = [];
    for (const { info, inclusions } of open) {
      if (info.number > finalized.number && kept.has(info.parentHash)) {
        kept.add(info.hash);
        continue;
      }
      this.#blocks.delete(info.hash);
      for (const inclusion of inclusions) {
        this.wakeUps.set(inclusion, undefined);
        const { candidate } = inclusion;
        candidate.inclusions.delete(inclusion);
        if (candidate.inclusions.size === 0) gone.push(candidate.hash);
      }
    }
    for (const hash of gone) this.#candidates.delete(hash);
    return gone;
  }

  // Assignments and approvals

  /** Ignores what is known already, and candidates that the block does not include. */
  importAssignment(
    block: OpenBlock,
    validator: ValidatorIndex,
    candidates: readonly number[],
    { tranche, criterion }: CheckedCert,
    now: Tick,
  ): Effect[] {
    return candidates.flatMap((index) => {
      const inclusion = block.inclusions[index];
      if (inclusion === undefined) return [];
      const isNew = inclusion[criterion]?.assignments.add(tranche, validator, now) === true;
      if (!isNew || this.#canWait(inclusion, tranche, now)) return [];
      return this.evaluate(inclusion, now);
    });
  }

  /**
   * One checker more changes nothing that has to be seen before the candidate is looked at anyway: its turn
   * has come, it is not late before then, and no other was late.
   */
  #canWait(inclusion: Inclusion, tranche: number, now: Tick): boolean {
    if (inclusion.approved) return true;
    const { blockTick, noShowTicks } = inclusion.block;
    const next = this.wakeUps.of(inclusion);
    return (
      inclusion.isCalm &&
      next !== undefined &&
      next <= now + noShowTicks &&
      blockTick + tranche <= now
    );
  }

  /** The signature was checked; only who is assigned counts. */
  importApproval(
    block: OpenBlock,
    validator: ValidatorIndex,
    candidates: readonly number[],
    signature: ApprovalSignature,
    now: Tick,
  ): Effect[] {
    return candidates.flatMap((index) => {
      const inclusion = block.inclusions[index];
      if (inclusion === undefined || !isAssigned(inclusion, validator)) return [];
      if (!inclusion.approvals.has(validator)) inclusion.approvals.set(validator, signature);
      return mayBeApproved(inclusion) ? this.evaluate(inclusion, now) : [];
    });
  }

  /**
   * Fishermen have staked on the candidate being bad: it needs more checks, also where it is approved
   * already. Those whose turn would come next have it now. Less than was known changes nothing.
   */
  raiseChecks(hash: CandidateHash, extra: number, now: Tick): Effect[] {
    const candidate = this.#candidates.get(hash);
    if (candidate === undefined || extra <= (candidate.extraChecks ?? -1)) return [];
    candidate.extraChecks = extra;
    return this.inclusionsOf(hash).flatMap((inclusion) => {
      const { block, supply } = inclusion;
      if (block.isForced || supply.configured > supply.checkers) return [];
      if (inclusion.approved && looksOf(inclusion, now).every(isSatisfied)) return [];
      inclusion.approved = false;
      block.isApproved = false;
      inclusion.ahead = tranchesAhead(inclusion);
      return this.evaluate(inclusion, now);
    });
  }

  /** Looks at a candidate: triggers our assignment, approves, or says when to look again. */
  evaluate(inclusion: Inclusion, now: Tick): Effect[] {
    const effects: Effect[] = [];
    const { block } = inclusion;
    const looked = looksOf(inclusion, now);
    inclusion.isCalm = looked.every(({ required }) => isWithoutDelay(required));
    for (const { list, tally, required } of looked) {
      const assignment = untriggered(list);
      const isDue =
        assignment !== undefined &&
        (!inclusion.approved || assignment.tranche === 0) &&
        shouldTrigger(assignment.tranche, { ...tally, now: now + inclusion.ahead }, required);
      if (assignment !== undefined && isDue) effects.push({ type: "trigger", block, assignment });
    }
    if (inclusion.approved) {
      this.wakeUps.set(inclusion, undefined);
    } else if (looked.every(isSatisfied)) {
      inclusion.approved = true;
      this.wakeUps.set(inclusion, undefined);
      effects.push({ type: "candidateApproved", inclusion });
    } else {
      const ticks = looked.flatMap(
        ({ list, tally, required }) =>
          nextWakeUp(untriggered(list)?.tranche, inclusion.ahead, tally, required) ?? [],
      );
      this.wakeUps.set(inclusion, ticks.length === 0 ? undefined : Math.min(...ticks));
    }
    return [...effects, ...this.approveBlock(block)];
  }

  /**
   * The chain that ends in `block` says that all its blocks up to this number are to count as approved: a way out
   * for governance when checks do not come about.
   */
  forceApprove(block: OpenBlock, upTo: BlockNumber): Effect[] {
    const effects: Effect[] = [];
    for (let on: OpenBlock | undefined = block; on; on = this.#blocks.get(on.info.parentHash)) {
      if (on.info.number > upTo) continue;
      on.isForced = true;
      for (const inclusion of on.inclusions) {
        if (inclusion.approved) continue;
        inclusion.approved = true;
        this.wakeUps.set(inclusion, undefined);
        effects.push({ type: "candidateApproved", inclusion });
      }
      effects.push(...this.approveBlock(on));
    }
    return effects;
  }

  /** A block is approved with its last candidate, one without candidates at once. */
  approveBlock(block: OpenBlock): Effect[] {
    if (block.isApproved || !block.inclusions.every(({ approved }) => approved)) return [];
    block.isApproved = true;
    return [{ type: "blockApproved", block }];
  }

  // Answers

  /** What was said in favour of the candidate in any open block, one signature of each validator. */
  approvalsOf(candidate: CandidateHash): ReadonlyMap<ValidatorIndex, ApprovalSignature> {
    return new Map(this.inclusionsOf(candidate).flatMap(({ approvals }) => [...approvals]));
  }

  approvedAncestor(hash: Hash, floor: BlockNumber): ApprovedAncestor | undefined {
    const run: OpenBlock[] = [];
    let block = this.#blocks.get(hash);
    let lowest = Number.POSITIVE_INFINITY;
    while (block !== undefined && block.info.number > floor) {
      if (block.isApproved) run.push(block);
      else run.length = 0;
      lowest = block.info.number;
      block = this.#blocks.get(block.info.parentHash);
    }
    const [top] = run;
    // A block that we have not read is not approved, unless it is final.
    if (top === undefined || lowest > Math.max(floor, this.#finalized) + 1) return undefined;
    const { hash: approved, number } = top.info;
    return { hash: approved, number, descriptions: run.reverse().map(describeBlock) };
  }
}

function describeBlock({ info, inclusions }: OpenBlock): BlockDescription {
  return {
    blockHash: info.hash,
    session: info.session,
    candidates: inclusions.map(({ candidate }) => candidate.hash),
  };
}

export function isAssigned({ story, equivocation }: Inclusion, validator: ValidatorIndex): boolean {
  return story.assignments.has(validator) || equivocation?.assignments.has(validator) === true;
}

/** Our assignment, while it is not among those that count. */
function untriggered({ assignments, own }: CheckerList): OwnAssignment | undefined {
  return own === undefined || assignments.has(own.validator) ? undefined : own;
}

/** A list of checkers, counted. */
interface Look {
  readonly list: CheckerList;
  readonly tally: TallyInput;
  readonly required: RequiredTranches;
}

function looksOf(inclusion: Inclusion, now: Tick): readonly Look[] {
  return [inclusion.story, inclusion.equivocation]
    .filter((list) => list !== undefined)
    .map((list) => {
      const tally = tallyOf(inclusion, list, now);
      return { list, tally, required: requiredTranches(tally) };
    });
}

/**
 * Whether there is a need to look: fewer approvals than are needed never suffice, nor, while nobody is late,
 * fewer than the first tranche has checkers.
 */
function mayBeApproved(inclusion: Inclusion): boolean {
  const { approved, approvals, block, story, isCalm } = inclusion;
  if (approved) return false;
  const { size } = approvals;
  if (approvedByThird(size, block.info.sessionInfo.validators.length)) return true;
  const [first] = story.assignments.tranches;
  const together = isCalm && first?.tranche === 0 ? first.assignments.length : 0;
  return size >= Math.max(neededOf(inclusion), together);
}

const isSatisfied = ({ tally, required }: Look): boolean => isApproved(tally, required);

const neededOf = ({ supply, candidate }: Inclusion): number =>
  neededApprovals(supply, candidate.extraChecks);

/** As many tranches as bring the missing checkers on average; peers take none that lie further ahead. */
function tranchesAhead(inclusion: Inclusion): number {
  const { supply, story, block } = inclusion;
  const missing = Math.max(0, neededOf(inclusion) - story.assignments.count);
  const { nDelayTranches } = block.info.sessionInfo;
  return Math.min(
    FUTURE_TICKS_MAX,
    Math.ceil((missing * nDelayTranches) / Math.max(1, supply.checkers)),
  );
}

function tallyOf(inclusion: Inclusion, { assignments }: CheckerList, now: Tick): TallyInput {
  const { block, approvals } = inclusion;
  return {
    assignments,
    approvals,
    validatorCount: block.info.sessionInfo.validators.length,
    neededApprovals: neededOf(inclusion),
    blockTick: block.blockTick,
    noShowTicks: block.noShowTicks,
    now,
  };
}
