/**
 * The dispute coordinator keeps the votes on candidates, from the chain and from peers, has disputed
 * ones checked, votes, and says which chains are free of doubt. Guide: Dispute Coordinator.
 *
 * Votes are taken in one step without waiting (`DisputeBook`), so records never mix. What follows from
 * them waits in jobs. A vote of ours is on disk before it is sent.
 */
import { type Clock, type Logger, LruMap, unreachable } from "@parahost/base";
import type { Keystore, SignatureVerifier } from "@parahost/crypto";
import {
  type BlockNumber,
  type CandidateHash,
  type CandidateReceipt,
  candidateHash,
  type DisputeVote,
  type ParaId,
  type SessionIndex,
  type ValidatorIndex,
} from "@parahost/primitives";
import type { KeyValueStore } from "@parahost/storage";
import {
  type CandidateVotes,
  disputeMessageOf,
  isDisputed,
} from "../dispute-votes/candidate-votes.ts";
import { ourIndices } from "../dispute-votes/our-indices.ts";
import { isActive, isConcluded, isLost, type Now, outcomeOf } from "../dispute-votes/status.ts";
import type { DisputeOutcome } from "../events.ts";
import type { Context } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import type { ActivatedLeaf, Signal } from "../overseer/signal.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import { readBlock, unreadBlocks } from "./chain-reading.ts";
import { type DisputeColumn, DisputeDatabase, type DisputeKey } from "./database.ts";
import { DisabledValidators } from "./disabled-validators.ts";
import {
  DisputeBook,
  type ImportChange,
  type ImportRefusal,
  type VotesToImport,
} from "./dispute-book.ts";
import type { DisputeCoordinatorMessage } from "./messages.ts";
import { signVotes, silentOnes, votersToPublish } from "./own-votes.ts";
import { Participation, type Verdict } from "./participation.ts";
import type { ParticipationRequest } from "./participation-queue.ts";
import { type BlockRef, SeenOnChain } from "./seen-on-chain.ts";
import { Sessions } from "./sessions.ts";
import { SpamSlots } from "./spam-slots.ts";
import { undisputedChain } from "./undisputed-chain.ts";

const TARGET = "parachain::dispute-coordinator";
/** Leaves that wait to be read; a later one has the blocks of an earlier one behind it. */
const LEAVES_MAX = 16;
/** Statements of ours that wait for the first leaf. */
const EARLY_STATEMENTS_MAX = 64;
/** Candidates that backers disagree about and that no block has backed yet. */
const QUESTIONS_MAX = 256;
/** Checks of one candidate that end without a verdict, one a leaf. */
const ATTEMPTS_MAX = 16;
/** Candidates whose checks ended so. */
const FAILED_MAX = 1_024;

export type DisputeCoordinatorSends =
  | "approval-voting"
  | "availability-recovery"
  | "availability-store"
  | "candidate-validation"
  | "chain-api"
  | "chain-selection"
  | "dispute-distribution"
  | "runtime-api";
export type DisputeCoordinatorContext = Context<"dispute-coordinator", DisputeCoordinatorSends>;

/** Told to users. */
export interface DisputeWatcher {
  raised(para: ParaId, key: DisputeKey, validator: ValidatorIndex): void;
  concluded(para: ParaId, key: DisputeKey, outcome: DisputeOutcome): void;
}

export interface DisputeCoordinatorDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keystore: Keystore;
  readonly verifier: SignatureVerifier;
  readonly store: KeyValueStore<DisputeColumn>;
  readonly watcher: DisputeWatcher;
}

type OfType<Type> = Extract<DisputeCoordinatorMessage, { readonly type: Type }>;
/** What a check of ours came to. */
type Finding = Omit<OfType<"issueLocalStatement">, "type">;
type Question = Omit<OfType<"candidateInQuestion">, "type">;

/** Coordinates until concluded. */
export async function run(
  context: DisputeCoordinatorContext,
  deps: DisputeCoordinatorDependencies,
): Promise<void> {
  const coordinator = new DisputeCoordinator(context, deps);
  for await (const incoming of context.inbox) {
    if (incoming.from === "subsystem") await coordinator.onMessage(incoming.message);
    else if (incoming.signal.type === "conclude") return;
    else coordinator.onSignal(incoming.signal);
  }
}

