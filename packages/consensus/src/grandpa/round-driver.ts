/**
 * Goes through the rounds of an authority set and casts our votes in them. Knows nothing of peers: votes
 * come in verified, ours go out through `say`.
 *
 * What we say is written down first. A node that starts again takes up after the last round it has
 * completed, and repeats the votes it finds instead of deciding anew.
 *
 * Bounds: the present round and the one before it; votes held for unknown blocks and the next round
 * (`held-votes.ts`).
 *
 * Reference: consensus 4.4.
 */
import {
  AssertionError,
  assert,
  type Clock,
  describe,
  HostError,
  type Logger,
} from "@parahost/base";
import type { Keystore } from "@parahost/crypto";
import type {
  GrandpaEquivocationProof,
  GrandpaId,
  GrandpaStageName,
  Hash,
  RoundNumber,
  SetId,
  SignedGrandpaVote,
} from "@parahost/primitives";
import type { BlockRef } from "../block-tree.ts";
import { makeCatchUp } from "./catch-up.ts";
import { equivocationProof } from "./equivocation.ts";
import { HeldVotes } from "./held-votes.ts";
import {
  type OwnVote,
  readCompletedRound,
  readOwnVotes,
  type SaidVote,
  type VoteJournal,
  writeCompletedRound,
  writeOwnVotes,
} from "./journal.ts";
import type { GrandpaChain, SelectChain } from "./ports.ts";
import { Round, type RoundState } from "./round.ts";
import { nextStep, prevoteBase, proposalOf, type Step } from "./timeline.ts";
import { signVote } from "./vote.ts";
import type { VoteStage } from "./vote-graph.ts";
import { VoterSet } from "./voter-set.ts";
import { applyRules, type VotingRule } from "./voting-rule.ts";

/** Multiples of T after which a rule that has not answered leaves the base to vote for. */
const RULES_PATIENCE = 2;

const TARGET = "grandpa";

export interface RoundDriverPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keystore: Keystore;
  readonly chain: GrandpaChain;
  readonly selectChain: SelectChain;
  readonly journal: VoteJournal;
  /** Applied in order to the head of the best chain before each prevote. */
  readonly rules: readonly VotingRule[];
  /** T, milliseconds. */
  readonly T: number;
  mayVote(): boolean;
  /** Rounds stand still meanwhile. */
  isWaiting(): boolean;
  /** A vote of ours, written down. */
  say(vote: SaidVote): void;
  /** A round began in which we are the primary. */
  beganAsPrimary(): void;
  equivocated(proof: GrandpaEquivocationProof): void;
  /** Something happened by itself: `step` is to be called again. */
  stirred(): void;
}

/** The set in force, and who of it we are. */
export interface Session {
  readonly setId: SetId;
  readonly voters: VoterSet;
  /** `undefined` for an observer. */
  readonly id: GrandpaId | undefined;
}

interface Present {
  readonly round: Round;
  readonly startedAt: number;
  /** The round before; none at the beginning of a set. */
  readonly before: Round | undefined;
  readonly previous: RoundState;
  proposal: BlockRef | undefined;
  hasPrevoted: boolean;
  hasPrecommitted: boolean;
  /** A turn of ours passed while we might not vote. */
  hasAbstained: boolean;
  /** Since when the voting rules think about our prevote. */
  choosingSince: number | undefined;
}

export class RoundDriver {
  readonly #ports: RoundDriverPorts;
  readonly #held = new HeldVotes();
  #session: Session | undefined;
  #present: Present | undefined;
  #ownVotes: OwnVote[] = [];
  #isStopped = false;

  constructor(ports: RoundDriverPorts) {
    this.#ports = ports;
  }

  /** Nothing is decided afterwards, whatever rules still answer. */
  stop(): void {
    this.#isStopped = true;
  }

  get session(): Session | undefined {
    return this.#session;
  }

  /** The present round. */
  get round(): Round | undefined {
    return this.#present?.round;
  }

