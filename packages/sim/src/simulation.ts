/**
 * A network in a virtual world: one process, one thread, a clock that jumps from timer to timer, and
 * every chance drawn from one seed. Two simulations with the same options do the same, to the byte.
 */
import {
  HostError,
  type Logger,
  randomBelow,
  SeededRandom,
  silentLogger,
  VirtualClock,
} from "@parahost/base";
import { CachingVerifier, DirectVerifier } from "@parahost/crypto";
import { InlineExecutor } from "@parahost/executor";
import {
  MemoryNetwork,
  type Network,
  type PeerId,
  peerIdOfName,
  type ReputationChange,
} from "@parahost/network";
import type { ApprovalProfile } from "@parahost/node/approval-criteria/criteria";
import {
  type FishermanConfig,
  NODE_COLUMNS,
  type NodeColumn,
  type RelayNode,
} from "@parahost/node/service/node";
import type { HostConfiguration } from "@parahost/primitives";
import { developmentKeys, developmentUri, type SessionKeys } from "@parahost/runtime";
import { MemoryStore } from "@parahost/storage";
import { CrashingStore } from "@parahost/storage/testing/crashing-store";
import { dying } from "./crashes/dying-machine.ts";
import { disturbed } from "./lab/network-faults.ts";
import { DEFAULT_LINKS, type LinkSettings, SeededLinks } from "./links.ts";
import {
  type Collator,
  type LocalNetwork,
  type Replacement,
  startLocalNetwork,
  validatorName,
} from "./local-network.ts";
import { type ParaPlan, planParas } from "./para-plan.ts";
import { Cast } from "./strategies/cast.ts";
import { composed } from "./strategies/strategy.ts";
import type { Role } from "./strategies/villain.ts";
import { type Witness, witnessing } from "./witness.ts";

/** Virtual worlds begin here, 2024-01-01, or within a year of slots of it: a time that means nothing. */
const EPOCH_MS = 1_704_067_200_000;
const STARTS = 5_256_000;

export interface SimulationOptions {
  readonly seed: number;
  readonly validators: number;
  /** How many parachains, or which. */
  readonly paras: number | readonly ParaPlan[];
  /** They take turns by slot; 1 unless given. */
  readonly collatorsPerPara?: number;
  readonly slotMs?: number;
  readonly epochSlots?: number;
  readonly links?: Partial<LinkSettings>;
  /** Validators of a backing group at most; see `localGenesis`. */
  readonly groupSize?: number;
  /** Fields of the host configuration that differ from a local network's. */
  readonly configuration?: Partial<HostConfiguration>;
  /** Indices of validators whose nodes are not started: an adversary may join in their place. */
  readonly absent?: readonly number[];
  /** Who is faulty, and how; all others run the node's own code. */
  readonly roles?: readonly Role[];
  /** A full node that fishes for bad candidates. */
  readonly fisherman?: FishermanConfig;
  /** How checkers are drawn; Polkadot's way without it. */
  readonly approvalProfile?: ApprovalProfile;
  /** Whether the guide's "it is invalid" is signed in backing; off unless given. */
  readonly invalidStatements?: boolean;
  /** A disk that crashes, for the nodes that have one. */
  readonly disk?: (name: string) => CrashingStore<NodeColumn> | undefined;
  /** Log lines with the virtual milliseconds since the start and the node's name. */
  readonly log?: (atMs: number, node: string) => Logger;
}

