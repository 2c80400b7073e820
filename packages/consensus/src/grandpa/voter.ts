/**
 * A GRANDPA voter among its peers: takes in their messages, goes through the rounds, finalizes, and
 * brings others along. A node without a key in the set runs it too and merely casts no vote.
 *
 * The voter decides little by itself: `round-driver.ts` casts our votes, `gossip.ts` says what is worth
 * hearing and who wants to hear it, `justification.ts` what is proven. Every event, be it a message, a
 * block, finality or a timer, ends in `#advance`, which does what is due until nothing is.
 *
 * Messages may be lost. So every `REPEAT_AT` the voter says again where it stands, and, when its round
 * has not moved, what it has said; to one peer it then says everything it heard.
 *
 * Reference: consensus 4.3, 4.5–4.7, 4.9.
 */
import {
  assert,
  type Clock,
  err,
  type Logger,
  ok,
  type Random,
  type Result,
  randomBelow,
  randomUnit,
  shuffle,
  type Timer,
} from "@parahost/base";
import type { Keystore, SignatureVerifier } from "@parahost/crypto";
import {
  type GrandpaCatchUp,
  type GrandpaCatchUpRequest,
  type GrandpaCommitMessage,
  GrandpaGossip,
  type GrandpaId,
  type GrandpaNeighborPacket,
  type GrandpaStageName,
  type GrandpaVoteMessage,
  type Hash,
  type RoundNumber,
  type SignedGrandpaVote,
} from "@parahost/primitives";
import { encode, tryDecode } from "@parahost/scale";
import type { BlockRef } from "../block-tree.ts";
import { makeCatchUp, verifyCatchUp } from "./catch-up.ts";
import { type Commit, Commits } from "./commits.ts";
import {
  CATCH_UP_ROUNDS,
  judgeNeighbor,
  judgePlace,
  judgeVotePlace,
  type Peer,
  Peers,
  type View,
  wantsVotes,
} from "./gossip.ts";
import type { SaidVote, VoteJournal } from "./journal.ts";
import { makeJustification, verifyCommit } from "./justification.ts";
import {
  ACCEPT,
  type GrandpaChain,
  type GrandpaHooks,
  type GrandpaNetwork,
  type GrandpaPeer,
  ignore,
  punish,
  type SelectChain,
  type Verdict,
} from "./ports.ts";
import { type Round, targetOf } from "./round.ts";
import { RoundDriver } from "./round-driver.ts";
import { gossipDurationMs } from "./timeline.ts";
import { isSignedVote } from "./vote.ts";
import type { VotingRule } from "./voting-rule.ts";

const TARGET = "grandpa";

// Multiples of T.
const REPEAT_AT = 6;
/** The commit is sent at a random moment up to here, unless somebody else was quicker. */
const COMMIT_DELAY_MAX = 2;
/** Before another peer is asked for the rounds we missed, and before the same one is. */
const CATCH_UP_PATIENCE = 6;
const CATCH_UP_AGAIN = 12;
/** Questions of one peer that come quicker are not answered; a little less than it waits itself. */
const CATCH_UP_ANSWER_AGAIN = 10;
/** Between two requests for the justification that ends our set. */
const JUSTIFICATION_AGAIN = 12;

/** Forks on which the end of our set is asked for at one time. */
const JUSTIFICATIONS_ASKED_MAX = 16;

export interface GrandpaVoterPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly keystore: Keystore;
  readonly verifier: SignatureVerifier;
  readonly network: GrandpaNetwork;
  readonly chain: GrandpaChain;
  readonly selectChain: SelectChain;
  readonly journal: VoteJournal;
  readonly hooks?: GrandpaHooks;
}

export interface GrandpaVoterOptions {
  readonly slotDurationMs: number;
  /** Applied in order to the head of the best chain before each prevote. */
  readonly rules?: readonly VotingRule[];
}

/** Who has voted in the present round. */
export interface RoundStatus {
  readonly round: RoundNumber;
  readonly totalWeight: number;
  readonly threshold: number;
  readonly prevoters: readonly GrandpaId[];
  readonly precommitters: readonly GrandpaId[];
}

export class GrandpaVoter {
  readonly #ports: GrandpaVoterPorts;
  /** T, milliseconds. */
  readonly #T: number;
  readonly #peers = new Peers();
  readonly #commits = new Commits();
  readonly #driver: RoundDriver;
  #catchUpAskedAt: number | undefined;
  #justificationAskedAt: number | undefined;
  #announced: View | undefined;
  #repeatedRound: RoundNumber | undefined;
  #stepTimer: Timer | undefined;
  #repeatTimer: Timer | undefined;
  #isRunning = false;
  #isAdvancing = false;
  #advanceAgain = false;

