/**
 * Stands outside of all nodes and sees into each of them: every relay block that any of them imports is
 * judged once, when it is first seen, and everything that any of them finalizes is compared with what
 * the others finalized. The checkers know only the property (fault catalogue, section 1); what they
 * compute they compute themselves.
 *
 * Records of blocks are kept until all nodes have finalized well beyond them.
 */
import { assert, equalBytes } from "@parahost/base";
import type { ParaStateMachine } from "@parahost/kit";
import type { NodeEvent } from "@parahost/node";
import { DisputeDatabase } from "@parahost/node/dispute-coordinator/database";
import { SLOTS_PER_VALIDATOR } from "@parahost/node/dispute-coordinator/spam-slots";
import type { RelayNode } from "@parahost/node/service/node";
import {
  type AccountId,
  asCoreIndex,
  type BlockNumber,
  backingThreshold,
  type CandidateHash,
  candidateHash,
  GrandpaGossip,
  type Hash,
  headerHash,
  type ParaId,
  type SessionIndex,
  type ValidatorId,
} from "@parahost/primitives";
import { developmentValidator, runtimeApi } from "@parahost/runtime";
import { tryDecode } from "@parahost/scale";
import { collatorName } from "../local-network.ts";
import type { Simulation } from "../simulation.ts";
import { AccountabilityChecker, type Names, type Penalty } from "./checkers/accountability.ts";
import { checkAvailability } from "./checkers/availability.ts";
import { checkBacking } from "./checkers/backing.ts";
import { checkBitfields } from "./checkers/bitfields.ts";
import { DisputeChecker } from "./checkers/disputes.ts";
import { EquivocationChecker } from "./checkers/equivocations.ts";
import { checkExecution } from "./checkers/execution.ts";
import { checkProof, FinalityChecker } from "./checkers/finality.ts";
import { checkHeadChain, relayParentOf } from "./checkers/head-chain.ts";
import { Liveness } from "./checkers/liveness.ts";
import { PromiseChecker } from "./checkers/promises.ts";
import { SignatureChecker } from "./checkers/signatures.ts";
import { ChunkStores } from "./chunk-stores.ts";
import { isDisputedByLosersAlone, votesOnRecord } from "./dispute-record.ts";
import {
  advance,
  type Fork,
  genesisFork,
  type NewlyBacked,
  type PendingCandidate,
} from "./fork.ts";
import {
  type ImportedEvent,
  lostDisputes,
  type ObservedBlock,
  observeBlock,
} from "./observed-block.ts";
import { eventBytes, readRelayState } from "./relay-state.ts";
import { groupOfCore } from "./rotation.ts";
import { readSigned } from "./signed.ts";
import {
  PROPERTIES,
  type Problem,
  type Property,
  problem,
  type Violation,
  violationLine,
} from "./violation.ts";

/** Blocks behind what all nodes have finalized whose records are kept. */
const KEPT_BEHIND_FINALITY = 64;
/** Violations that are kept; a broken run breaks something in every block. */
const VIOLATIONS_MAX = 100;
/** A1: blocks from a candidate's conclusion anywhere to the punishment on the chain that survives. */
const PAID_WITHIN_BLOCKS = 12;

/** What the observer is shown: the nodes, their disks, what they sign and hear, and who is faulty. */
export type ObservedWorld = Pick<
  Simulation,
  | "validators"
  | "collators"
  | "network"
  | "store"
  | "keysOf"
  | "cast"
  | "validatorNames"
  | "slotMs"
  | "now"
  | "reputation"
  | "attend"
  | "onStarted"
>;

export interface ObserverOptions {
  /** The network is so bad that honest validators may miss a dispute, and pay for it. */
  readonly excusesAbsence?: boolean;
}

/** What is remembered of each block for as long as the run goes. */
interface BlockRecord {
  readonly number: BlockNumber;
  readonly parent: Hash;
  readonly included: readonly CandidateHash[];
  readonly includedParas: readonly ParaId[];
  /** Paras for which enough reliable backers are there in the next block. */
  readonly couldBack: readonly ParaId[];
  /** Why candidates that it includes are invalid. */
  readonly faults: readonly string[];
  readonly penalties: readonly Penalty[];
  /** Validators of the block's children. */
  readonly voters: number;
  /** Of them, those that may not work. */
  readonly disabled: readonly ValidatorId[];
  /** What every node that imports it must have in its state. */
  readonly events: Uint8Array;
}

