/**
 * Draws our checks of every block's candidates, runs them, counts everybody's, and says which blocks are
 * approved: finality goes no further. Guide: Approval Voting.
 *
 * The book changes in single steps; this shell reads blocks, keeps time, runs checks and signs. What it
 * says leaves in order and is never waited for, so that nobody can wait for it in a circle.
 */
import { bytesToHex, type Clock, type Logger, LruMap, sleep, unreachable } from "@parahost/base";
import type { Keystore } from "@parahost/crypto";
import {
  approvalPayload,
  type BlockNumber,
  type CandidateHash,
  type CandidateReceipt,
  type CoreIndex,
  type Hash,
  isFeatureOn,
  type NodeFeatures,
} from "@parahost/primitives";
import { bitsAt, onesOf } from "@parahost/scale";
import type { KeyValueStore } from "@parahost/storage";
import {
  type OwnAssignment,
  type OwnAssignments,
  ownAssignments,
} from "../approval-criteria/assign.ts";
import type { ApprovalCriteria, ApprovalProfile } from "../approval-criteria/criteria.ts";
import {
  COALESCE_TICKS_MAX,
  noShowTicks,
  slotTick,
  type Tick,
  tickAt,
  tickMs,
} from "../approval-criteria/ticks.ts";
import type { ApprovalBlock } from "../approval-distribution/messages.ts";
import { type CheckOutcome, checkIncluded } from "../candidate-check.ts";
import type { Context, Job } from "../overseer/context.ts";
import type { Messages } from "../overseer/messages.ts";
import type { Signal } from "../overseer/signal.ts";
import { ApprovalBook, type Effect, type Inclusion, type OpenBlock } from "./book.ts";
import type { ApprovalVotingMessage } from "./messages.ts";
import { type ApprovalRecordColumn, OwnRecord } from "./own-record.ts";
import { type BlockRead, readBlock, unknownBlocks } from "./reading.ts";

const TARGET = "parachain::approval-voting";
/** Candidates whose check is remembered. */
const CHECKS_MAX = 1024;

export type ApprovalVotingSends =
  | "approval-distribution"
  | "availability-recovery"
  | "candidate-validation"
  | "chain-api"
  | "chain-selection"
  | "dispute-coordinator"
  | "runtime-api";
export type ApprovalVotingContext = Context<"approval-voting", ApprovalVotingSends>;

export interface ApprovalVotingDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keystore: Keystore;
  readonly store: KeyValueStore<ApprovalRecordColumn>;
  readonly profile: ApprovalProfile;
  readonly slotMs: number;
  /** A candidate is approved in this block. */
  readonly onApproved: (
    receipt: CandidateReceipt,
    headData: Uint8Array,
    relayNumber: BlockNumber,
  ) => void;
}

/** A found-valid candidate that awaits our signature. */
interface Unsigned {
  readonly inclusion: Inclusion;
  /** Signed at this tick even if nothing joins it. */
  readonly dueAt: Tick;
}

/** Beside the book, what we do about a block. */
interface Work {
  readonly read: BlockRead;
  readonly announced: Set<OwnAssignment>;
  readonly unsigned: Unsigned[];
  /** Indices of the candidates that we have approved in this block. */
  readonly voted: Set<number>;
}

/** Says and keeps count until concluded. */
export async function run(
  context: ApprovalVotingContext,
  deps: ApprovalVotingDependencies,
): Promise<void> {
  const voting = new Voting(context, deps);
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") voting.onMessage(incoming.message);
    else if (incoming.signal.type === "conclude") break;
    else await voting.onSignal(incoming.signal);
  }
  voting.stop();
}

class Voting {
  readonly #context: ApprovalVotingContext;
  readonly #deps: ApprovalVotingDependencies;
  readonly #record: OwnRecord;
  readonly #book: ApprovalBook;
  readonly #work = new Map<Hash, Work>();
  readonly #checks = new Map<CandidateHash, Job>();
  readonly #outcomes = new LruMap<CandidateHash, CheckOutcome>(CHECKS_MAX);
  #finalized: BlockNumber = 0;
  #alarm: { readonly tick: Tick; readonly job: Job } | undefined;
  #said: Promise<void> = Promise.resolve();