  constructor(ports: GrandpaVoterPorts, options: GrandpaVoterOptions) {
    this.#ports = ports;
    this.#T = gossipDurationMs(options.slotDurationMs);
    const { clock, logger, keystore, chain, selectChain, journal, hooks } = ports;
    this.#driver = new RoundDriver({
      clock,
      logger,
      keystore,
      chain,
      selectChain,
      journal,
      rules: options.rules ?? [],
      T: this.#T,
      mayVote: () => hooks?.mayVote?.() !== false,
      isWaiting: () => hooks?.isWaiting?.() === true,
      say: (own) => this.#sendOwn(own, this.#peers.all()),
      beganAsPrimary: () => this.#sendCommits(),
      equivocated: (proof) => {
        logger.log("warn", TARGET, "a voter equivocated", { proof });
        hooks?.reportEquivocation?.(proof);
      },
      stirred: () => this.#advance(),
    });
  }

  /** Takes up the work where the journal says it was left. */
  start(): void {
    assert(!this.#isRunning, "the voter runs already");
    this.#isRunning = true;
    this.#advance();
    this.#repeatLater();
  }

  /** Ends all timers; nothing is said or done afterwards. */
  stop(): void {
    this.#isRunning = false;
    this.#driver.stop();
    this.#stepTimer?.cancel();
    this.#repeatTimer?.cancel();
  }

  /** Set, round and finality as told to peers. */
  get view(): View {
    return {
      setId: this.#driver.session?.setId ?? 0,
      round: this.#driver.round?.number ?? 0,
      finalized: this.#ports.chain.finalized().number,
    };
  }

  /** Votes of the present round, for status reports. */
  roundStatus(): RoundStatus | undefined {
    const { round } = this.#driver;
    if (round === undefined) return undefined;
    const { threshold, totalWeight, voters } = round.voters;
    const having = (stage: "prevote" | "precommit"): GrandpaId[] =>
      voters.filter(({ id }) => round.hasVoted(stage, id)).map(({ id }) => id);
    const [prevoters, precommitters] = [having("prevote"), having("precommit")];
    return { round: round.number, totalWeight, threshold, prevoters, precommitters };
  }

  // Events

  onPeerConnected(peer: GrandpaPeer): void {
    if (this.#peers.get(peer) !== undefined) return;
    this.#peers.add(peer);
    if (this.#isRunning) this.#ports.network.sendTo(peer, this.#neighborPacket());
  }

  onPeerDisconnected(peer: GrandpaPeer): void {
    this.#peers.remove(peer);
  }

  /** To be called after each imported block: votes may have waited for it. */
  onImported(hash: Hash): void {
    if (!this.#isRunning) return;
    this.#driver.onImported(hash);
    for (const { message, bytes } of this.#commits.takeForBlock(hash))
      this.#considerCommit(message, bytes, undefined);
    this.#advance();
  }

  /** To be called after finality moved, by us or by a justification from elsewhere. */
  onFinalized(): void {
    this.#advance();
  }

  /** A notification of the `grandpa/1` protocol. */
  onMessage(name: GrandpaPeer, bytes: Uint8Array): Verdict {
    const peer = this.#peers.get(name);
    if (peer === undefined || !this.#isRunning) return ignore("not connected");
    const decoded = tryDecode(GrandpaGossip, bytes);
    if (!decoded.ok) return punish("major", `undecodable: ${decoded.error.message}`);
    const message = decoded.value;
    switch (message.type) {
      case "vote":
        return this.#onVote(peer, message.value, bytes);
      case "commit":
        return this.#onCommit(peer, message.value, bytes);
      case "neighbor":
        return this.#onNeighbor(peer, message.value.value);
      case "catchUpRequest":
        return this.#onCatchUpRequest(peer, message.value);
      case "catchUp":
        return this.#onCatchUp(peer, message.value);
    }
  }

  // Votes

  #onVote(peer: Peer, { setId, round, message }: GrandpaVoteMessage, bytes: Uint8Array): Verdict {
    const driver = this.#driver;
    const { session } = driver;
    if (session === undefined) return ignore("no authority set");
    const verdict = judgeVotePlace(this.view, peer.view, { setId, round });
    if (verdict.type !== "accept") return verdict;
    const stage = message.message.type;
    const { signature, id } = message;
    const vote: SignedGrandpaVote = { target: message.message.value, signature, id };
    const name = voteName(round, stage, vote);
    peer.known.set(name, true);
    if (session.voters.voter(id) === undefined) return punish("major", "unknown voter");
    if (stage === "primaryPropose" && session.voters.primary(round).id !== id)
      return punish("minor", "proposal by another than the primary");
    if (driver.isKnown(round, stage, vote)) return ignore("known vote");
    if (!isSignedVote(stage, vote, { setId, round }, this.#ports.verifier))
      return punish("major", "bad signature");
    const { targetHash, targetNumber } = vote.target;
    const block = this.#ports.chain.block(targetHash);
    if (block !== undefined && block.number !== targetNumber)
      return punish("major", "number of another block");
    if (block === undefined) this.#ports.hooks?.requestBlock?.(targetHash, peer.name);
    if (stage === "primaryPropose") driver.propose(round, targetOf(vote));
    else if (!driver.count(round, stage, vote)) return ignore("not counted");
    this.#forward(setId, round, name, bytes);
    this.#advance();
    return ACCEPT;
  }

  /** Hands a vote on to a few of those who may lack it; the others hear it from them or its voter. */
  #forward(setId: number, round: RoundNumber, name: string, bytes: Uint8Array): void {
    const wanting = this.#peers.wantingVotes(setId, round).filter(({ known }) => !known.has(name));
    const fanOut = Math.ceil(Math.sqrt(this.#peers.size));
    const chosen = shuffle(this.#ports.random, wanting).slice(0, fanOut);
    for (const { known } of chosen) known.set(name, true);
    this.#gossip(chosen, bytes);
  }

  #sendOwn({ setId, round, stage, vote }: SaidVote, peers: readonly Peer[]): void {
    const wanting = peers.filter(
      ({ view }) => view === undefined || wantsVotes(view, setId, round),
    );
    this.#sendVote(wanting, round, stage.type, vote);
  }

  #sendVote(
    peers: readonly Peer[],
    round: RoundNumber,
    stage: GrandpaStageName,
    vote: SignedGrandpaVote,
  ): void {
    if (peers.length === 0) return;
    const name = voteName(round, stage, vote);
    for (const { known } of peers) known.set(name, true);
    const { target: value, signature, id } = vote;
    const message = { message: { type: stage, value }, signature, id };
    const { setId } = this.view;
    this.#gossip(peers, encode(GrandpaGossip, { type: "vote", value: { round, setId, message } }));
  }

  // Commits

  #onCommit(peer: Peer, message: GrandpaCommitMessage, bytes: Uint8Array): Verdict {
    const { chain, verifier } = this.#ports;
    const { setId, commit } = message;
    const verdict = judgePlace(this.view, message);
    if (verdict.type !== "accept") return verdict;
    if (commit.targetNumber > chain.finalized().number)
      return this.#considerCommit(message, bytes, peer);
    // It is old news; but a good one spares us sending our own.
    const { unsent } = this.#commits;
    const { session } = this.#driver;
    if (session === undefined || unsent?.setId !== setId) return ignore("not newer");
    if (unsent.target.hash !== commit.targetHash) return ignore("not newer");
    const valid = verifyCommit(commit, message, session.voters, verifier, chain);
    if (!valid.ok) return punish("major", valid.error.code);
    this.#commits.spare();
    return ACCEPT;
  }

  #considerCommit(
    message: GrandpaCommitMessage,
    bytes: Uint8Array,
    peer: Peer | undefined,
  ): Verdict {
    const { chain, verifier, hooks } = this.#ports;
    const { setId, round, commit } = message;
    const { session } = this.#driver;
    if (session?.setId !== setId) return ignore("another set");
    if (commit.targetNumber <= chain.finalized().number) return ignore("not newer");
    const valid = verifyCommit(commit, { setId, round }, session.voters, verifier, chain);
    if (!valid.ok) {
      if (valid.error.code !== "unknownBlocks") return punish("major", valid.error.code);
      const missing = new Set(valid.error.hashes);
      this.#commits.hold({ message, bytes, missing });
      if (peer !== undefined) for (const hash of missing) hooks?.requestBlock?.(hash, peer.name);
      return ACCEPT;
    }
    const target = { hash: commit.targetHash, number: commit.targetNumber };
    const finalized = this.#finalize(round, target, commit.precommits);
    if (!finalized.ok) return ignore(finalized.error.code);
    const good = { setId, round, target, bytes };
    this.#commits.note(good);
    this.#sendCommit(good);
    this.#advance();
    return ACCEPT;
  }

  /** Finalizes what the precommits of a round prove, and prepares the commit that tells others. */
  #finalizeProven(round: Round): void {
    const { chain, clock, random } = this.#ports;
    const proven = round.finalizable();
    if (proven === undefined || proven.target.number <= chain.finalized().number) return;
    const { setId } = this.view;
    const { target, precommits } = proven;
    if (!this.#finalize(round.number, target, precommits).ok) return;
    const commit = { targetHash: target.hash, targetNumber: target.number, precommits };
    const value = { round: round.number, setId, commit };
    const bytes = encode(GrandpaGossip, { type: "commit", value });
    const dueAt = clock.now() + randomUnit(random) * COMMIT_DELAY_MAX * this.#T;
    this.#commits.sendAt({ setId, round: round.number, target, bytes }, dueAt);
    this.#advance();
  }

  /** Makes the block final with votes that are known to suffice. */
  #finalize(
    round: RoundNumber,
    target: BlockRef,
    precommits: readonly SignedGrandpaVote[],
  ): Result<void, { readonly code: string }> {
    const { chain, logger } = this.#ports;
    if (chain.path(chain.finalized(), target) === undefined)
      return err({ code: "off the finalized chain" });
    const justification = makeJustification(round, target, precommits, chain);
    if (justification === undefined) return err({ code: "not provable to others" });
    const finalized = chain.finalize(justification);
    if (!finalized.ok) return finalized;
    logger.log("debug", TARGET, "finalized", { round, number: target.number, hash: target.hash });
    return ok(undefined);
  }

  #sendCommit({ setId, target, bytes }: Commit): void {
    this.#gossip(this.#peers.wantingCommit(setId, target.number), bytes);
  }

  /** The last commits, to those whose finality is behind. */
  #sendCommits(): void {
    for (const commit of this.#commits.last) this.#sendCommit(commit);
  }

  // Neighbours

  #onNeighbor(peer: Peer, packet: GrandpaNeighborPacket): Verdict {
    const verdict = judgeNeighbor(peer.view, packet);
    if (verdict.type === "punish") return verdict;
    const { setId, round, commitFinalizedHeight: finalized } = packet;
    const before = peer.view;
    peer.view = { setId, round, finalized };
    const ours = this.view;
    if (setId === ours.setId && round >= ours.round + CATCH_UP_ROUNDS)
      this.#askForCatchUp(peer, round - 1);
    if (setId > ours.setId) this.#askForJustification();
    if (verdict.type === "ignore") return verdict;
    // What it could not use before it can use now. Of what else it lacks the voters remind it.
    const wasNear = before !== undefined && wantsVotes(before, ours.setId, ours.round);
    if (!wasNear) for (const own of this.#driver.ownVotes) this.#sendOwn(own, [peer]);
    for (const commit of this.#commits.last)
      if (commit.setId === setId && commit.target.number > finalized)
        this.#gossip([peer], commit.bytes);
    return ACCEPT;
  }

  /** Others are past our set: the proof that ends it must be fetched, since we cannot judge theirs. */
  #askForJustification(): void {
    const { chain, clock, hooks } = this.#ports;
    if (isWithin(this.#justificationAskedAt, clock.now(), JUSTIFICATION_AGAIN * this.#T)) return;
    const blocks = chain.changeBlocks();
    if (blocks.length > 0) this.#justificationAskedAt = clock.now();
    for (const block of blocks.slice(0, JUSTIFICATIONS_ASKED_MAX))
      hooks?.requestJustification?.(block);
  }

  // Catching up

  #askForCatchUp(peer: Peer, round: RoundNumber): void {
    const now = this.#ports.clock.now();
    if (isWithin(this.#catchUpAskedAt, now, CATCH_UP_PATIENCE * this.#T)) return;
    if (isWithin(peer.askedAt, now, CATCH_UP_AGAIN * this.#T)) return;
    this.#catchUpAskedAt = now;
    peer.askedAt = now;
    const value = { round, setId: this.view.setId };
    this.#gossip([peer], encode(GrandpaGossip, { type: "catchUpRequest", value }));
  }

  #onCatchUpRequest(peer: Peer, { setId, round }: GrandpaCatchUpRequest): Verdict {
    const { completed } = this.#driver;
    if (setId !== this.view.setId) return ignore("catch-up for another set");
    const now = this.#ports.clock.now();
    if (isWithin(peer.answeredAt, now, CATCH_UP_ANSWER_AGAIN * this.#T))
      return punish("minor", "catch-up asked too often");
    if (completed === undefined || completed.number < round)
      return ignore("round is not completed here");
    peer.answeredAt = now;
    const value = makeCatchUp(setId, completed);
    this.#gossip([peer], encode(GrandpaGossip, { type: "catchUp", value }));
    return ACCEPT;
  }

  #onCatchUp(peer: Peer, message: GrandpaCatchUp): Verdict {
    if (peer.askedAt === undefined) return punish("major", "catch-up not asked for");
    const { chain, verifier, hooks } = this.#ports;
    const { session } = this.#driver;
    if (session?.setId !== message.setId) return ignore("catch-up of another set");
    if (message.round < this.view.round) return ignore("catch-up not needed any more");
    const caughtUp = verifyCatchUp(message, session.voters, verifier, chain);
    if (!caughtUp.ok) {
      if (caughtUp.error.code !== "unknownBlocks") return punish("major", caughtUp.error.code);
      for (const hash of caughtUp.error.hashes) hooks?.requestBlock?.(hash, peer.name);
      return ignore("catch-up about unknown blocks");
    }
    this.#catchUpAskedAt = undefined;
    this.#driver.beginAfter(caughtUp.value);
    return ACCEPT;
  }

  // Doing what is due

  /** Does everything that is due now. What happens meanwhile only asks for another turn. */
  #advance(): void {
    if (!this.#isRunning) return;
    this.#advanceAgain = true;
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    const driver = this.#driver;
    while (this.#advanceAgain) {
      this.#advanceAgain = false;
      if (driver.adoptSet()) {
        this.#commits.dropHeld();
        this.#catchUpAskedAt = undefined;
      }
      for (const round of [driver.completed, driver.round])
        if (round !== undefined && !this.#advanceAgain) this.#finalizeProven(round);
      if (!this.#advanceAgain) driver.step();
    }
    const commit = this.#commits.takeDue(this.#ports.clock.now());
    if (commit !== undefined) this.#sendCommit(commit);
    this.#isAdvancing = false;
    this.#announce();
    this.#schedule();
  }

  #schedule(): void {
    this.#stepTimer?.cancel();
    this.#stepTimer = undefined;
    const { clock } = this.#ports;
    const due = [this.#commits.dueAt, this.#driver.nextDueAt()].filter((at) => at !== undefined);
    if (due.length === 0) return;
    const delay = Math.max(0, Math.min(...due) - clock.now());
    this.#stepTimer = clock.setTimer(delay, () => this.#advance());
  }

  #repeatLater(): void {
    this.#repeatTimer = this.#ports.clock.setTimer(REPEAT_AT * this.#T, () => {
      this.#repeat();
      this.#repeatLater();
    });
  }

  /** Says again what may have been lost. */
  #repeat(): void {
    const { completed, round, ownVotes } = this.#driver;
    this.#gossip(this.#peers.all(), this.#neighborPacket());
    this.#sendCommits();
    if (round !== undefined && this.#repeatedRound === round.number) {
      for (const own of ownVotes) this.#sendOwn(own, this.#peers.all());
      const near = this.#peers.wantingVotes(this.view.setId, round.number);
      const one = near[randomBelow(this.#ports.random, Math.max(1, near.length))];
      if (one !== undefined)
        for (const votes of completed === undefined ? [round] : [completed, round])
          for (const stage of ["prevote", "precommit"] as const)
            for (const vote of votes.votes(stage)) this.#sendVote([one], votes.number, stage, vote);
    }
    this.#repeatedRound = round?.number;
  }

  /** Tells everybody when set, round or finality changed. */
  #announce(): void {
    const { view } = this;
    const last = this.#announced;
    const isSame =
      last?.setId === view.setId && last.round === view.round && last.finalized === view.finalized;
    if (isSame) return;
    this.#announced = view;
    this.#gossip(this.#peers.all(), this.#neighborPacket());
  }

  #neighborPacket(): Uint8Array {
    const { setId, round, finalized } = this.view;
    const value = { round, setId, commitFinalizedHeight: finalized };
    return encode(GrandpaGossip, { type: "neighbor", value: { type: "v1", value } });
  }

  #gossip(peers: readonly Peer[], bytes: Uint8Array): void {
    const { network } = this.#ports;
    const [first, second] = peers;
    if (first === undefined) return;
    if (second === undefined) network.sendTo(first.name, bytes);
    else
      network.gossip(
        peers.map(({ name }) => name),
        bytes,
      );
  }
}

const voteName = (round: RoundNumber, stage: GrandpaStageName, vote: SignedGrandpaVote): string =>
  `${round} ${stage} ${vote.id} ${vote.target.targetHash}`;

const isWithin = (since: number | undefined, now: number, span: number): boolean =>
  since !== undefined && now < since + span;