class DisputeCoordinator {
  readonly #context: DisputeCoordinatorContext;
  readonly #deps: DisputeCoordinatorDependencies;
  readonly #sessions = new Sessions();
  readonly #seen = new SeenOnChain();
  readonly #disabled = new DisabledValidators();
  readonly #spam = new SpamSlots();
  readonly #book: DisputeBook;
  readonly #participation: Participation;
  readonly #leaves: ActivatedLeaf[] = [];
  readonly #early: OfType<"issueLocalStatement">[] = [];
  readonly #questions = new LruMap<string, Question>(QUESTIONS_MAX);
  /** Checks that ended without a verdict. */
  readonly #failed = new LruMap<string, { readonly key: DisputeKey; readonly attempts: number }>(
    FAILED_MAX,
  );
  /** What we would say if our keys gave signatures; tried again at every leaf. */
  readonly #heldBack = new LruMap<string, Finding>(FAILED_MAX);
  /** Disputes for which approval voting is being asked for its votes; they are checked thereafter. */
  readonly #asking = new Set<string>();
  /** Votes of ours that were sent in this run. */
  readonly #published = new Set<string>();
  #isReading = false;
  #isReady = false;
  #newest: BlockRef | undefined;
  #finalized: BlockNumber = 0;
  #earliest: SessionIndex | undefined;

  constructor(context: DisputeCoordinatorContext, deps: DisputeCoordinatorDependencies) {
    this.#context = context;
    this.#deps = deps;
    this.#book = new DisputeBook({
      database: new DisputeDatabase(deps.store),
      verifier: deps.verifier,
      sessions: this.#sessions,
      seen: this.#seen,
      disabled: this.#disabled,
      spam: this.#spam,
    });
    this.#participation = new Participation(context, {
      logger: deps.logger,
      newestLeaf: () => this.#newest?.hash,
      onVerdict: (request, verdict) => this.#onVerdict(request, verdict),
    });
  }

  // Signals

  onSignal(signal: Exclude<Signal, { readonly type: "conclude" }>): void {
    if (signal.type === "blockFinalized") {
      this.#finalized = signal.number;
      this.#seen.finalize(signal.number);
      return;
    }
    if (signal.activated === undefined) return;
    this.#leaves.push(signal.activated);
    if (this.#leaves.length > LEAVES_MAX) this.#leaves.shift();
    if (this.#isReading) return;
    this.#isReading = true;
    this.#context.spawn("read leaves", async (abort) => {
      for (;;) {
        const leaf = this.#leaves.shift();
        if (leaf === undefined || abort.aborted) break;
        await this.#readLeaf(leaf);
      }
      this.#isReading = false;
    });
  }

  async #readLeaf(leaf: ActivatedLeaf): Promise<void> {
    const context = this.#context;
    const session = await this.#sessions.update(context, leaf.hash);
    if (session === undefined) return;
    if (this.#newest === undefined || leaf.number >= this.#newest.number) this.#newest = leaf;
    const disabled = await queryRuntime(context, leaf.hash, "disabledValidators");
    if (disabled !== undefined) this.#disabled.noteOnChain(session, disabled);
    await this.#forgetSessionsBefore(this.#sessions.earliest);
    for (const block of await unreadBlocks(context, leaf, this.#seen, this.#finalized))
      await this.#readBlock(block);
    await this.#askQuestions();
    if (!this.#isReady) await this.#begin();
    for (const key of this.#book.confirmed()) {
      const change = this.#book.reconsider(key, this.#now());
      if (change !== undefined) await this.#react(change);
    }
    for (const name of [...this.#heldBack.keys()]) {
      const finding = this.#heldBack.get(name);
      this.#heldBack.delete(name);
      if (finding !== undefined) await this.#issueLocal(finding);
    }
    for (const name of [...this.#failed.keys()]) {
      const { key, attempts } = this.#failed.get(name) ?? {};
      if (key !== undefined && (attempts ?? 0) < ATTEMPTS_MAX) await this.#takePart(key);
    }
  }

  async #readBlock(block: BlockRef): Promise<void> {
    const { votes, onChain } = await readBlock(this.#context, block, this.#seen);
    for (const scraped of votes) await this.#import({ ...scraped, areChecked: true });
    for (const { status, ...key } of onChain.flatMap((candidate) =>
      this.#book.disputesOf(candidate),
    )) {
      if (isLost(status)) {
        if (this.#seen.isIncludedBy(key.candidateHash, block.hash)) await this.#revert([block]);
      } else if (!isConcluded(status)) {
        if (this.#seen.isIncluded(key.candidateHash))
          this.#participation.prioritize(key.candidateHash);
        // Unseen it may have been nobody's business.
        await this.#takePart(key);
      }
    }
  }

  async #forgetSessionsBefore(earliest: SessionIndex): Promise<void> {
    if (earliest === this.#earliest) return;
    this.#earliest = earliest;
    for (const { session, candidateHash: hash } of this.#book.disputes())
      if (session < earliest) await this.#keepData(hash, false);
    // Whoever gets a vote twice drops it; this happens once a session.
    this.#published.clear();
    this.#book.prune(earliest);
    this.#spam.prune(earliest);
    this.#disabled.prune(earliest);
  }

  /** After the first leaf: what a restart made us forget to send and to check. */
  async #begin(): Promise<void> {
    this.#isReady = true;
    this.#book.recall();
    for (const { status, ...key } of this.#book.disputes())
      if (isActive(status, this.#deps.clock.now())) this.#review(key);
    for (const statement of this.#early.splice(0)) await this.#issueLocal(statement);
  }

  // Messages

  async onMessage(message: DisputeCoordinatorMessage): Promise<void> {
    if (!this.#isReady) {
      if (message.type === "issueLocalStatement") {
        if (this.#early.length < EARLY_STATEMENTS_MAX) this.#early.push(message);
      } else if (message.type === "candidateInQuestion") this.#ask(message);
      else if (message.type === "remoteCandidate") this.#noteRemote(message);
      else message.reply.cancel();
      return;
    }
    switch (message.type) {
      case "importStatements": {
        const refusal = await this.#import({
          session: message.session,
          candidateHash: candidateHash(message.candidateReceipt),
          candidateReceipt: message.candidateReceipt,
          votes: message.statements,
          areChecked: false,
        });
        message.reply(refusal === undefined ? "validImport" : "invalidImport");
        return;
      }
      case "recentDisputes":
        message.reply(this.#book.forChain());
        return;
      case "activeDisputes": {
        const now = this.#deps.clock.now();
        message.reply(this.#book.disputes().filter(({ status }) => isActive(status, now)));
        return;
      }
      case "queryCandidateVotes":
        message.reply(
          message.disputes.flatMap((key) => {
            const votes = this.#book.votesOf(key);
            return votes === undefined ? [] : [{ ...key, votes }];
          }),
        );
        return;
      case "issueLocalStatement":
        await this.#issueLocal(message);
        return;
      case "candidateInQuestion":
        this.#ask(message);
        await this.#askQuestions();
        return;
      case "remoteCandidate":
        await this.#takePart(this.#noteRemote(message));
        return;
      case "determineUndisputedChain":
        message.reply(
          undisputedChain(message.base, message.blockDescriptions, (session, candidate) =>
            this.#book.isInDoubt({ session, candidateHash: candidate }),
          ),
        );
        return;
      default:
        unreachable(message);
    }
  }

  /** What we have seen the data of can be disputed, whatever chain it is on. */
  #noteRemote({ session, candidateReceipt }: OfType<"remoteCandidate">): DisputeKey {
    const hash = candidateHash(candidateReceipt);
    this.#seen.noteRemote(hash);
    return { session, candidateHash: hash };
  }

  // Votes

  async #import(votes: VotesToImport): Promise<ImportRefusal | undefined> {
    const imported = this.#book.import(votes, this.#now());
    if (!imported.ok) {
      this.#deps.logger.log("debug", TARGET, `votes refused: ${imported.error.code}`, {
        candidate: votes.candidateHash,
        session: votes.session,
      });
      return imported.error;
    }
    await this.#react(imported.value);
    return undefined;
  }

  async #react(change: ImportChange): Promise<void> {
    const { key, votes, added, before, after } = change;
    if (after === undefined || (added.length === 0 && before === after)) return;
    const para = votes.receipt.descriptor.paraId;
    const isFresh = before === undefined;
    if (isFresh) {
      await this.#keepData(key.candidateHash, true);
      const [validator] = votes.invalid.keys();
      if (validator !== undefined) this.#deps.watcher.raised(para, key, validator);
      this.#log("dispute raised", change);
    }
    const isFreshlyConcluded = isConcluded(after) && after.type !== before?.type;
    this.#book.noteLosers(key, votes, after);
    if (isFreshlyConcluded) {
      const outcome = outcomeOf(after);
      if (outcome !== undefined) this.#deps.watcher.concluded(para, key, outcome);
      this.#log(`dispute ${after.type}`, change);
      if (isLost(after)) await this.#revert(this.#seen.inclusionsOf(key.candidateHash));
    }
    // New votes may have brought new holders of the data.
    this.#failed.delete(nameOf(key));
    // Lazy approvers are put on record when a dispute is raised and again when it concludes.
    if (isFresh || isFreshlyConcluded) this.#review(key);
    else await this.#takePart(key);
  }

  /** Others may have to check the candidate for as long as its dispute is remembered. */
  async #keepData(hash: CandidateHash, disputed: boolean): Promise<void> {
    await this.#context.send("availability-store", {
      type: "noteDisputed",
      candidateHash: hash,
      disputed,
    });
  }

  async #revert(blocks: readonly BlockRef[]): Promise<void> {
    if (blocks.length === 0) return;
    const refs = blocks.map(({ number, hash }) => ({ number, hash }));
    await this.#context.send("chain-selection", { type: "revertBlocks", blocks: refs });
  }

  // Our own votes

  /** Adds the approvals that approval voting holds, ours among them; then we check if we must. */
  #review(key: DisputeKey): void {
    const name = nameOf(key);
    if (this.#asking.has(name)) return;
    this.#asking.add(name);
    this.#context.spawn("review", async () => {
      const approvals = await unlessCancelled(
        this.#context.ask("approval-voting", {
          type: "getApprovalSignaturesForCandidate",
          candidateHash: key.candidateHash,
        }),
      );
      this.#asking.delete(name);
      const votes = [...(approvals ?? [])].map(
        ([validatorIndex, { candidateHashes, signature }]): DisputeVote => ({
          statement: {
            type: "valid",
            value:
              candidateHashes.length === 1
                ? { type: "approvalChecking" }
                : { type: "approvalCheckingMultipleCandidates", value: candidateHashes },
          },
          validatorIndex,
          signature,
        }),
      );
      if (votes.length > 0)
        await this.#import({ ...key, candidateReceipt: undefined, votes, areChecked: false });
      if (!this.#isSpam(key)) await this.#publish(key);
      await this.#takePart(key);
    });
  }

  /** Queues the candidate for checking, unless there is nothing to dispute or we have said what we think. */
  async #takePart(key: DisputeKey): Promise<void> {
    const name = nameOf(key);
    if (!this.#isReady || this.#asking.has(name) || this.#heldBack.has(name)) return;
    const votes = this.#book.votesOf(key);
    if (votes === undefined || !isDisputed(votes) || this.#isSpam(key)) return;
    if (this.#silentOnes(key, votes).length === 0) {
      this.#participation.drop(key.candidateHash);
      this.#failed.delete(name);
      return;
    }
    if (!this.#participation.has(key.candidateHash)) await this.#check(key, votes.receipt);
  }

  async #check(key: DisputeKey, receipt: CandidateReceipt): Promise<void> {
    const { relayParent } = receipt.descriptor;
    const number = await unlessCancelled(
      this.#context.ask("chain-api", { type: "blockNumber", hash: relayParent }),
    );
    const added = this.#participation.add(
      {
        ...key,
        candidateReceipt: receipt,
        relayParentNumber: number?.ok === true ? number.value : undefined,
      },
      this.#seen.isIncluded(key.candidateHash) ? "priority" : "bestEffort",
    );
    if (!added) this.#deps.logger.log("warn", TARGET, "no room to check", { ...key });
  }

  async #onVerdict(request: ParticipationRequest, verdict: Verdict): Promise<void> {
    const key: DisputeKey = { session: request.session, candidateHash: request.candidateHash };
    const name = nameOf(key);
    if (verdict === "abstain") {
      const attempts = (this.#failed.get(name)?.attempts ?? 0) + 1;
      this.#failed.set(name, { key, attempts });
      return;
    }
    this.#failed.delete(name);
    const votes = this.#book.votesOf(key);
    // Where nobody disputes a candidate that we asked about, a good one needs no word of ours.
    if (verdict === "valid" && (votes === undefined || !isDisputed(votes))) return;
    await this.#issueLocal({
      session: key.session,
      candidateReceipt: request.candidateReceipt,
      valid: verdict === "valid",
    });
  }

  /** Signs for each of our validators that has not voted, keeps it, then sends it. */
  async #issueLocal({ session, candidateReceipt, valid }: Finding): Promise<void> {
    const { keystore } = this.#deps;
    const key: DisputeKey = { session, candidateHash: candidateHash(candidateReceipt) };
    const info = this.#sessions.get(session);
    if (info === undefined) return;
    const voters = this.#silentOnes(key, this.#book.votesOf(key));
    if (voters.length === 0) return;
    const votes = signVotes(keystore, info, voters, key, valid);
    if (votes.length === 0) {
      this.#heldBack.set(nameOf(key), { session, candidateReceipt, valid });
      return;
    }
    const refusal = await this.#import({ ...key, candidateReceipt, votes, areChecked: true });
    if (refusal === undefined) await this.#publish(key);
  }

  /** Tells everybody of our votes; they are on disk. */
  async #publish(key: DisputeKey): Promise<void> {
    const votes = this.#book.votesOf(key);
    if (votes === undefined || !isDisputed(votes)) return;
    for (const voter of votersToPublish(this.#ours(key), votes)) {
      const name = `${voter} ${nameOf(key)}`;
      const message = disputeMessageOf(votes, key.session, voter);
      if (message === undefined || this.#published.has(name)) continue;
      this.#published.add(name);
      await this.#context.send("dispute-distribution", { type: "sendDispute", message });
    }
  }

  #ours({ session }: DisputeKey): readonly ValidatorIndex[] {
    const info = this.#sessions.get(session);
    return info === undefined ? [] : ourIndices(this.#deps.keystore, info);
  }

  #silentOnes(key: DisputeKey, votes: CandidateVotes | undefined): readonly ValidatorIndex[] {
    return silentOnes(this.#ours(key), votes);
  }

  #isSpam(key: DisputeKey): boolean {
    const votes = this.#book.votesOf(key);
    return votes === undefined || this.#book.isPotentialSpam(key, votes, this.#book.statusOf(key));
  }

  // Candidates in question

  #ask({ session, candidateReceipt, statements, foundInvalid }: Question): void {
    const name = nameOf({ session, candidateHash: candidateHash(candidateReceipt) });
    const known = this.#questions.get(name);
    this.#questions.set(name, {
      session,
      candidateReceipt,
      statements,
      foundInvalid: foundInvalid || known?.foundInvalid === true,
    });
  }

  /** Takes up the candidates in question that a block has backed or included. */
  async #askQuestions(): Promise<void> {
    for (const name of [...this.#questions.keys()]) {
      const question = this.#questions.get(name);
      if (question === undefined) continue;
      const { session, candidateReceipt, statements, foundInvalid } = question;
      const key: DisputeKey = { session, candidateHash: candidateHash(candidateReceipt) };
      if (!this.#seen.isOnChain(key.candidateHash)) continue;
      this.#questions.delete(name);
      await this.#import({ ...key, candidateReceipt, votes: statements, areChecked: false });
      if (foundInvalid) await this.#issueLocal({ session, candidateReceipt, valid: false });
      else if (this.#silentOnes(key, this.#book.votesOf(key)).length > 0)
        await this.#check(key, candidateReceipt);
    }
  }

  #now(): Now {
    return { ms: this.#deps.clock.now(), height: this.#newest?.number ?? 0 };
  }

  #log(what: string, { key, votes, after }: ImportChange): void {
    this.#deps.logger.log("info", TARGET, what, {
      ...key,
      status: after?.type,
      votesFor: votes.valid.size,
      votesAgainst: votes.invalid.size,
    });
  }
}

function nameOf({ session, candidateHash: hash }: DisputeKey): string {
  return `${session} ${hash}`;
}