  /** The last completed round of this set. */
  get completed(): Round | undefined {
    return this.#present?.before;
  }

  /** What we said in the present round and the one before. */
  get ownVotes(): readonly SaidVote[] {
    return this.#ownVotes.flatMap((own) => this.#signed(own) ?? []);
  }

  // What comes in

  /** Whether verifying the vote would be in vain: we have it, or two others of its voter. */
  isKnown(round: RoundNumber, stage: GrandpaStageName, vote: SignedGrandpaVote): boolean {
    if (stage === "primaryPropose")
      return round !== this.round?.number || this.#present?.proposal !== undefined;
    const counted = this.#roundNumbered(round)?.votesOf(stage, vote.id) ?? [];
    const before = [...counted, ...this.#held.votesOf(round, stage, vote.id)];
    return (
      before.length >= 2 ||
      before.some(({ target }) => target.targetHash === vote.target.targetHash)
    );
  }

  /** Takes the primary's proposal for the present round; the first one counts. */
  propose(round: RoundNumber, target: BlockRef): void {
    if (this.#present?.round.number === round) this.#present.proposal ??= target;
  }

  /** Counts a verified vote or keeps it for later. False when it is of no use. */
  count(number: RoundNumber, stage: VoteStage, vote: SignedGrandpaVote): boolean {
    const round = this.#roundNumbered(number);
    const isHere = this.#ports.chain.block(vote.target.targetHash) !== undefined;
    if (!isHere || round === undefined) {
      if (number < (this.round?.number ?? 0) - 1) return false;
      this.#held.hold({ round: number, stage, vote });
      return true;
    }
    const outcome = round.add(stage, vote);
    if (outcome.type === "equivocation") {
      const place = { setId: (this.#session as Session).setId, round: number };
      this.#ports.equivocated(equivocationProof(stage, outcome.first, outcome.second, place));
    }
    return outcome.type === "counted" || outcome.type === "equivocation";
  }

  /** Counts votes that waited for this block. */
  onImported(hash: Hash): void {
    for (const { round, stage, vote } of this.#held.takeForBlock(hash))
      this.count(round, stage, vote);
  }

  #roundNumbered(number: RoundNumber): Round | undefined {
    const { round, before } = this.#present ?? {};
    return round?.number === number ? round : before?.number === number ? before : undefined;
  }

  // Sets and rounds

  /** Begins with the chain's authority set when it is not the one we work with. True if it did. */
  adoptSet(): boolean {
    const { chain, journal, keystore } = this.#ports;
    const set = chain.authoritySet();
    if (this.#session?.setId === set.setId) return false;
    const voters = VoterSet.from(set.authorities);
    assert(voters !== undefined, `nobody votes in set ${set.setId}`);
    const id = voters.voters.find((voter) => keystore.has("gran", voter.id))?.id;
    const isFirst = this.#session === undefined;
    this.#session = { setId: set.setId, voters, id };
    this.#held.clear();
    this.#ownVotes = readOwnVotes(journal).filter(({ setId }) => setId === set.setId);
    if (isFirst && this.#resume(this.#session)) return true;
    const { hash, number } = chain.finalized();
    const start = { setId: set.setId, round: 0, baseHash: hash, baseNumber: number };
    writeCompletedRound(journal, { ...start, prevotes: [], precommits: [] });
    this.#begin(1, undefined, settled({ hash, number }));
    return true;
  }

  /** Goes on after the round that the journal has as completed. False when it has none of this set. */
  #resume({ setId, voters }: Session): boolean {
    const { journal, chain } = this.#ports;
    const kept = readCompletedRound(journal);
    if (kept?.setId !== setId) return false;
    const base = { hash: kept.baseHash, number: kept.baseNumber };
    if (kept.round === 0) {
      this.#begin(1, undefined, settled(base));
      return true;
    }
    const round = new Round(kept.round, voters, base, chain);
    for (const vote of kept.prevotes) round.add("prevote", vote);
    for (const vote of kept.precommits) round.add("precommit", vote);
    if (round.state.completable) {
      this.beginAfter(round);
      return true;
    }
    // The chain lost blocks that were voted for, so the round is gone through again. We said our part
    // in it; this time we only listen.
    this.#begin(kept.round, undefined, settled(chain.finalized()));
    const present = this.#present as Present;
    present.hasPrevoted = true;
    present.hasPrecommitted = true;
    return true;
  }

  /** Goes on after a completed round, be it our present one or one that others went through. */
  beginAfter(round: Round): void {
    const { state } = round;
    assert(state.completable, `round ${round.number} is not completable`);
    const { setId } = this.#session as Session;
    writeCompletedRound(this.#ports.journal, makeCatchUp(setId, round));
    this.#begin(round.number + 1, round, state);
  }

  #begin(number: RoundNumber, before: Round | undefined, previous: RoundState): void {
    const { voters, id } = this.#session as Session;
    const { chain, clock } = this.#ports;
    const base = previous.finalized ?? before?.base;
    assert(base !== undefined, "a completable round has a finalized block");
    this.#ownVotes = this.#ownVotes.filter((vote) => vote.round >= number - 1);
    const own = this.#ownVotes.filter((vote) => vote.round === number);
    const has = (stage: GrandpaStageName): boolean => own.some((vote) => vote.stage.type === stage);
    this.#present = {
      round: new Round(number, voters, base, chain),
      startedAt: clock.now(),
      before,
      previous,
      proposal: undefined,
      hasPrevoted: has("prevote"),
      hasPrecommitted: has("precommit"),
      hasAbstained: false,
      choosingSince: undefined,
    };
    this.#held.dropBefore(number - 1);
    const said = own.flatMap((vote) => this.#signed(vote) ?? []);
    for (const { stage, vote } of said)
      if (stage.type !== "primaryPropose") this.count(number, stage.type, vote);
    for (const { stage, vote } of this.#held.takeForRound(number)) this.count(number, stage, vote);
    for (const vote of said) this.#ports.say(vote);
    if (voters.primary(number).id === id) {
      this.#ports.beganAsPrimary();
      const proposal = proposalOf(previous, chain.finalized());
      if (proposal !== undefined) this.#cast("primaryPropose", proposal);
    }
    this.#ports.stirred();
  }

  // What is due

  /** Does what is due now in the present round, one step. */
  step(): void {
    const present = this.#present;
    if (present === undefined || this.#ports.isWaiting()) return;
    this.#makeGood(present);
    const step = this.#nextStep(present);
    switch (step.type) {
      case "prevote":
        this.#prevote(present);
        break;
      case "precommit":
        present.hasPrecommitted = true;
        this.#cast("precommit", step.target);
        this.#ports.stirred();
        break;
      case "complete":
        this.beginAfter(present.round);
        break;
      case "wait":
        break;
    }
  }

  /**
   * What we did not say while we might not vote, we say now: the round may stand still for lack of it. What others heard
   * of us stays our vote.
   */
  #makeGood(present: Present): void {
    const id = this.#session?.id;
    if (!present.hasAbstained || id === undefined || !this.#ports.mayVote()) return;
    present.hasAbstained = false;
    present.hasPrevoted = present.round.hasVoted("prevote", id);
    present.hasPrecommitted = present.round.hasVoted("precommit", id);
    present.choosingSince = undefined;
  }

  /** When the passing of time alone makes something due. */
  nextDueAt(): number | undefined {
    const present = this.#present;
    if (present === undefined || this.#ports.isWaiting()) return undefined;
    if (present.choosingSince !== undefined && !present.hasPrevoted)
      return present.choosingSince + RULES_PATIENCE * this.#ports.T;
    const step = this.#nextStep(present);
    return step.type === "wait" ? step.until : undefined;
  }

  #nextStep(present: Present): Step {
    const { chain, clock, T } = this.#ports;
    const progress = { ...present, state: present.round.state };
    return nextStep(progress, clock.now(), T, chain.finalized(), chain);
  }

  #prevote(present: Present): void {
    const { clock, chain, T } = this.#ports;
    const base = prevoteBase(present.previous, present.proposal, chain.finalized(), chain);
    const say = (target: BlockRef): void => {
      if (this.#isStopped || this.#present !== present || present.hasPrevoted) return;
      present.hasPrevoted = true;
      this.#cast("prevote", target);
      this.#ports.stirred();
    };
    if (this.#session?.id === undefined) say(base);
    else if (present.choosingSince === undefined) {
      present.choosingSince = clock.now();
      // What fails in us fails as in a timer, where somebody minds: nobody waits for this promise.
      this.#chooseTarget(base)
        .then(say)
        .catch((error: unknown) => {
          clock.setTimer(0, () => {
            throw error;
          });
        });
    } else if (clock.now() >= present.choosingSince + RULES_PATIENCE * T) {
      this.#warn(`voting rules do not answer in round ${present.round.number}`);
      say(base);
    }
  }

  /** What to prevote for: the best chain over `base`, as far as the rules and the authority set allow. */
  async #chooseTarget(base: BlockRef): Promise<BlockRef> {
    const { chain, selectChain, rules } = this.#ports;
    try {
      const best = await selectChain.bestContaining(base.hash);
      const path = best === undefined ? undefined : chain.path(base, best);
      if (best === undefined || path === undefined) return base;
      const limit = chain.finalityLimit(best.hash) ?? best.number;
      const height = Math.min(best.number, limit) - base.number;
      if (height <= 0) return base;
      const target = { hash: path[height - 1] as Hash, number: base.number + height };
      return await applyRules(rules, { base, best, target, chain });
    } catch (error) {
      // A subsystem that fails leaves us without its answer; what is broken in us is not passed over.
      if (error instanceof AssertionError) throw error;
      this.#warn(`voting rule failed: ${describe(error)}`);
      return base;
    }
  }

  /** Says our vote, once it is written down. */
  #cast(stage: GrandpaStageName, target: BlockRef): void {
    const { journal, mayVote, say } = this.#ports;
    const { setId, id } = this.#session as Session;
    const present = this.#present as Present;
    const round = present.round.number;
    if (id === undefined) return;
    if (!mayVote()) {
      present.hasAbstained = true;
      return;
    }
    if (this.#ownVotes.some((own) => own.round === round && own.stage.type === stage)) return;
    // A vote of ours that others know and we do not: another one would contradict it.
    if (stage !== "primaryPropose" && present.round.hasVoted(stage, id)) return;
    const { hash: targetHash, number: targetNumber } = target;
    const own = { setId, round, stage: { type: stage }, target: { targetHash, targetNumber } };
    this.#ownVotes.push(own);
    try {
      writeOwnVotes(journal, this.#ownVotes);
    } catch (error) {
      // What is not written down is not said.
      if (!(error instanceof HostError)) throw error;
      this.#warn(`no vote in round ${round}: ${describe(error)}`);
      return;
    }
    const said = this.#signed(own);
    if (said === undefined) return;
    if (stage === "primaryPropose") this.propose(round, target);
    else this.count(round, stage, said.vote);
    say(said);
  }

  /** `undefined` when the keystore has our key no more. */
  #signed(own: OwnVote): SaidVote | undefined {
    const { id } = this.#session as Session;
    const { targetHash: hash, targetNumber: number } = own.target;
    const target = { hash, number };
    const vote = id && signVote(this.#ports.keystore, id, own.stage.type, target, own);
    return vote && { ...own, vote };
  }

  #warn(message: string): void {
    this.#ports.logger.log("warn", TARGET, message);
  }
}

/** The round before the first, at which everything up to `block` is decided. */
const settled = (block: BlockRef): RoundState => ({
  prevoteGhost: block,
  estimate: block,
  finalized: block,
  completable: true,
});
