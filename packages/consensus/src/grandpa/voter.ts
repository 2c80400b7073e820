/**
 * A GRANDPA voter: takes part in round after round, finalizes, and brings others along. A node without a
 * key in the set runs it too and merely says nothing of its own.
 *
 * The voter decides nothing by itself: rounds count votes (`round.ts`), the timeline says what is due
 * (`timeline.ts`), gossip says who may hear it (`gossip.ts`). Every event, be it a message, a block,
 * finality or a timer, ends in `#advance`, which carries out what is due until nothing is.
 *
 * Messages may be lost. So every `REPEAT_AT` the voter says again where it stands and, when its round
 * has not moved, what it has said; to one peer it says everything it heard.
 *
 * Bounds: two rounds of votes, votes held for unknown blocks and the next round (`held-votes.ts`),
 * `HELD_COMMITS_MAX` commits, one commit each of the present and the last set, a view for each peer.
 *
 * Reference: consensus 4.3–4.9.
 */
import {
  AssertionError,
  assert,
  type Clock,
  describe,
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
  type SetId,
  type SignedGrandpaVote,
} from "@parahost/primitives";
import { encode, tryDecode } from "@parahost/scale";
import type { BlockRef } from "../block-tree.ts";
import { makeCatchUp, verifyCatchUp } from "./catch-up.ts";
import { equivocationProof } from "./equivocation.ts";
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
import { HeldVotes } from "./held-votes.ts";
import {
  type OwnVote,
  readCompletedRound,
  readOwnVotes,
  type VoteJournal,
  writeCompletedRound,
  writeOwnVotes,
} from "./journal.ts";
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
import { Round, type RoundState, targetOf } from "./round.ts";
import { gossipDurationMs, nextStep, prevoteBase, proposalOf } from "./timeline.ts";
import { isSignedVote, signVote } from "./vote.ts";
import type { VoteStage } from "./vote-graph.ts";
import { VoterSet } from "./voter-set.ts";
import { applyRules, type VotingRule } from "./voting-rule.ts";

const TARGET = "grandpa";

// Multiples of T.
const REPEAT_AT = 6;
/** A rule that has not answered by then leaves the base to vote for. */
const RULES_PATIENCE = 2;
/** The commit is sent at a random moment up to here, unless somebody else was quicker. */
const COMMIT_DELAY_MAX = 2;
/** Before another peer is asked for the rounds we missed, and before the same one is. */
const CATCH_UP_PATIENCE = 6;
const CATCH_UP_AGAIN = 12;
/** Questions of one peer that come quicker are not answered; a little less than it waits itself. */
const CATCH_UP_ANSWER_AGAIN = 10;
/** Between two requests for the justification that ends our set. */
const JUSTIFICATION_AGAIN = 12;

const HELD_COMMITS_MAX = 16;

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

/** The set in force, and who of it we are. */
interface Session {
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
  /** Since when the voting rules think about our prevote. */
  choosingSince: number | undefined;
}

interface Commit {
  readonly setId: SetId;
  readonly round: RoundNumber;
  readonly target: BlockRef;
  readonly bytes: Uint8Array;
}

interface HeldCommit {
  readonly message: GrandpaCommitMessage;
  readonly bytes: Uint8Array;
  readonly missing: ReadonlySet<Hash>;
}