  constructor(context: ApprovalVotingContext, deps: ApprovalVotingDependencies) {
    this.#context = context;
    this.#deps = deps;
    this.#record = new OwnRecord(deps.store);
    this.#book = new ApprovalBook(deps.profile);
  }

  stop(): void {
    this.#alarm?.job.cancel();
    for (const job of this.#checks.values()) job.cancel();
  }

  onMessage(message: ApprovalVotingMessage): void {
    const now = this.#now();
    switch (message.type) {
      case "importAssignment": {
        const block = this.#book.block(message.blockHash);
        if (block === undefined) return;
        const { validator, candidates, cert } = message;
        this.#perform(this.#book.importAssignment(block, validator, candidates, cert, now));
        return;
      }
      case "importApproval": {
        const { blockHash, candidateIndices, validator, signature } = message.vote;
        const block = this.#book.block(blockHash);
        if (block === undefined) return;
        const indices = onesOf(candidateIndices);
        const candidateHashes = hashesAt(block, indices);
        this.#perform(
          this.#book.importApproval(block, validator, indices, { candidateHashes, signature }, now),
        );
        return;
      }
      case "approvedAncestor":
        message.reply(this.#book.approvedAncestor(message.hash, message.floor));
        return;
      case "isApproved":
        message.reply(
          this.#book
            .block(message.blockHash)
            ?.inclusions.some(
              ({ candidate, approved }) => approved && candidate.hash === message.candidateHash,
            ) === true,
        );
        return;
      case "getApprovalSignaturesForCandidate":
        message.reply(this.#book.approvalsOf(message.candidateHash));
        return;
      default:
        unreachable(message);
    }
  }

  async onSignal(signal: Exclude<Signal, { readonly type: "conclude" }>): Promise<void> {
    if (signal.type === "blockFinalized") this.#onFinalized(signal);
    else if (signal.activated !== undefined) await this.#onLeaf(signal.activated.hash);
  }

  // Blocks

  #onFinalized(finalized: { readonly hash: Hash; readonly number: BlockNumber }): void {
    this.#finalized = Math.max(this.#finalized, finalized.number);
    for (const candidate of this.#book.finalize(finalized)) {
      this.#checks.get(candidate)?.cancel();
      this.#checks.delete(candidate);
    }
    for (const hash of this.#work.keys())
      if (this.#book.block(hash) === undefined) this.#work.delete(hash);
    this.#record.prune(finalized.number);
    this.#setAlarm();
  }

  async #onLeaf(leaf: Hash): Promise<void> {
    const isKnown = (hash: Hash): boolean => this.#book.block(hash) !== undefined;
    for (const { hash, header } of await unknownBlocks(
      this.#context,
      leaf,
      this.#finalized,
      isKnown,
    )) {
      const read = await readBlock(this.#context, hash, header);
      if (read === undefined)
        this.#deps.logger.log("warn", TARGET, "a block cannot be approved: no state, or no VRF", {
          hash,
        });
      else this.#openBlock(read);
    }
    this.#drawLate();
  }

  /** Draws for blocks that were read while our keys gave no signature: a node that starts looks around first. */
  #drawLate(): void {
    for (const { read } of this.#work.values()) {
      const block = this.#book.block(read.info.hash);
      if (block === undefined || block.inclusions.some(({ story }) => story.own !== undefined))
        continue;
      const own = this.#draw(block.info, read);
      if (own.byStory.size === 0) continue;
      this.#book.assignOwn(block, own);
      this.#repeat(block);
      for (const inclusion of block.inclusions)
        this.#perform(this.#book.evaluate(inclusion, this.#now()));
    }
  }

  #draw(info: ApprovalBlock, { nodeFeatures }: BlockRead): OwnAssignments {
    const { keystore } = this.#deps;
    return ownAssignments(keystore, info.sessionInfo, info, this.#criteria(nodeFeatures));
  }

