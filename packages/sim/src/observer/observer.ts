/**
 * Stands outside of all nodes and sees into each of them: every relay block that any of them imports is
 * judged once, when it is first seen, and everything that any of them finalizes is compared with what
 * the others finalized. The checkers know only the property (fault catalogue, section 1); what they
 * compute they compute themselves.
 *
 * Records of blocks are kept until all nodes have finalized well beyond them.
 */
import { assert } from "@parahost/base";
import type { ParaStateMachine } from "@parahost/kit";
import type { RelayNode } from "@parahost/node/service/node";
import { type BlockNumber, type Hash, headerHash, type ParaId } from "@parahost/primitives";
import type { Simulation } from "../simulation.ts";
import { checkAvailability } from "./checkers/availability.ts";
import { checkBacking } from "./checkers/backing.ts";
import { checkBitfields } from "./checkers/bitfields.ts";
import { checkExecution } from "./checkers/execution.ts";
import { FinalityChecker } from "./checkers/finality.ts";
import { checkHeadChain, relayParentOf } from "./checkers/head-chain.ts";
import { Liveness } from "./checkers/liveness.ts";
import { ChunkStores } from "./chunk-stores.ts";
import {
  advance,
  type Fork,
  genesisFork,
  type NewlyBacked,
  type PendingCandidate,
} from "./fork.ts";
import { type ImportedEvent, type ObservedBlock, observeBlock } from "./observed-block.ts";
import { readRelayState } from "./relay-state.ts";
import { groupOfCore } from "./rotation.ts";
import { type Problem, type Violation, violationLine } from "./violation.ts";

/** Blocks behind what all nodes have finalized whose records are kept. */
const KEPT_BEHIND_FINALITY = 64;
/** Violations that are kept; a broken run breaks something in every block. */
const VIOLATIONS_MAX = 100;

/** What the observer is shown: the nodes, their disks, and what each para runs. */
export type ObservedWorld = Pick<
  Simulation,
  "validators" | "collators" | "network" | "store" | "keysOf"
>;

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
  readonly #finality = new FinalityChecker();
  readonly #liveness: Liveness;
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
  constructor(world: ObservedWorld) {
    this.violations = this.#violations;
    this.#world = world;
    this.#chunks = new ChunkStores(world);
    const plans = world.collators.map(({ plan }) => plan);
    this.#machines = new Map(plans.map(({ id, machine }) => [id, machine()]));
    this.#liveness = new Liveness(plans.map(({ id }) => id));
    const { header, top } = world.network.genesis;
    const hash = headerHash(header);
    const { heads } = readRelayState(top);
    const genesis = { hash, number: header.number, stateRoot: header.stateRoot };
    this.#forks.set(hash, genesisFork(genesis, heads));
    for (const node of world.network.nodes) this.#watch(node);
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

  // Watching

  #watch(node: RelayNode): void {
    node.chain.subscribe((event) => {
      switch (event.type) {
        case "imported":
          this.#onImported(node, event);
          break;
        case "newBest":
          this.#liveness.progress(event.head.number, node.chain.finalized().number);
          break;
        case "finalized":
          for (const { number, hash } of event.finalized) this.#onFinalized(node, number, hash);
          this.#prune();
          break;
        default:
          break;
      }
    });
  }

  #onFinalized(node: RelayNode, number: BlockNumber, hash: Hash): void {
    const before = this.#finality.heights;
    this.#counts.finalized += 1;
    this.#add(number, hash, this.#finality.finalized(node.name, number, hash));
    if (this.#finality.heights > before) this.#liveness.finalized(hash);
  }

  #onImported(node: RelayNode, event: ImportedEvent): void {
    const { block, header } = event;
    if (this.#forks.has(block.hash)) return;
    const parent = this.#forks.get(header.parentHash);
    assert(parent !== undefined, `block ${block.number} was imported before its parent`);
    this.#judge(parent, observeBlock(node, event));
  }

  // Judging

  #judge(parent: Fork, block: ObservedBlock): void {
    const { hash, header, slot, inherent } = block;
    const { fork, included, backed, problems } = advance(parent, block);
    this.#forks.set(hash, fork);
    this.#counts.blocks += 1;
    this.#counts.bitfields += inherent.bitfields.length;
    const found = [...problems, ...checkBitfields(block)];
    for (const candidate of backed)
      found.push(...this.#judgeBacked(parent, fork, block, candidate));
    for (const candidate of included) found.push(...this.#judgeIncluded(block, candidate));
    this.#add(header.number, hash, found);
    const paras = included.map(({ receipt }) => receipt.descriptor.paraId);
    this.#liveness.block(hash, slot, paras);
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

  #judgeIncluded({ before }: ObservedBlock, candidate: PendingCandidate): Problem[] {
    this.#counts.inclusions += 1;
    const { validators } = before.sessionInfo;
    const holders = this.#chunks.holders(validators, candidate.hash);
    const { problems, chunks, data } = checkAvailability(candidate, validators.length, holders);
    this.#counts.chunks += chunks;
    const machine = this.#machines.get(candidate.receipt.descriptor.paraId);
    if (data === undefined || machine === undefined) return [...problems];
    this.#counts.executed += 1;
    return [...problems, ...checkExecution(candidate, data, machine)];
  }

  // Records

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