export class GrandpaVoter {
  readonly #ports: GrandpaVoterPorts;
  readonly #rules: readonly VotingRule[];
  /** T, milliseconds. */
  readonly #T: number;
  readonly #peers = new Peers();
  readonly #held = new HeldVotes();
  #heldCommits: HeldCommit[] = [];
  #session: Session | undefined;
  #present: Present | undefined;
  #ownVotes: OwnVote[] = [];
  /** The last commit we made or took, of this set and of the one before. */
  #commits: Commit[] = [];
  /** Our own, waiting for its moment. */
  #unsentCommit: { readonly commit: Commit; readonly dueAt: number } | undefined;
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
    this.#rules = options.rules ?? [];
    this.#T = gossipDurationMs(options.slotDurationMs);
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
    this.#stepTimer?.cancel();
    this.#repeatTimer?.cancel();
  }

  /** Set, round and finality as told to peers. */
  get view(): View {
    return {
      setId: this.#session?.setId ?? 0,
      round: this.#present?.round.number ?? 0,
      finalized: this.#ports.chain.finalized().number,
    };
  }

  /** Votes of the present round, for status reports. */
  roundStatus(): RoundStatus | undefined {
    const { round } = this.#present ?? {};
    if (round === undefined) return undefined;
    const { threshold, totalWeight } = round.voters;
    const [prevoters, precommitters] = (["prevote", "precommit"] as const).map((stage) =>
      round.voters.voters.filter(({ id }) => round.hasVoted(stage, id)).map(({ id }) => id),
    ) as [GrandpaId[], GrandpaId[]];
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
    for (const held of this.#held.takeForBlock(hash))
      this.#count(held.round, held.stage, held.vote);
    const ready = this.#heldCommits.filter(({ missing }) => missing.has(hash));
    this.#heldCommits = this.#heldCommits.filter((held) => !ready.includes(held));
    for (const { message, bytes } of ready) this.#considerCommit(message, bytes, undefined);
    this.#advance();
  }

  /** To be called after finality moved, by us or by a justification from elsewhere. */
  onFinalized(): void {
    if (this.#isRunning) this.#advance();
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
    const session = this.#session;
    if (session === undefined) return ignore("no authority set");
    const verdict = judgeVotePlace(this.view, { setId, round });
    if (verdict.type !== "accept") return verdict;
    const stage = message.message.type;
    const vote: SignedGrandpaVote = {
      target: message.message.value,
      signature: message.signature,
      id: message.id,
    };
    const name = voteName(round, stage, vote);
    peer.known.set(name, true);
    if (session.voters.voter(vote.id) === undefined) return punish("major", "unknown voter");
    if (stage === "primaryPropose" && session.voters.primary(round).id !== vote.id)
      return punish("minor", "proposal by another than the primary");
    if (this.#isKnown(round, stage, vote)) return ignore("known vote");
    if (!isSignedVote(stage, vote, { setId, round }, this.#ports.verifier))
      return punish("major", "bad signature");
    const block = this.#ports.chain.block(vote.target.targetHash);
    if (block !== undefined && block.number !== vote.target.targetNumber)
      return punish("major", "number of another block");
    if (stage === "primaryPropose") this.#propose(round, targetOf(vote));
    else {
      if (block === undefined) this.#ports.hooks?.requestBlock?.(vote.target.targetHash, peer.name);
      if (!this.#count(round, stage, vote)) return ignore("not counted");
    }
    this.#forward(setId, round, name, bytes);
    this.#advance();
    return ACCEPT;
  }

  /** Whether verifying the vote would be in vain: we have it, or two others of its voter. */
  #isKnown(round: RoundNumber, stage: GrandpaStageName, vote: SignedGrandpaVote): boolean {
    if (stage === "primaryPropose")
      return round !== this.#present?.round.number || this.#present.proposal !== undefined;
    const counted = this.#roundNumbered(round)?.votesOf(stage, vote.id) ?? [];
    const before = [...counted, ...this.#held.votesOf(round, stage, vote.id)];
    return (
      before.length >= 2 ||
      before.some(({ target }) => target.targetHash === vote.target.targetHash)
    );
  }

  #roundNumbered(number: RoundNumber): Round | undefined {
    const { round, before } = this.#present ?? {};
    return round?.number === number ? round : before?.number === number ? before : undefined;
  }

  #propose(round: RoundNumber, target: BlockRef): void {
    if (this.#present?.round.number === round) this.#present.proposal ??= target;
  }

  /** Counts a verified vote or keeps it for later. False when it is of no use. */
  #count(number: RoundNumber, stage: VoteStage, vote: SignedGrandpaVote): boolean {
    const round = this.#roundNumbered(number);
    const isHere = this.#ports.chain.block(vote.target.targetHash) !== undefined;
    if (!isHere || round === undefined) {
      if (number < (this.#present?.round.number ?? 0) - 1) return false;
      this.#held.hold({ round: number, stage, vote });
      return true;
    }
    const outcome = round.add(stage, vote);
    if (outcome.type === "equivocation") {
      const place = { setId: (this.#session as Session).setId, round: number };
      const proof = equivocationProof(stage, outcome.first, outcome.second, place);
      this.#log("warn", "equivocation", { stage, round: number, voter: vote.id });
      this.#ports.hooks?.reportEquivocation?.(proof);
    }
    return outcome.type === "counted" || outcome.type === "equivocation";
  }

  /** Hands a vote on to a few of those who may lack it; the others hear it from them or its voter. */
  #forward(setId: SetId, round: RoundNumber, name: string, bytes: Uint8Array): void {
    const wanting = this.#peers.wantingVotes(setId, round).filter(({ known }) => !known.has(name));
    const fanOut = Math.ceil(Math.sqrt(this.#peers.names().length));
    const chosen = shuffle(this.#ports.random, wanting).slice(0, fanOut);
    for (const { known } of chosen) known.set(name, true);
    if (chosen.length > 0)
      this.#ports.network.gossip(
        chosen.map((peer) => peer.name),
        bytes,
      );
  }

  // Commits

  #onCommit(peer: Peer, message: GrandpaCommitMessage, bytes: Uint8Array): Verdict {
    const { setId, commit } = message;
    const verdict = judgePlace(this.view, message);
    if (verdict.type !== "accept") return verdict;
    const finalized = this.#ports.chain.finalized();
    if (commit.targetNumber > finalized.number) return this.#considerCommit(message, bytes, peer);
    // It is old news; but a good one spares us sending our own.
    const unsent = this.#unsentCommit?.commit;
    if (unsent === undefined || unsent.setId !== setId) return ignore("not newer");
    if (unsent.target.hash !== commit.targetHash) return ignore("not newer");
    const { voters } = this.#session as Session;
    const valid = verifyCommit(commit, message, voters, this.#ports.verifier, this.#ports.chain);
    if (!valid.ok) return punish("major", valid.error.code);
    this.#unsentCommit = undefined;
    return ACCEPT;
  }

  #considerCommit(
    message: GrandpaCommitMessage,
    bytes: Uint8Array,
    peer: Peer | undefined,
  ): Verdict {
    const { chain, verifier, hooks } = this.#ports;
    const { setId, round, commit } = message;
    const session = this.#session;
    if (session?.setId !== setId) return ignore("another set");
    if (commit.targetNumber <= chain.finalized().number) return ignore("not newer");
    const valid = verifyCommit(commit, { setId, round }, session.voters, verifier, chain);
    if (!valid.ok) {
      if (valid.error.code !== "unknownBlocks") return punish("major", valid.error.code);
      const missing = new Set(valid.error.hashes);
      this.#heldCommits.push({ message, bytes, missing });
      if (this.#heldCommits.length > HELD_COMMITS_MAX) this.#heldCommits.shift();
      if (peer !== undefined) for (const hash of missing) hooks?.requestBlock?.(hash, peer.name);
      return ACCEPT;
    }
    const target = { hash: commit.targetHash, number: commit.targetNumber };
    const finalized = this.#finalize(round, target, commit.precommits);
    if (!finalized.ok) return ignore(finalized.error.code);
    this.#noteCommit({ setId, round, target, bytes });
    this.#sendCommit({ setId, round, target, bytes });
    this.#advance();
    return ACCEPT;
  }

  /** Makes the block final with votes that are known to suffice. */
  #finalize(
    round: RoundNumber,
    target: BlockRef,
    precommits: readonly SignedGrandpaVote[],
  ): Result<void, { readonly code: string }> {
    const { chain } = this.#ports;
    if (chain.path(chain.finalized(), target) === undefined)
      return err({ code: "off the finalized chain" });
    const justification = makeJustification(round, target, precommits, chain);
    if (justification === undefined) return err({ code: "not provable to others" });
    const finalized = chain.finalize(justification);
    if (!finalized.ok) return finalized;
    this.#log("debug", "finalized", { round, number: target.number, hash: target.hash });
    return ok(undefined);
  }

  #noteCommit(commit: Commit): void {
    const others = this.#commits.filter(({ setId }) => setId !== commit.setId);
    this.#commits = [...others, commit].slice(-2);
    const unsent = this.#unsentCommit?.commit;
    if (unsent !== undefined && unsent.setId === commit.setId)
      if (unsent.target.number <= commit.target.number) this.#unsentCommit = undefined;
  }

  #sendCommit({ setId, target, bytes }: Commit): void {
    const wanting = this.#peers.wantingCommit(setId, target.number).map(({ name }) => name);
    if (wanting.length > 0) this.#ports.network.gossip(wanting, bytes);
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
    // What it could not use before it can use now; of what it lacks the voters remind it.
    const isNear = wantsVotes(peer.view, ours.setId, ours.round);
    const wasNear = before !== undefined && wantsVotes(before, ours.setId, ours.round);
    if (isNear && !wasNear) this.#sendOwnVotes([peer]);
    for (const commit of this.#commits)
      if (commit.setId === setId && commit.target.number > finalized && verdict.type === "accept")
        this.#ports.network.sendTo(peer.name, commit.bytes);
    return verdict;
  }

  #askForCatchUp(peer: Peer, round: RoundNumber): void {
    const now = this.#ports.clock.now();
    if (isWithin(this.#catchUpAskedAt, now, CATCH_UP_PATIENCE * this.#T)) return;
    if (isWithin(peer.askedAt, now, CATCH_UP_AGAIN * this.#T)) return;
    this.#catchUpAskedAt = now;
    peer.askedAt = now;
    const request = { round, setId: this.view.setId };
    const message = encode(GrandpaGossip, { type: "catchUpRequest", value: request });
    this.#ports.network.sendTo(peer.name, message);
  }

  /** Others are past our set: the proof that ends it must be fetched, since we cannot judge theirs. */
  #askForJustification(): void {
    const { chain, clock, hooks } = this.#ports;
    if (isWithin(this.#justificationAskedAt, clock.now(), JUSTIFICATION_AGAIN * this.#T)) return;
    const { scheduled } = chain.authoritySet();
    for (const change of scheduled) {
      const next = chain.nextChange(change.hash);
      if (next?.hash === undefined) continue;
      this.#justificationAskedAt = clock.now();
      hooks?.requestJustification?.({ hash: next.hash, number: next.number });
    }
  }

  #onCatchUpRequest(peer: Peer, { setId, round }: GrandpaCatchUpRequest): Verdict {
    const { before } = this.#present ?? {};
    if (setId !== this.view.setId) return ignore("catch-up for another set");
    const now = this.#ports.clock.now();
    if (isWithin(peer.answeredAt, now, CATCH_UP_ANSWER_AGAIN * this.#T))
      return punish("minor", "catch-up asked too often");
    if (before === undefined || before.number < round) return ignore("round is not completed here");
    peer.answeredAt = now;
    const answer = makeCatchUp(setId, before);
    this.#ports.network.sendTo(
      peer.name,
      encode(GrandpaGossip, { type: "catchUp", value: answer }),
    );
    return ACCEPT;
  }

  #onCatchUp(peer: Peer, message: GrandpaCatchUp): Verdict {
    if (peer.askedAt === undefined) return punish("major", "catch-up not asked for");
    const { chain, verifier, hooks } = this.#ports;
    const session = this.#session;
    if (session?.setId !== message.setId) return ignore("catch-up of another set");
    if (message.round < this.view.round) return ignore("catch-up not needed any more");
    const caughtUp = verifyCatchUp(message, session.voters, verifier, chain);
    if (!caughtUp.ok) {
      if (caughtUp.error.code !== "unknownBlocks") return punish("major", caughtUp.error.code);
      for (const hash of caughtUp.error.hashes) hooks?.requestBlock?.(hash, peer.name);
      return ignore("catch-up about unknown blocks");
    }
    this.#catchUpAskedAt = undefined;
    this.#log("debug", "caught up", { round: message.round });
    this.#finalizeProven(caughtUp.value);
    this.#beginAfter(caughtUp.value);
    this.#advance();
    return ACCEPT;
  }

  // Doing what is due

  /** Carries out everything that is due now. Events during it only ask for another turn. */
  #advance(): void {
    if (!this.#isRunning) return;
    this.#advanceAgain = true;
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    while (this.#advanceAgain) {
      this.#advanceAgain = false;
      this.#adoptSet();
      const { before, round } = this.#present ?? {};
      if (before !== undefined) this.#finalizeProven(before);
      if (round !== undefined) this.#finalizeProven(round);
      if (!this.#advanceAgain) this.#step();
    }
    this.#isAdvancing = false;
    this.#announce();
    this.#schedule();
  }

  /** Begins with the chain's authority set when it is not the one we work with. */
  #adoptSet(): void {
    const set = this.#ports.chain.authoritySet();
    if (this.#session?.setId === set.setId) return;
    const voters = VoterSet.from(set.authorities);
    assert(voters !== undefined, `nobody votes in set ${set.setId}`);
    const id = voters.voters.find((voter) => this.#ports.keystore.has("gran", voter.id))?.id;
    const isFirst = this.#session === undefined;
    this.#session = { setId: set.setId, voters, id };
    this.#held.clear();
    this.#heldCommits = [];
    this.#catchUpAskedAt = undefined;
    this.#ownVotes = readOwnVotes(this.#ports.journal).filter(({ setId }) => setId === set.setId);
    if (isFirst && this.#resume(this.#session)) return;
    const { hash, number } = this.#ports.chain.finalized();
    const empty = { setId: set.setId, round: 0, baseHash: hash, baseNumber: number };
    writeCompletedRound(this.#ports.journal, { ...empty, prevotes: [], precommits: [] });
    this.#beginRound(1, undefined, settled({ hash, number }));
  }

  /** Goes on after the round that the journal has as completed. False when it has none of this set. */
  #resume({ setId, voters }: Session): boolean {
    const { journal, chain } = this.#ports;
    const kept = readCompletedRound(journal);
    if (kept?.setId !== setId) return false;
    const base = { hash: kept.baseHash, number: kept.baseNumber };
    if (kept.round === 0) {
      this.#beginRound(1, undefined, settled(base));
      return true;
    }
    const round = new Round(kept.round, voters, base, chain);
    for (const vote of kept.prevotes) round.add("prevote", vote);
    for (const vote of kept.precommits) round.add("precommit", vote);
    // When the chain lost blocks that were voted for, the round is gone through again. We said our
    // part in it, so this time we only listen.
    if (round.state.completable) this.#beginAfter(round);
    else {
      this.#beginRound(kept.round, undefined, settled(chain.finalized()));
      const present = this.#present as Present;
      present.hasPrevoted = true;
      present.hasPrecommitted = true;
    }
    return true;
  }

  #beginAfter(round: Round): void {
    const { state } = round;
    assert(state.completable, `round ${round.number} is not completable`);
    const { setId } = this.#session as Session;
    writeCompletedRound(this.#ports.journal, makeCatchUp(setId, round));
    this.#beginRound(round.number + 1, round, state);
  }

  #beginRound(number: RoundNumber, before: Round | undefined, previous: RoundState): void {
    const { setId, voters, id } = this.#session as Session;
    const base = previous.finalized ?? before?.base;
    assert(base !== undefined, "a completable round has a finalized block");
    const own = this.#ownVotes.filter((vote) => vote.round === number);
    const has = (stage: GrandpaStageName) => own.some((vote) => vote.stage.type === stage);
    const round = new Round(number, voters, base, this.#ports.chain);
    this.#present = {
      round,
      startedAt: this.#ports.clock.now(),
      before,
      previous,
      proposal: undefined,
      hasPrevoted: has("prevote"),
      hasPrecommitted: has("precommit"),
      choosingSince: undefined,
    };
    this.#ownVotes = this.#ownVotes.filter((vote) => vote.round >= number - 1);
    this.#held.dropBefore(number - 1);
    for (const { stage, vote } of own)
      if (stage.type !== "primaryPropose") this.#count(number, stage.type, vote);
    for (const held of this.#held.takeForRound(number)) this.#count(number, held.stage, held.vote);
    if (voters.primary(number).id === id && !has("primaryPropose")) {
      const proposal = proposalOf(previous, this.#ports.chain.finalized());
      for (const commit of this.#commits) if (commit.setId === setId) this.#sendCommit(commit);
      if (proposal !== undefined) this.#cast("primaryPropose", proposal);
    }
    if (own.length > 0) this.#sendOwnVotes(this.#peers.all());
    this.#advanceAgain = true;
  }

  #step(): void {
    const present = this.#present;
    if (present === undefined) return;
    const { round, previous } = present;
    const { chain, clock } = this.#ports;
    const progress = { ...present, state: round.state, previous };
    const step = nextStep(progress, clock.now(), this.#T, chain.finalized(), chain);
    switch (step.type) {
      case "prevote":
        this.#prevote(present);
        break;
      case "precommit":
        present.hasPrecommitted = true;
        this.#cast("precommit", step.target);
        this.#advanceAgain = true;
        break;
      case "complete":
        this.#beginAfter(round);
        break;
      case "wait":
        break;
    }
    this.#sendCommitIfDue();
  }

  #prevote(present: Present): void {
    const { clock, chain } = this.#ports;
    const base = prevoteBase(present.previous, present.proposal, chain.finalized(), chain);
    const say = (target: BlockRef): void => {
      if (this.#present !== present || present.hasPrevoted || !this.#isRunning) return;
      present.hasPrevoted = true;
      this.#cast("prevote", target);
      this.#advance();
    };
    if (this.#session?.id === undefined) say(base);
    else if (present.choosingSince === undefined) {
      present.choosingSince = clock.now();
      void this.#chooseTarget(base).then(say);
    } else if (clock.now() >= present.choosingSince + RULES_PATIENCE * this.#T) {
      this.#log("warn", "voting rules do not answer", { round: present.round.number });
      say(base);
    }
  }

  /** What to prevote for: the best chain over `base`, as far as the rules and the authority set allow. */
  async #chooseTarget(base: BlockRef): Promise<BlockRef> {
    const { chain, selectChain } = this.#ports;
    try {
      const best = await selectChain.bestContaining(base.hash);
      const path = best === undefined ? undefined : chain.path(base, best);
      if (best === undefined || path === undefined) return base;
      const limit = chain.nextChange(best.hash)?.number ?? best.number;
      const height = Math.min(best.number, limit) - base.number;
      if (height <= 0) return base;
      const target = { hash: path[height - 1] as Hash, number: base.number + height };
      return await applyRules(this.#rules, { base, best, target, chain });
    } catch (error) {
      if (error instanceof AssertionError) throw error;
      this.#log("warn", `voting rule failed: ${describe(error)}`, {});
      return base;
    }
  }

  /** Says our vote, once it is written down. */
  #cast(stage: GrandpaStageName, target: BlockRef): void {
    const { keystore, journal, hooks } = this.#ports;
    const { setId, id } = this.#session as Session;
    const round = (this.#present as Present).round.number;
    if (id === undefined || hooks?.mayVote?.() === false) return;
    if (this.#ownVotes.some((own) => own.round === round && own.stage.type === stage)) return;
    const vote = signVote(keystore, id, stage, target, { setId, round });
    if (vote === undefined) return;
    this.#ownVotes.push({ setId, round, stage: { type: stage }, vote });
    writeOwnVotes(journal, this.#ownVotes);
    if (stage === "primaryPropose") this.#propose(round, target);
    else this.#count(round, stage, vote);
    const wanting = this.#peers.wantingVotes(setId, round);
    this.#sendVote(wanting, round, stage, vote);
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
    const { setId } = this.#session as Session;
    const bytes = encode(GrandpaGossip, { type: "vote", value: { round, setId, message } });
    this.#ports.network.gossip(
      peers.map((peer) => peer.name),
      bytes,
    );
  }

  /** Our votes of the present round and the one before, to those of the peers that can use them. */
  #sendOwnVotes(peers: readonly Peer[]): void {
    for (const { setId, round, stage, vote } of this.#ownVotes) {
      const wanting = peers.filter(
        ({ view }) => view === undefined || wantsVotes(view, setId, round),
      );
      this.#sendVote(wanting, round, stage.type, vote);
    }
  }

  /** Finalizes what the precommits of a round prove, and prepares the commit that tells others. */
  #finalizeProven(round: Round): void {
    const { chain, clock, random } = this.#ports;
    const proven = round.finalizable();
    if (proven === undefined || proven.target.number <= chain.finalized().number) return;
    const { setId } = this.#session as Session;
    const { target, precommits } = proven;
    const finalized = this.#finalize(round.number, target, precommits);
    if (!finalized.ok) return;
    const commit = { targetHash: target.hash, targetNumber: target.number, precommits };
    const value = { round: round.number, setId, commit };
    const bytes = encode(GrandpaGossip, { type: "commit", value });
    const made = { setId, round: round.number, target, bytes };
    this.#noteCommit(made);
    const dueAt = clock.now() + randomUnit(random) * COMMIT_DELAY_MAX * this.#T;
    this.#unsentCommit = { commit: made, dueAt };
    this.#advanceAgain = true;
  }

  #sendCommitIfDue(): void {
    const unsent = this.#unsentCommit;
    if (unsent === undefined || this.#ports.clock.now() < unsent.dueAt) return;
    this.#unsentCommit = undefined;
    this.#sendCommit(unsent.commit);
  }

  // Time

  #schedule(): void {
    this.#stepTimer?.cancel();
    this.#stepTimer = undefined;
    const { clock, chain } = this.#ports;
    const due: number[] = [];
    if (this.#unsentCommit !== undefined) due.push(this.#unsentCommit.dueAt);
    const present = this.#present;
    if (present !== undefined) {
      const progress = { ...present, state: present.round.state };
      const step = nextStep(progress, clock.now(), this.#T, chain.finalized(), chain);
      if (step.type === "wait" && step.until !== undefined) due.push(step.until);
      if (present.choosingSince !== undefined && !present.hasPrevoted)
        due.push(present.choosingSince + RULES_PATIENCE * this.#T);
    }
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
    const all = this.#peers.all();
    this.#ports.network.gossip(this.#peers.names(), this.#neighborPacket());
    for (const commit of this.#commits) this.#sendCommit(commit);
    const { round, before } = this.#present ?? {};
    if (round === undefined) return;
    if (this.#repeatedRound === round.number) {
      this.#sendOwnVotes(all);
      const { setId } = this.#session as Session;
      const near = this.#peers.wantingVotes(setId, round.number);
      const one =
        near.length === 0 ? undefined : near[randomBelow(this.#ports.random, near.length)];
      if (one !== undefined)
        for (const votes of before === undefined ? [round] : [before, round])
          for (const stage of ["prevote", "precommit"] as const)
            for (const vote of votes.votes(stage)) this.#sendVote([one], votes.number, stage, vote);
    }
    this.#repeatedRound = round.number;
  }

  /** Tells everybody when set, round or finality changed. */
  #announce(): void {
    const { view } = this;
    const last = this.#announced;
    const isSame =
      last?.setId === view.setId && last.round === view.round && last.finalized === view.finalized;
    if (isSame) return;
    this.#announced = view;
    const names = this.#peers.names();
    if (names.length > 0) this.#ports.network.gossip(names, this.#neighborPacket());
  }

  #neighborPacket(): Uint8Array {
    const { setId, round, finalized } = this.view;
    const value = { round, setId, commitFinalizedHeight: finalized };
    return encode(GrandpaGossip, { type: "neighbor", value: { type: "v1", value } });
  }

  #log(level: "warn" | "debug", message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#ports.logger.log(level, TARGET, message, fields);
  }
}

/** Who has voted in the present round. */
export interface RoundStatus {
  readonly round: RoundNumber;
  readonly totalWeight: number;
  readonly threshold: number;
  readonly prevoters: readonly GrandpaId[];
  readonly precommitters: readonly GrandpaId[];
}

/** The round before the first, at which everything up to `block` is decided. */
const settled = (block: BlockRef): RoundState => ({
  prevoteGhost: block,
  estimate: block,
  finalized: block,
  completable: true,
});

const voteName = (round: RoundNumber, stage: GrandpaStageName, vote: SignedGrandpaVote): string =>
  `${round} ${stage} ${vote.id} ${vote.target.targetHash}`;

const isWithin = (since: number | undefined, now: number, span: number): boolean =>
  since !== undefined && now < since + span;