/** How a property stands at the end of a run. */
export interface Verdict {
  readonly property: Property;
  readonly held: boolean;
  /** Figures: what was looked at. */
  readonly seen: string;
}

interface Counts {
  blocks: number;
  bitfields: number;
  candidates: number;
  votes: number;
  inclusions: number;
  chunks: number;
  executed: number;
  finalized: number;
}

export class Observer {
  readonly violations: readonly Violation[];
  readonly #violations: Violation[] = [];
  /** Violations beyond those that are kept. */
  #moreViolations = 0;
  readonly #world: ObservedWorld;
  readonly #chunks: ChunkStores;
  readonly #machines: ReadonlyMap<ParaId, ParaStateMachine>;
  readonly #forks = new Map<Hash, Fork>();
  readonly #records = new Map<Hash, BlockRecord>();
  readonly #finality = new FinalityChecker();
  readonly #liveness: Liveness;
  readonly #signatures: SignatureChecker;
  readonly #disputes = new DisputeChecker({
    includedUpTo: (block) => this.#includedUpTo(block),
    isInVain: (name, candidate) =>
      this.#disputeRecords(name).some((record) => isDisputedByLosersAlone(record, candidate)),
    votesOn: (name, candidate) => {
      const validators = this.#sessionKeys.get(candidate)?.length;
      const [votes] = this.#disputeRecords(name).map((record) => votesOnRecord(record, candidate));
      return validators === undefined || votes === undefined ? undefined : { ...votes, validators };
    },
  });
  readonly #accountability: AccountabilityChecker;
  readonly #equivocations = new EquivocationChecker();
  readonly #promises: PromiseChecker;
  readonly #validatorNames: ReadonlySet<string>;
  /** Validators that stay away for ever, once it is calm. */
  #dead: ReadonlySet<string> = new Set();
  #secondedMax = 1;
  #madeUp = 0;
  #statesCompared = 0;
  readonly #wasIncluded = new Set<CandidateHash>();
  /** The validators of the session that a candidate was backed in, and those of them who backed it. */
  readonly #sessionKeys = new Map<CandidateHash, readonly ValidatorId[]>();
  readonly #counts: Counts = {
    blocks: 0,
    bitfields: 0,
    candidates: 0,
    votes: 0,
    inclusions: 0,
    chunks: 0,
    executed: 0,
    finalized: 0,
  };

  /** To be made before any virtual time passes: what happened before is not seen. */
  constructor(world: ObservedWorld, { excusesAbsence = false }: ObserverOptions = {}) {
    this.violations = this.#violations;
    this.#world = world;
    this.#chunks = new ChunkStores(world);
    const plans = world.collators.map(({ plan }) => plan);
    this.#machines = new Map(plans.map(({ id, machine }) => [id, machine()]));
    this.#liveness = new Liveness(plans.map(({ id }) => id));
    this.#validatorNames = new Set(world.validatorNames);
    this.#signatures = new SignatureChecker(() => this.#secondedMax);
    this.#accountability = new AccountabilityChecker(namesIn(world, excusesAbsence));
    this.#promises = new PromiseChecker(world.slotMs);
    const { header, top } = world.network.genesis;
    const hash = headerHash(header);
    const { heads } = readRelayState(top);
    const genesis = { hash, number: header.number, stateRoot: header.stateRoot };
    this.#forks.set(hash, genesisFork(genesis, heads));
    for (const node of world.network.nodes) this.#watch(node);
    world.onStarted((node) => {
      this.#addNow(this.#finality.restarted(node.name, node.chain.finalized().number));
      this.#watch(node);
    });
    world.attend({
      signed: (node, keyType, message) => {
        if (!this.#isHonest(node)) return;
        this.#addNow(this.#signatures.signed(node, keyType, message));
        const signed = readSigned(keyType, message);
        if (signed?.type === "finalityVote" && signed.stage === "prevote")
          this.#addNow(this.#disputes.votedFor(node, signed.target));
      },
      heard: (node, protocol, bytes) => {
        if (protocol === "grandpa/1" && this.#isHonest(node)) this.#onGrandpa(node, bytes);
      },
    });
  }

  /**
   * From now on messages arrive, and nobody misbehaves but those who stay away for ever: what has to move is
   * asserted to move.
   */
  calmBegins(dead: ReadonlySet<string> = new Set()): void {
    this.#dead = dead;
    this.#promises.begin({
      sinceMs: this.#world.now,
      best: this.#best()?.chain.best().number ?? 0,
    });
  }

  /** The run is over: what had to happen by now is judged. To be called once, before the nodes stop. */
  end(): void {
    const node = this.#best();
    assert(node !== undefined, "a network has an honest validator that is up");
    const { chain, states } = node;
    const { now, slotMs, cast, network } = this.#world;
    for (const [candidate] of cast.conspiracy.invented)
      this.#addNow(this.#signatures.isValid(candidate, false));
    const penalties: Penalty[] = [];
    const isCalm = this.#promises.isCalm;
    for (const [, record] of this.#chainFrom(chain.best().hash)) {
      penalties.push(...record.penalties);
      if (isCalm) this.#promises.inBlock(record);
    }
    const state = states.view(chain.best().hash);
    assert(state !== undefined, "the best block's state is kept");
    const best = chain.best().number;
    const lost = new Set([
      ...lostDisputes(state),
      ...this.#disputes.lostBy(best - PAID_WITHIN_BLOCKS),
    ]);
    this.#addNow(this.#accountability.ended(lost, penalties));
    const { epochLength } = runtimeApi.babeConfiguration(state);
    this.#addNow(this.#equivocations.ended(now, epochLength * slotMs));
    for (const { name, chain: its } of network.nodes)
      if (this.#isHonest(name) && this.#validatorNames.has(name))
        this.#addNow(
          this.#disputes.ended(name, its.best().number, (candidate) =>
            this.#wasIncluded.has(candidate),
          ),
        );
    this.#addNow(this.#overfilled());
    const away = this.#dead.size + (this.#records.get(chain.best().hash)?.disabled.length ?? 0);
    const count = this.#validatorNames.size;
    this.#addNow(this.#promises.ended(chain.best().number, now, (count - away) / count));
    const honest = new Map<string, string>(
      network.nodes
        .filter(({ name }) => cast.replacement(name) === undefined)
        .map(({ name, localPeer }) => [localPeer, name]),
    );
    for (const { by, of, isBanned, reason } of this.#world.reputation)
      if (isBanned && honest.has(by) && honest.has(of))
        this.#addNow([problem("A2", `${honest.get(by)} bans ${honest.get(of)}: ${reason}`)]);
  }

  /** How each property stands, in the order of the catalogue. */
  verdicts(): Verdict[] {
    const { blocks, candidates, inclusions, chunks, executed, finalized, votes } = this.#counts;
    const { disputed, invalid, slowest } = this.#disputes.counts;
    const { penalties, signatures } = this.#accountability.counts;
    const { seen: twice, reported } = this.#equivocations.counts;
    const best = this.#best()?.chain.best().number ?? 0;
    const seen: Partial<Record<Property, string>> = {
      S1: `${finalized} finalizations of ${this.#finality.heights} heights`,
      S2: `${executed} candidates executed again`,
      S3: `${inclusions} inclusions with ${chunks} honest chunks`,
      S4: `${this.#statesCompared} states compared`,
      S5: `${this.#signatures.judged} candidates that honest validators voted on`,
      S6: `${this.#signatures.looked} signatures`,
      S7: `${disputed} disputed candidates, ${invalid} lost`,
      S8: `${candidates} backed candidates with ${votes} votes in ${blocks} blocks`,
      A1: `${invalid} candidates concluded invalid`,
      A2: `${penalties} penalties`,
      A3: `${twice} equivocations seen, ${reported} offenders reported`,
      A4: `${signatures} signatures on chain`,
      R2: `at most ${this.#madeUp} disputes about nothing in a session`,
      L4: `${disputed} disputes, the slowest took ${slowest} blocks`,
      ...Object.fromEntries(this.#promises.seen(best, this.#world.now)),
    };
    const broken = new Set(this.#violations.map(({ property }) => property));
    return (Object.keys(PROPERTIES) as Property[]).flatMap((property) => {
      const figures = seen[property];
      return figures === undefined && !broken.has(property)
        ? []
        : [{ property, held: !broken.has(property), seen: figures ?? "" }];
    });
  }

  /** What was checked and what was found, the same for every run of a seed. */
  report(): string[] {
    const { blocks, candidates, votes, bitfields, inclusions, chunks, executed, finalized } =
      this.#counts;
    const outcome = this.#violations.map(violationLine);
    if (this.#moreViolations > 0) outcome.push(`and ${this.#moreViolations} more violations`);
    return [
      `checked ${blocks} relay blocks, ${candidates} backed candidates with ${votes} votes, ${bitfields} bitfields`,
      `checked ${inclusions} inclusions with ${chunks} chunks, executed ${executed} parachain blocks again`,
      `checked ${finalized} finalizations of ${this.#finality.heights} heights`,
      ...this.#liveness.report(),
      ...(outcome.length > 0 ? outcome : ["no violation"]),
    ];
  }

  /** Of the validator of that name; none when it is down. */
  #disputeRecords(name: string): DisputeDatabase[] {
    return this.#world.validators
      .filter((node) => node.name === name)
      .map((node) => new DisputeDatabase(this.#world.store(node)));
  }

  /**
   * R2: a dispute about what no block backs takes a slot of one who voted against, and a validator has few of them
   * in a session.
   */
  #overfilled(): Problem[] {
    const { validators, store } = this.#world;
    return validators
      .filter(({ name }) => this.#isHonest(name))
      .flatMap((node) => {
        const database = new DisputeDatabase(store.call(this.#world, node));
        const bySession = new Map<SessionIndex, { disputes: number; against: Set<number> }>();
        for (const key of database.disputes()) {
          if (this.#sessionKeys.has(key.candidateHash)) continue;
          const its = bySession.get(key.session) ?? { disputes: 0, against: new Set() };
          bySession.set(key.session, its);
          its.disputes += 1;
          for (const index of database.votes(key)?.invalid.keys() ?? []) its.against.add(index);
        }
        return [...bySession].flatMap(([session, { disputes, against }]) => {
          this.#madeUp = Math.max(this.#madeUp, disputes);
          const most = SLOTS_PER_VALIDATOR * against.size;
          return disputes <= most
            ? []
            : [
                problem(
                  "R2",
                  `${node.name} keeps ${disputes} disputes about nothing of session ${session}, ${most} have room`,
                ),
              ];
        });
      });
  }

  // Watching

  #isHonest(name: string): boolean {
    return !this.#world.cast.isFaulty(name);
  }

  /** The honest validator that is up and farthest. */
  #best(): RelayNode | undefined {
    const { validators } = this.#world;
    return validators
      .filter(({ name }) => this.#isHonest(name) && !this.#dead.has(name))
      .reduce<RelayNode | undefined>(
        (best, node) =>
          best === undefined || node.chain.best().number > best.chain.best().number ? node : best,
        undefined,
      );
  }

  #watch(node: RelayNode): void {
    const { name, chain } = node;
    node.events.subscribe((event) => {
      if (this.#isHonest(name)) this.#onEvent(node, event);
    });
    chain.subscribe((event) => {
      switch (event.type) {
        case "imported":
          this.#onImported(node, event);
          break;
        case "newBest":
          this.#liveness.progress(event.head.number, chain.finalized().number);
          if (this.#isHonest(name) && this.#validatorNames.has(name) && !this.#dead.has(name))
            this.#promises.progress(
              name,
              event.head.number,
              chain.finalized().number,
              this.#world.now,
              this.#disputes.lastConclusion,
            );
          break;
        case "finalized":
          if (this.#isHonest(name)) {
            this.#addNow(
              checkProof(name, event.justification, this.#fewestVoters(event.head.hash)),
            );
            for (const { number, hash } of event.finalized) this.#onFinalized(node, number, hash);
          }
          this.#prune();
          break;
        default:
          break;
      }
    });
  }

  #onEvent({ name, chain }: RelayNode, event: NodeEvent): void {
    const best = chain.best().number;
    if (event.event === "dispute.raised") {
      const by = this.#sessionKeys.get(event.candidate)?.[event.validator];
      const disabled = this.#records.get(chain.best().hash)?.disabled ?? [];
      if (by !== undefined && !disabled.includes(by))
        this.#disputes.raised(name, event.candidate, best);
    }
    if (event.event === "dispute.concluded")
      this.#addNow(this.#disputes.concluded(name, event.candidate, event.outcome, best));
  }

  #onGrandpa(name: string, bytes: Uint8Array): void {
    const gossip = tryDecode(GrandpaGossip, bytes);
    if (!gossip.ok || gossip.value.type !== "vote") return;
    const node = this.#world.validators.find((one) => one.name === name);
    if (node?.finalityRound()?.round === gossip.value.value.round)
      this.#equivocations.heard(name, gossip.value.value, this.#world.now);
  }

  #onFinalized({ name }: RelayNode, number: BlockNumber, hash: Hash): void {
    const before = this.#finality.heights;
    this.#counts.finalized += 1;
    const found = this.#finality.finalized(name, number, hash);
    const record = this.#records.get(hash);
    if (record !== undefined) {
      found.push(...this.#disputes.finalized(name, record.included));
      for (const fault of record.faults) found.push(problem("S2", `${name} finalizes ${fault}`));
    }
    this.#add(number, hash, found);
    if (this.#finality.heights > before) this.#liveness.finalized(hash);
  }

  #onImported(node: RelayNode, event: ImportedEvent): void {
    const { block, header, author, preDigest } = event;
    const { slot } = preDigest.value;
    if (this.#isHonest(node.name))
      this.#equivocations.imported(node.name, author, slot, block.hash, this.#world.now);
    const known = this.#records.get(block.hash);
    if (known !== undefined) {
      this.#compareStates(node, event, known);
      return;
    }
    const parent = this.#forks.get(header.parentHash);
    assert(parent !== undefined, `block ${block.number} was imported before its parent`);
    this.#judge(parent, observeBlock(node, event), node);
  }

  /** The block's header binds its state; what the state binds is compared all the same. */
  #compareStates(node: RelayNode, { block }: ImportedEvent, { events }: BlockRecord): void {
    const state = node.states.view(block.hash);
    if (state === undefined) return;
    this.#statesCompared += 1;
    if (!equalBytes(eventBytes(state), events))
      this.#add(block.number, block.hash, [problem("S4", `${node.name} has other events of it`)]);
  }

  // Judging

  #judge(parent: Fork, block: ObservedBlock, node: RelayNode): void {
    const { hash, header, slot, inherent } = block;
    const { fork, included, backed, problems } = advance(parent, block);
    this.#forks.set(hash, fork);
    this.#counts.blocks += 1;
    this.#counts.bitfields += inherent.bitfields.length;
    this.#secondedMax = Math.max(
      this.#secondedMax,
      1 + block.before.configuration.asyncBackingParams.maxCandidateDepth,
    );
    this.#noteSession(block);
    const found = [...problems, ...checkBitfields(block), ...this.#accountability.block(block)];
    for (const { type, proof } of block.reports)
      found.push(
        ...(type === "author"
          ? this.#equivocations.authorReported(proof)
          : this.#equivocations.voterReported(proof)),
      );
    for (const candidate of backed)
      found.push(...this.#judgeBacked(parent, fork, block, candidate));
    const faults: string[] = [];
    for (const candidate of included) found.push(...this.#judgeIncluded(block, candidate, faults));
    found.push(...this.#judgeAuthor(block), ...tooFewVotes(block));
    this.#add(header.number, hash, found);
    const paras = included.map(({ receipt }) => receipt.descriptor.paraId);
    this.#liveness.block(hash, slot, paras);
    const state = node.states.view(hash);
    this.#records.set(hash, {
      number: header.number,
      parent: header.parentHash,
      included: included.map((candidate) => candidate.hash),
      includedParas: paras,
      couldBack: this.#couldBack(fork, block),
      faults,
      penalties: block.penalties,
      voters: block.after.sessionInfo.validators.length,
      disabled: block.disabled,
      events: state === undefined ? new Uint8Array() : eventBytes(state),
    });
  }

  #noteSession({ votes, before }: ObservedBlock): void {
    for (const { receipt } of votes?.backingValidatorsPerCandidate ?? [])
      this.#sessionKeys.set(candidateHash(receipt), before.sessionInfo.validators);
  }

  /** Whoever seals a block has seen its parent, and knows what became of what that includes. */
  #judgeAuthor({ author, header, slot, hash }: ObservedBlock): Problem[] {
    const node = this.#world.validators.find((one) => this.#world.keysOf(one).babe === author);
    if (node === undefined || !this.#isHonest(node.name)) return [];
    return [
      ...this.#signatures.authored(node.name, slot, hash),
      ...this.#disputes.builtOn(node.name, header.parentHash),
    ];
  }

  /** Paras for whose cores enough of the next block's group is there, honest and not disabled. */
  #couldBack({ sessionStart }: Fork, { header, after, disabled }: ObservedBlock): ParaId[] {
    const { session, sessionInfo, configuration, parachains } = after;
    const { validatorGroups, validators } = sessionInfo;
    const { cast, keysOf } = this.#world;
    const reliable = new Set(
      this.#world.validators
        .filter(({ name }) => !cast.isUnreliable(name) && !this.#dead.has(name))
        .map((node) => keysOf.call(this.#world, node).paraValidator)
        .filter((key) => !disabled.includes(key)),
    );
    // In the first block of a session nothing can be backed on its parent.
    if (session !== this.#forks.get(header.parentHash)?.session) return [];
    return parachains.filter((para, core) => {
      if (cast.replacement(collatorName(para)) !== undefined) return false;
      const rotation = {
        sessionStart,
        frequency: configuration.schedulerParams.groupRotationFrequency,
        groupCount: validatorGroups.length,
      };
      const group = groupOfCore(asCoreIndex(core), header.number + 1, rotation);
      const members = group === undefined ? [] : (validatorGroups[group] ?? []);
      const there = members.filter((index) => reliable.has(validators[index] as ValidatorId));
      return (
        members.length > 0 &&
        there.length >= backingThreshold(members.length, configuration.minimumBackingVotes)
      );
    });
  }

  #judgeBacked(
    parent: Fork,
    { sessionStart }: Fork,
    { before }: ObservedBlock,
    candidate: NewlyBacked,
  ): Problem[] {
    const { session, sessionInfo, configuration } = before;
    this.#counts.candidates += 1;
    this.#counts.votes += candidate.backed.validityVotes.length;
    const relayParent = relayParentOf(parent, candidate, configuration);
    const rotation = {
      sessionStart,
      frequency: configuration.schedulerParams.groupRotationFrequency,
      groupCount: sessionInfo.validatorGroups.length,
    };
    const group =
      relayParent === undefined
        ? undefined
        : groupOfCore(candidate.core, relayParent.number + 1, rotation);
    const { minimumBackingVotes } = configuration;
    return [
      ...checkHeadChain(candidate, relayParent, configuration),
      ...checkBacking(candidate, { session, sessionInfo, group, minimumBackingVotes }),
    ];
  }

  /** Adds to `faults` why the candidate is invalid: that is a violation only where it becomes final. */
  #judgeIncluded(
    { before, codeOf }: ObservedBlock,
    candidate: PendingCandidate,
    faults: string[],
  ): Problem[] {
    this.#counts.inclusions += 1;
    this.#wasIncluded.add(candidate.hash);
    const { validators } = before.sessionInfo;
    const holders = this.#chunks
      .holders(validators, candidate.hash)
      .filter(({ name }) => this.#isHonest(name));
    const judged = checkAvailability(candidate, validators.length, holders);
    this.#counts.chunks += judged.chunks;
    const found = [...judged.faults];
    const machine = this.#machines.get(candidate.receipt.descriptor.paraId);
    if (judged.data !== undefined && machine !== undefined) {
      this.#counts.executed += 1;
      const fault = checkExecution(candidate, judged.data, machine, codeOf);
      if (fault !== undefined) found.push(fault);
    }
    faults.push(...found);
    const isKnown = found.length > 0 || (judged.data !== undefined && machine !== undefined);
    const wrong = isKnown ? this.#signatures.isValid(candidate.hash, found.length === 0) : [];
    return [...judged.problems, ...wrong];
  }

  /** A set of voters takes over some time after its session has begun: as few as any of the last ones had. */
  #fewestVoters(head: Hash): number {
    let fewest = this.#world.validatorNames.length;
    for (const [, { number, voters }] of this.#chainFrom(head)) {
      if (number < (this.#records.get(head)?.number ?? 0) - KEPT_BEHIND_FINALITY) break;
      fewest = Math.min(fewest, voters);
    }
    return fewest;
  }

  // Records

  /** The block and those below it, down to genesis. */
  *#chainFrom(hash: Hash): Iterable<readonly [Hash, BlockRecord]> {
    for (let at = hash, record = this.#records.get(at); record !== undefined; ) {
      yield [at, record];
      at = record.parent;
      record = this.#records.get(at);
    }
  }

  /** What unfinalized blocks up to this one include. */
  *#includedUpTo(block: Hash): Iterable<CandidateHash> {
    for (const [, { number, included }] of this.#chainFrom(block)) {
      if (number <= this.#finality.heights) return;
      yield* included;
    }
  }

  /** Where the network is now. */
  #addNow(problems: readonly Problem[]): void {
    if (problems.length === 0) return;
    const best = this.#best()?.chain.best();
    this.#add(
      best?.number ?? 0,
      best?.hash ?? headerHash(this.#world.network.genesis.header),
      problems,
    );
  }

  #add(number: BlockNumber, hash: Hash, problems: readonly Problem[]): void {
    const room = VIOLATIONS_MAX - this.#violations.length;
    for (const problem of problems.slice(0, room))
      this.#violations.push({ ...problem, number, hash });
    this.#moreViolations += Math.max(0, problems.length - room);
  }

  #prune(): void {
    const { nodes } = this.#world.network;
    const everywhere = Math.min(...nodes.map(({ chain }) => chain.finalized().number));
    for (const [hash, { relayParents }] of this.#forks) {
      const number = relayParents[0]?.number ?? 0;
      if (number < everywhere - KEPT_BEHIND_FINALITY) this.#forks.delete(hash);
    }
  }
}

/** Who the chain's accounts and keys belong to. */
function namesIn(
  { validatorNames, cast, validators }: ObservedWorld,
  excusesAbsence: boolean,
): Names {
  const accounts = new Map(
    validatorNames.map((name, index) => [developmentValidator(index).account, name]),
  );
  const keys = new Map(
    validatorNames.map((name, index) => [developmentValidator(index).keys.paraValidator, name]),
  );
  const running = new Set(validators.map(({ name }) => name));
  return {
    ofAccount: (account: AccountId) => accounts.get(account),
    ofKey: (key: ValidatorId) => keys.get(key),
    isHonest: (name: string) => running.has(name) && !cast.isFaulty(name),
    mayBeAbsent: (name: string) => excusesAbsence || cast.isUnreliable(name),
  };
}

/** A dispute that the chain has concluded has a supermajority on one side. */
function tooFewVotes({ concluded }: ObservedBlock): Problem[] {
  return concluded.flatMap(({ candidate, votesFor, votesAgainst, voters }) => {
    const needed = voters - Math.floor((voters - 1) / 3);
    return Math.max(votesFor, votesAgainst) >= needed
      ? []
      : [
          problem(
            "S7",
            `${candidate} concluded with ${votesFor} for and ${votesAgainst} against, of ${needed}`,
          ),
        ];
  });
}