/** Signatures that are remembered to be good, for all nodes. */
const VERIFIED_SIGNATURES_MAX = 65_536;
/** Changes of reputation that are remembered; when there are more the older half goes. */
const REPUTATION_KEPT_MAX = 65_536;

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Simulation {
  readonly seed: number;
  readonly slotMs: number;
  readonly clock: VirtualClock;
  readonly links: SeededLinks;
  readonly network: LocalNetwork;
  readonly random: SeededRandom;
  readonly cast: Cast;
  readonly #startMs: number;
  readonly #executor = new InlineExecutor();
  readonly #stores = new Map<string, MemoryStore<NodeColumn> | CrashingStore<NodeColumn>>();
  readonly #failures: string[] = [];
  readonly #witnesses: Witness[] = [];
  readonly #witness: Witness = {
    signed: (...what) => {
      for (const { signed } of this.#witnesses) signed(...what);
    },
    heard: (...what) => {
      for (const { heard } of this.#witnesses) heard(...what);
    },
  };
  readonly #startListeners: ((node: RelayNode) => void)[] = [];
  readonly #medium: MemoryNetwork;
  readonly #verifier = new CachingVerifier(new DirectVerifier(), VERIFIED_SIGNATURES_MAX);
  readonly #keys = new Map<string, SessionKeys>();
  readonly #reputation: ReputationChange[] = [];

  /** Starts all nodes at virtual time zero. */
  constructor(options: SimulationOptions) {
    const { seed, validators, slotMs = 6000, epochSlots = 20, configuration, absent } = options;
    const { fisherman, approvalProfile, groupSize, invalidStatements = false } = options;
    this.seed = seed;
    this.slotMs = slotMs;
    const random = new SeededRandom(seed);
    // Nodes start in the middle of a slot, as they would. Which slot is up to the seed, so that it shows in
    // the very first block, where no other chance has had a say.
    const firstSlot = Math.floor(EPOCH_MS / slotMs) + randomBelow(random.fork("start"), STARTS);
    this.#startMs = firstSlot * slotMs + slotMs / 2;
    this.clock = new VirtualClock(this.#startMs);
    const settings = { ...DEFAULT_LINKS, ...options.links };
    this.links = new SeededLinks(random.fork("links"), this.clock, settings);
    this.random = random.fork("scenario");
    this.#medium = new MemoryNetwork(this.clock, this.links, (change) =>
      this.#onReputation(change),
    );
    for (let index = 0; index < validators; index++)
      this.#keys.set(validatorName(index), developmentKeys(developmentUri(index)));
    const nodesRandom = random.fork("nodes");
    const paras = typeof options.paras === "number" ? planParas(options.paras) : options.paras;
    this.cast = new Cast(
      options.roles ?? [],
      paras.map(({ id }) => id),
      { clock: this.clock, slotMs, random: random.fork("cast") },
    );
    const requests = random.fork("requests");
    this.network = startLocalNetwork(
      {
        validators,
        paras,
        ...(options.collatorsPerPara === undefined
          ? {}
          : { collatorsPerPara: options.collatorsPerPara }),
        slotMs,
        epochSlots,
        ...(groupSize === undefined ? {} : { groupSize }),
        ...(configuration === undefined ? {} : { configuration }),
        ...(absent === undefined ? {} : { absent }),
        twins: this.cast.twins,
        ...(fisherman === undefined ? {} : { fisherman }),
        ...(approvalProfile === undefined ? {} : { approvalProfile }),
        invalidStatements,
      },
      {
        clock: this.clock,
        executor: this.#executor,
        network: (peer) => disturbed(this.#medium.join(peer), this.links, requests),
        random: (name) => nodesRandom.fork(name),
        logger: (name) => this.#logger(name, options.log),
        // A node that starts again finds what it has written.
        store: (name) => {
          const store =
            this.#stores.get(name) ??
            options.disk?.(name) ??
            this.cast.disk(name) ??
            new MemoryStore(NODE_COLUMNS);
          if (store instanceof CrashingStore && store.isDown) store.restart();
          this.#stores.set(name, store);
          return store;
        },
        replacement: (name) => {
          const cast = this.cast.replacement(name);
          const own = [
            witnessing(name, this.#witness),
            this.#sharingVerifier(),
            this.#crashing(name),
          ];
          return composed(cast === undefined ? own : [...own, cast]);
        },
      },
    );
    for (const node of this.network.nodes) this.#watch(node);
    this.cast.start(this);
  }

  /** Names of all validators, those without a node included, in the order of their indices. */
  get validatorNames(): readonly string[] {
    return [...this.#keys.keys()];
  }

  get validators(): readonly RelayNode[] {
    return this.network.validators;
  }

  get collators(): readonly Collator[] {
    return this.network.collators;
  }

  /** Virtual time, Unix milliseconds. */
  get now(): number {
    return this.clock.now();
  }

  /** What a node keeps on its disk, for observers. */
  store(node: RelayNode): MemoryStore<NodeColumn> {
    const store = this.#stores.get(node.name);
    if (store === undefined) throw new RangeError(`no node is called ${node.name}`);
    return store instanceof CrashingStore ? store.contents : store;
  }

  /** The session keys of a validator's node. */
  keysOf(node: RelayNode): SessionKeys {
    const keys = this.#keys.get(node.name);
    if (keys === undefined) throw new RangeError(`${node.name} is no validator`);
    return keys;
  }

  /** A new member of the network that is none of the nodes: an adversary, or a probe. */
  join(name: string): Network {
    return this.#medium.join(peerIdOfName(name));
  }

  /** What nodes have said about the behaviour of others, oldest first. */
  get reputation(): readonly ReputationChange[] {
    return this.#reputation;
  }

  /** Lets `ms` virtual milliseconds pass. Throws when a node failed. */
  async run(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    while (this.clock.now() < end)
      try {
        await this.clock.runUntil(end, settle);
      } catch (error) {
        // A machine that crashes takes nobody else with it.
        if (!(error instanceof HostError && error.code === "crashed")) throw error;
      }
    this.#throwFailures();
  }

  /**
   * Runs until `done` says so, asked every half slot. False when it did not within `limitMs`. Throws
   * when a node failed.
   */
  async runUntil(done: () => boolean, limitMs: number): Promise<boolean> {
    const end = this.clock.now() + limitMs;
    while (!done()) {
      if (this.clock.now() >= end) return false;
      await this.run(Math.min(this.slotMs / 2, end - this.clock.now()));
    }
    return true;
  }

  /**
   * Ends a validator's node, and starts it again `downMs` later with what it had written. Whoever watches nodes
   * is told by `onStarted`.
   */
  async restart(index: number, downMs: number): Promise<void> {
    const node = await this.network.restart(index, downMs);
    this.#watch(node);
    for (const listener of this.#startListeners) listener(node);
  }

  /** Calls `listener` with each node that starts from now on. */
  onStarted(listener: (node: RelayNode) => void): void {
    this.#startListeners.push(listener);
  }

  /** Shows `witness` what keys sign and what nodes hear from now on. */
  attend(witness: Witness): void {
    this.#witnesses.push(witness);
  }

  /** Runs until every validator that is not cut off has finalized this relay block. */
  runUntilFinalized(number: number, limitMs: number, except: readonly RelayNode[] = []) {
    const waiting = this.validators.filter((node) => !except.includes(node));
    return this.runUntil(
      () => waiting.every(({ chain }) => chain.finalized().number >= number),
      limitMs,
    );
  }

  /** Nothing reaches or leaves the last `count` validators until `heal`. */
  silence(count: number): readonly RelayNode[] {
    const silent = this.validators.slice(this.validators.length - count);
    this.links.cutOff(silent.map(({ name }) => peerIdOfName(name)));
    return silent;
  }

  heal(): void {
    this.links.heal();
  }

  peerOf(index: number): PeerId {
    return peerIdOfName(validatorName(index));
  }

  async stop(): Promise<void> {
    const stopping = this.network.stop();
    // Stopping takes virtual time: subsystems may wait for timers.
    let isStopped = false;
    void stopping.then(() => {
      isStopped = true;
    });
    while (!isStopped) {
      await settle();
      if (!isStopped) await this.clock.step(settle);
    }
    await this.#executor.close();
  }

  /** A signature that one node has found good is checked by no other: the answer would be the same. */
  #sharingVerifier(): Replacement {
    return { ports: (own) => ({ ...own, verifier: this.#verifier }) };
  }

  #crashing(name: string): Replacement {
    const store = this.#stores.get(name);
    return store instanceof CrashingStore ? { ports: (own) => dying(own, store) } : {};
  }

  #watch(node: RelayNode): void {
    void node.ended.then(({ reason }) => {
      const store = this.#stores.get(node.name);
      const isCrashed = store instanceof CrashingStore && store.isDown;
      if (reason.type === "failed" && !isCrashed)
        this.#failures.push(`${node.name}: ${reason.subsystem}: ${String(reason.failure)}`);
    });
  }

  #onReputation(change: ReputationChange): void {
    this.#reputation.push(change);
    if (this.#reputation.length > REPUTATION_KEPT_MAX)
      this.#reputation.splice(0, REPUTATION_KEPT_MAX / 2);
  }

  #logger(name: string, log: SimulationOptions["log"]): Logger {
    if (log === undefined) return silentLogger;
    return {
      log: (level, target, message, fields) =>
        log(this.clock.now() - this.#startMs, name).log(level, target, message, fields),
    };
  }

  #throwFailures(): void {
    if (this.#failures.length > 0)
      throw new Error(`seed ${this.seed}: a node failed: ${this.#failures.join("; ")}`);
  }
}