  #openBlock(read: BlockRead): void {
    const { slotMs } = this.#deps;
    const twins = [...this.#work.values()].filter(
      ({ read: other }) => other.info.slot === read.info.slot && other.author === read.author,
    );
    const info = twins.reduce((so, { read: other }) => without(so, other.info), read.info);
    const own = this.#draw(info, read);
    const block = this.#book.addBlock(
      info,
      read.candidates,
      own,
      slotTick(info.slot, slotMs),
      noShowTicks(info.sessionInfo.noShowSlots, slotMs),
    );
    this.#work.set(info.hash, { read, announced: new Set(), unsigned: [], voted: new Set() });
    this.#say("approval-distribution", { type: "newBlocks", blocks: [info] });
    this.#repeat(block);
    for (const inclusion of block.inclusions)
      this.#perform(this.#book.evaluate(inclusion, this.#now()));
    this.#perform(this.#book.approveBlock(block));
    for (const { candidateHash, extraChecks } of read.stakes)
      this.#perform(this.#book.raiseChecks(candidateHash, extraChecks, this.#now()));
    for (const twin of twins) this.#reopen(twin, read.info);
    if (read.forcedUpTo === undefined) return;
    this.#deps.logger.log("warn", TARGET, "root has approved the chain by force", {
      upTo: read.forcedUpTo,
      hash: info.hash,
    });
    this.#perform(this.#book.forceApprove(block, read.forcedUpTo));
  }

  /** The author of this block has made another one: what only one of them has is checked once more. */
  #reopen({ read }: Work, other: ApprovalBlock): void {
    const block = this.#book.block(read.info.hash);
    if (block === undefined) return;
    this.#deps.logger.log("warn", TARGET, "an author made two blocks in one slot", {
      hash: read.info.hash,
    });
    const info = without(block.info, other);
    const own = this.#draw(info, read);
    this.#book.addEquivocation(block, info, own);
    this.#say("approval-distribution", { type: "newBlocks", blocks: [info] });
    for (const inclusion of block.inclusions)
      this.#perform(this.#book.evaluate(inclusion, this.#now()));
  }

  #criteria(features: NodeFeatures): ApprovalCriteria {
    return {
      profile: this.#deps.profile,
      isCompactOn: isFeatureOn(features, "assignmentsV2"),
    };
  }

  /** What we had said about the block before a restart is said again. */
  #repeat(block: OpenBlock): void {
    const { number, hash } = block.info;
    for (const statement of this.#record.ofBlock(number, hash))
      if (statement.type === "assignment") {
        const assignment = statement.value;
        this.#say("approval-distribution", { type: "distributeAssignment", assignment });
        const { kind } = assignment.assignment.cert;
        for (const index of onesOf(assignment.claimedCandidates)) {
          const inclusion = block.inclusions[index];
          const criterion = kind.type === "equivocation" ? "equivocation" : "story";
          const own = inclusion?.[criterion]?.own;
          if (own === undefined) continue;
          this.#work.get(hash)?.announced.add(own);
          this.#count(block, own);
        }
      } else {
        const vote = statement.value;
        this.#say("approval-distribution", { type: "distributeApproval", vote });
        const indices = onesOf(vote.candidateIndices);
        for (const candidate of hashesAt(block, indices)) this.#outcomes.set(candidate, "valid");
        for (const index of indices) this.#work.get(hash)?.voted.add(index);
        this.onMessage({ type: "importApproval", vote });
      }
    // Only what no vote of ours answers is checked again.
    for (const own of this.#work.get(hash)?.announced ?? []) this.#checkAll(block, own);
  }

  // Time

  #now(): Tick {
    return tickAt(this.#deps.clock.now());
  }

  #setAlarm(): void {
    const ticks = [this.#book.wakeUps.next(), this.#nextSigning()].filter(
      (tick) => tick !== undefined,
    );
    const tick = ticks.length === 0 ? undefined : Math.min(...ticks);
    if (tick === this.#alarm?.tick) return;
    this.#alarm?.job.cancel();
    this.#alarm = undefined;
    if (tick === undefined) return;
    const { clock } = this.#deps;
    const job = this.#context.spawn("wake up", async (abort) => {
      if (!(await sleep(clock, Math.max(0, tickMs(tick) - clock.now()), abort))) return;
      this.#alarm = undefined;
      this.#wake();
    });
    this.#alarm = { tick, job };
  }

  #nextSigning(): Tick | undefined {
    let next: Tick | undefined;
    for (const { unsigned } of this.#work.values())
      for (const { dueAt } of unsigned) next = Math.min(next ?? dueAt, dueAt);
    return next;
  }

  #wake(): void {
    const now = this.#now();
    for (const inclusion of this.#book.wakeUps.due(now))
      this.#perform(this.#book.evaluate(inclusion, now));
    for (const hash of this.#work.keys()) this.#sign(hash, now);
    this.#setAlarm();
  }

  // Doing

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects)
      switch (effect.type) {
        case "trigger":
          this.#trigger(effect.block, effect.assignment);
          break;
        case "candidateApproved": {
          const { candidate, block } = effect.inclusion;
          this.#deps.onApproved(candidate.receipt, candidate.headData, block.info.number);
          break;
        }
        case "blockApproved":
          this.#say("chain-selection", { type: "approved", hash: effect.block.info.hash });
          break;
        default:
          unreachable(effect);
      }
    this.#setAlarm();
  }

  #trigger(block: OpenBlock, own: OwnAssignment): void {
    const { info } = block;
    const work = this.#work.get(info.hash);
    if (work === undefined || work.announced.has(own)) return;
    work.announced.add(own);
    const indices = indicesOf(block, own.cores);
    const assignment = {
      assignment: { blockHash: info.hash, validator: own.validator, cert: own.cert },
      claimedCandidates: bitsAt(Math.max(...indices) + 1, indices),
    };
    this.#record.add(info.number, info.hash, { type: "assignment", value: assignment });
    this.#say("approval-distribution", { type: "distributeAssignment", assignment });
    this.#count(block, own);
    this.#checkAll(block, own);
  }

  /** Our own assignment is one like others'. */
  #count(block: OpenBlock, own: OwnAssignment): void {
    const criterion = own.cert.kind.type === "equivocation" ? "equivocation" : "story";
    const cert = { tranche: own.tranche, criterion } as const;
    const indices = indicesOf(block, own.cores);
    this.#perform(this.#book.importAssignment(block, own.validator, indices, cert, this.#now()));
  }

  #checkAll(block: OpenBlock, own: OwnAssignment): void {
    for (const index of indicesOf(block, own.cores)) {
      const inclusion = block.inclusions[index];
      if (inclusion !== undefined) this.#check(inclusion);
    }
  }

  #check(inclusion: Inclusion): void {
    const { candidate, block } = inclusion;
    const known = this.#outcomes.get(candidate.hash);
    if (known !== undefined) {
      if (known === "valid") this.#approve(inclusion);
      return;
    }
    if (this.#checks.has(candidate.hash)) return;
    const job = this.#context.spawn("check", async (abort) => {
      // Whoever is silenced after announcing a check is missed; before it, nobody knows of the check.
      await this.#said;
      const outcome = await this.#outcomeOf(inclusion, abort);
      if (this.#checks.get(candidate.hash) === job) this.#checks.delete(candidate.hash);
      if (abort.aborted || outcome === "unknown" || outcome === "unavailable") return;
      this.#outcomes.set(candidate.hash, outcome);
      if (outcome === "valid") {
        for (const one of this.#book.inclusionsOf(candidate.hash)) this.#approve(one);
        return;
      }
      this.#deps.logger.log("warn", TARGET, "an included candidate is invalid", {
        candidate: candidate.hash,
      });
      this.#say("dispute-coordinator", {
        type: "issueLocalStatement",
        session: block.info.session,
        candidateReceipt: candidate.receipt,
        valid: false,
      });
    });
    this.#checks.set(candidate.hash, job);
  }

  #outcomeOf(inclusion: Inclusion, abort: AbortSignal): Promise<CheckOutcome> {
    const { block, index, candidate } = inclusion;
    const { hash, session, candidates } = block.info;
    const { core, group } = candidates[index] ?? {};
    const subject = { receipt: candidate.receipt, session, includedIn: hash, core, group };
    const isWanted = (): boolean => !inclusion.approved;
    return checkIncluded(this.#context, this.#deps.clock, subject, isWanted, abort);
  }

  // Signing

  /** We found it valid: to be signed, alone or with others of its block. */
  #approve(inclusion: Inclusion): void {
    const { block } = inclusion;
    const work = this.#work.get(block.info.hash);
    const own = [inclusion.story.own, inclusion.equivocation?.own].find(
      (assignment) => assignment !== undefined && work?.announced.has(assignment),
    );
    if (work === undefined || own === undefined) return;
    // A vote in another block does not count here.
    if (work.voted.has(inclusion.index)) return;
    if (work.unsigned.some((unsigned) => unsigned.inclusion === inclusion)) return;
    const now = this.#now();
    // Nobody is to take us for absent because we wait for company.
    const lastThird = block.blockTick + own.tranche + Math.floor((block.noShowTicks * 2) / 3);
    work.unsigned.push({ inclusion, dueAt: Math.min(now + COALESCE_TICKS_MAX, lastThird) });
    this.#sign(block.info.hash, now);
    this.#setAlarm();
  }

  #sign(hash: Hash, now: Tick): void {
    const work = this.#work.get(hash);
    const block = this.#book.block(hash);
    if (work === undefined || block === undefined) return;
    const { coalesceMax } = work.read;
    const isDue = (): boolean => work.unsigned.some(({ dueAt }) => dueAt <= now);
    while (work.unsigned.length > 0 && (work.unsigned.length >= coalesceMax || isDue())) {
      const batch = work.unsigned.splice(0, Math.max(1, coalesceMax));
      this.#signBatch(
        block,
        batch.map(({ inclusion }) => inclusion),
      );
    }
  }

  #signBatch(block: OpenBlock, inclusions: readonly Inclusion[]): void {
    const { info } = block;
    const own = inclusions[0]?.story.own ?? inclusions[0]?.equivocation?.own;
    const publicKey = own === undefined ? undefined : info.sessionInfo.validators[own.validator];
    if (own === undefined || publicKey === undefined) return;
    const indices = inclusions.map(({ index }) => index).sort((a, b) => a - b);
    const payload = approvalPayload(hashesAt(block, indices), info.session);
    const signature = this.#deps.keystore.sign("para", publicKey, payload);
    if (signature === undefined) {
      this.#deps.logger.log("warn", TARGET, "no key to approve with", {
        key: publicKey,
        payload: bytesToHex(payload),
      });
      return;
    }
    const vote = {
      blockHash: info.hash,
      candidateIndices: bitsAt(Math.max(...indices) + 1, indices),
      validator: own.validator,
      signature,
    };
    for (const index of indices) this.#work.get(info.hash)?.voted.add(index);
    this.#record.add(info.number, info.hash, { type: "vote", value: vote });
    this.#say("approval-distribution", { type: "distributeApproval", vote });
    this.onMessage({ type: "importApproval", vote });
  }

  /** In order, and without waiting: there is no more of it than candidates in open blocks. */
  #say<To extends ApprovalVotingSends>(to: To, message: Messages[To]): void {
    this.#said = this.#said.then(() => this.#context.send(to, message));
  }
}

/** The indices of the candidates that leave these cores, ascending. */
function indicesOf({ info }: OpenBlock, cores: readonly CoreIndex[]): readonly number[] {
  return [...info.candidates.keys()].filter((index) => {
    const core = info.candidates[index]?.core;
    return core !== undefined && cores.includes(core);
  });
}

function hashesAt({ inclusions }: OpenBlock, indices: readonly number[]): CandidateHash[] {
  return indices.flatMap((index) => inclusions[index]?.candidate.hash ?? []);
}

/** The block, knowing that `other` has the same slot and author. */
function without(block: ApprovalBlock, other: ApprovalBlock): ApprovalBlock {
  const theirs = new Set(other.candidates.map(({ candidate }) => candidate));
  const cores = block.candidates.filter(({ candidate }) => !theirs.has(candidate));
  return {
    ...block,
    equivocatedCores: new Set([...block.equivocatedCores, ...cores.map(({ core }) => core)]),
  };
}
