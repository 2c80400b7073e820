/**
 * A node put together: chain, consensus, sync, pool, and the overseer with its subsystems. What it runs
 * on (clock, network, disk, executor, keys, chance) it is given. DESIGN: one node, two worlds.
 */
import {
  assert,
  type Clock,
  describe,
  err,
  type HostError,
  type Logger,
  ok,
  type Random,
  type Result,
  type Timer,
} from "@parahost/base";
import {
  BabeAuthor,
  type BlockRef,
  type Chain,
  type ChainEvent,
  GrandpaVoter,
  ImportQueue,
  keepBehind,
  type RoundStatus,
  type SelectChain,
  threeQuarters,
  type VotingRule,
} from "@parahost/consensus";
import {
  CachingVerifier,
  type KeyPair,
  type Keystore,
  type SignatureVerifier,
} from "@parahost/crypto";
import { directCoder, type ErasureCoder } from "@parahost/erasure";
import { compressBlob, type Executor } from "@parahost/executor";
import {
  type AddressError,
  type ChainIdentity,
  ChainSync,
  type Network,
  type NotificationChannel,
  type PeerId,
  type PeerState,
  peerId,
  peerIdBytes,
  Role,
} from "@parahost/network";
import {
  type AvailableData,
  type Balance,
  type CandidateHash,
  type CandidateReceipt,
  type CollatorId,
  type CommittedCandidateReceipt,
  type CoreIndex,
  candidateHash,
  type GroupIndex,
  type Hash,
  type ParaId,
  type SessionIndex,
} from "@parahost/primitives";
import { type Genesis, runtimeApi, validateTransaction } from "@parahost/runtime";
import type { KeyValueStore } from "@parahost/storage";
import type { Overlay } from "@parahost/trie";
import type { ApprovalProfile } from "../approval-criteria/criteria.ts";
import { run as runApprovalDistribution } from "../approval-distribution/subsystem.ts";
import { run as runApprovalVoting } from "../approval-voting/subsystem.ts";
import { run as runAvailabilityDistribution } from "../availability-distribution/subsystem.ts";
import { run as runAvailabilityRecovery } from "../availability-recovery/subsystem.ts";
import { AVAILABILITY_COLUMNS } from "../availability-store/database.ts";
import { run as runAvailabilityStore } from "../availability-store/subsystem.ts";
import { run as runBitfieldDistribution } from "../bitfield-distribution/subsystem.ts";
import { run as runBitfieldSigning } from "../bitfield-signing/subsystem.ts";
import { run as runCandidateBacking } from "../candidate-backing/subsystem.ts";
import { run as runCandidateValidation } from "../candidate-validation/subsystem.ts";
import { run as runChainApi } from "../chain-api/subsystem.ts";
import { run as runChainSelection } from "../chain-selection/subsystem.ts";
import type { CollatorFunction } from "../collation-generation/messages.ts";
import { run as runCollationGeneration } from "../collation-generation/subsystem.ts";
import { runCollatorSide } from "../collator-protocol/collator-side.ts";
import { runValidatorSide } from "../collator-protocol/validator-side.ts";
import { DISPUTE_COLUMNS } from "../dispute-coordinator/database.ts";
import { run as runDisputeCoordinator } from "../dispute-coordinator/subsystem.ts";
import { run as runDisputeDistribution } from "../dispute-distribution/subsystem.ts";
import { EventBus } from "../event-bus.ts";
import { type BadCandidate, run as runFisherman } from "../fisherman/subsystem.ts";
import { run as runGossipSupport } from "../gossip-support/subsystem.ts";
import { run as runMisbehaviorArbitration } from "../misbehavior-arbitration/subsystem.ts";
import type { AuthorityDiscovery } from "../network-bridge/authority-discovery.ts";
import { NetworkBridge } from "../network-bridge/bridge.ts";
import { runRx } from "../network-bridge/rx.ts";
import { runTx } from "../network-bridge/tx.ts";
import { Overseer, type OverseerEnd, type Subsystems } from "../overseer/overseer.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import { run as runProspectiveParachains } from "../prospective-parachains/subsystem.ts";
import { run as runProvisioner } from "../provisioner/subsystem.ts";
import { run as runPvfChecker } from "../pvf-checker/subsystem.ts";
import { run as runRemoteDisputes } from "../remote-disputes/subsystem.ts";
import { run as runRuntimeApi } from "../runtime-api/subsystem.ts";
import { run as runStatementDistribution } from "../statement-distribution/subsystem.ts";
import { type PoolError, TransactionPool } from "../transaction-pool/pool.ts";
import { isAccepted } from "./acceptance.ts";
import { eventsOfBlock, type HeadNumber, verdictsIn } from "./block-events.ts";
import { approvalWarning, groupWarning } from "./certain-approvals.ts";
import type { ChainStates } from "./chain-states.ts";
import { CondemnedCandidates } from "./condemned-candidates.ts";
import { disputeEvents } from "./dispute-events.ts";
import { EquivocationReporter } from "./equivocation-reports.ts";
import { type FinalityLags, finalityRule } from "./finality-rule.ts";
import { reportBadCandidate } from "./fisherman-reports.ts";
import { FishermenWitness, testimonyQuestions } from "./fishermen-witness.ts";
import { grandpaService } from "./grandpa-service.ts";
import { OFFCHAIN_COLUMN, OffchainStorage } from "./offchain-storage.ts";
import { blockProposer } from "./proposer.ts";
import { CHAIN_COLUMNS, chainBackend, openRelayChain } from "./relay-chain.ts";
import { runtimeApiProvider } from "./runtime-api-provider.ts";
import { SigningGuard } from "./signing-guard.ts";
import { serveStates } from "./state-requests.ts";
import { storeJournal } from "./store-journal.ts";
import { gapChain, syncChain } from "./sync-chain.ts";
import { TransactionGossip } from "./transaction-gossip.ts";

const TARGET = "node";

/** Everything that a node keeps in its store. */
export const NODE_COLUMNS = [
  ...CHAIN_COLUMNS,
  ...AVAILABILITY_COLUMNS,
  ...DISPUTE_COLUMNS,
  "ownStatements",
  "ownBitfields",
  "ownPvfVotes",
  "ownApprovals",
  "journal",
  OFFCHAIN_COLUMN,
] as const;
export type NodeColumn = (typeof NODE_COLUMNS)[number];

/** What tells the node what it has signed: an entry that seems missing could be contradicted. */
export const SIGNED_COLUMNS = [
  "ownStatements",
  "ownBitfields",
  "ownPvfVotes",
  "ownApprovals",
  "journal",
  ...DISPUTE_COLUMNS,
] as const satisfies readonly NodeColumn[];

/** Signatures remembered to be good: all of a few blocks of a large network. */
const VERIFIED_SIGNATURES_MAX = 16_384;
/** The last blocks of the best chain are left to settle before they are voted for. */
const KEEP_BEHIND_BLOCKS = 2;
/** A node this far behind its peers signs and authors nothing. */
const MAJOR_SYNC_BLOCKS = 5;
/** How often a validator that has started looks for the others. */
const LOOK_EVERY_MS = 100;

/** What a collator collates, and as whom. */
export interface CollatorConfig {
  readonly paraId: ParaId;
  readonly key: CollatorId;
  readonly collate: CollatorFunction;
}

/** Fishing for bad candidates beside whatever else a full node does. */
export interface FishermanConfig {
  /** Of the account that stakes on being right. */
  readonly pair: KeyPair;
  /** What is staked on each report, if the chain does not ask for more. */
  readonly stake: Balance;
  /** Share of the included candidates that are checked, above 0 and up to 1. */
  readonly share: number;
}

export interface NodeConfig {
  /** For events and logs. */
  readonly name: string;
  readonly genesis: Genesis;
  readonly slotMs: number;
  /** An authority authors, votes and backs with the keys in its keystore; others follow. */
  readonly role: "authority" | "full";
  /** Peers to keep connections to for blocks, transactions and finality. */
  readonly peers: readonly PeerId[];
  readonly collator?: CollatorConfig;
  /** Not for authorities, which check anyway and whose word is their stake. */
  readonly fisherman?: FishermanConfig;
  /** A name for an author's key; the key itself without one. */
  readonly authorName?: (key: string) => string | undefined;
  /** Whether the guide's "it is invalid" is signed in backing; the same in the whole network, off without it. */
  readonly invalidStatements?: boolean;
  /** How checkers are drawn; the same in the whole network. */
  readonly approvalProfile?: ApprovalProfile;
  /** Reads the number of a parachain block from its head, where somebody knows the format. */
  readonly headNumber?: HeadNumber;
  /** What runs instead of the node's own subsystems: the simulator's adversaries differ in one. */
  readonly replaceSubsystems?: (own: Subsystems) => Subsystems;
}

export interface NodePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly network: Network;
  readonly store: KeyValueStore<NodeColumn>;
  readonly executor: Executor;
  readonly keystore: Keystore;
  /** Checks the signatures that the node has not seen before. */
  readonly verifier: SignatureVerifier;
  /** In place unless given. */
  readonly coder?: ErasureCoder;
  readonly discovery: AuthorityDiscovery;
}

export class RelayNode {
  readonly name: string;
  readonly events: EventBus;
  readonly chain: Chain<Overlay>;
  readonly states: ChainStates;
  readonly pool: TransactionPool;
  readonly offchain: OffchainStorage;
  /** Settles when the node has ended, for whatever reason. */
  readonly ended: Promise<OverseerEnd>;
  readonly #config: NodeConfig;
  readonly #ports: NodePorts;
  readonly #overseer: Overseer;
  readonly #sync: ChainSync;
  readonly #voter: GrandpaVoter;
  readonly #author: BabeAuthor<Overlay> | undefined;
  readonly #queue: ImportQueue<Overlay>;
  readonly #gossip: TransactionGossip;
  readonly #equivocations: EquivocationReporter;
  /** Peers that we keep connections to for blocks, transactions and finality. */
  readonly #reserved: Set<PeerId>;
  readonly #channels: readonly NotificationChannel[];
  readonly #condemned = new CondemnedCandidates();
  readonly #witness: FishermenWitness | undefined;
  /** News for the overseer, in order. */
  #news: Promise<void> = Promise.resolve();
  readonly #guard: SigningGuard | undefined;
  #lookTimer: Timer | undefined;
  #finalityLags: FinalityLags = { approval: 0, disputes: 0 };
  #isSyncing = false;
  #isStopped = false;

  /** Starts everything. */
  constructor(config: NodeConfig, ports: NodePorts) {
    const { clock, random, logger, network, store } = ports;
    const { slotMs } = config;
    const journal = storeJournal(store);
    this.#guard =
      config.role === "authority" ? new SigningGuard({ ...ports, journal }, slotMs) : undefined;
    const keystore = this.#guard?.keystore ?? ports.keystore;
    this.#witness =
      config.role === "authority"
        ? new FishermenWitness({ keystore, logger, submit: (extrinsic) => this.submit(extrinsic) })
        : undefined;
    this.name = config.name;
    this.#config = config;
    this.#ports = { ...ports, keystore };
    this.events = new EventBus(clock, config.name);
    const verifier = new CachingVerifier(ports.verifier, VERIFIED_SIGNATURES_MAX);
    const { states, chain, importer } = openRelayChain(config.genesis, {
      clock,
      logger,
      verifier,
      store,
    });
    this.states = states;
    this.offchain = new OffchainStorage(store);
    this.chain = chain;
    const identity: ChainIdentity = { genesisHash: chain.genesisHash };
    const role = config.role === "authority" ? Role.authority : Role.full;

    this.#warnOfChoices();
    this.pool = new TransactionPool(
      chain.best(),
      (at, _, extrinsic) => {
        const state = states.view(at);
        assert(state !== undefined, "the best block's state is kept");
        return validateTransaction(state, extrinsic, at);
      },
      clock,
    );
    this.#equivocations = new EquivocationReporter({ chain, states, pool: this.pool, logger });
    const { replaceSubsystems = (own: Subsystems) => own } = config;
    this.#overseer = new Overseer(
      { clock, logger },
      {
        finalized: chain.finalized().number,
        leaves: chain.tree
          .leaves()
          .map(({ hash, number, parent }) => ({ hash, number, parentHash: parent })),
      },
      replaceSubsystems(this.#subsystems(identity, role, verifier)),
    );
    this.ended = this.#overseer.ended;

    this.#queue = new ImportQueue(importer, { clock });
    this.#sync = new ChainSync(
      network,
      syncChain(
        chain,
        importer,
        this.#queue,
        logger,
        () => this.#sync.bestSeenNumber(),
        (error) => this.#onHostError(error),
      ),
      identity,
      role,
      { clock, random, logger },
    );
    serveStates(network, identity, chain, states);
    this.#gossip = new TransactionGossip(network, identity, role, this.pool);
    const grandpa = grandpaService(network, identity, role);
    this.#voter = new GrandpaVoter(
      {
        clock,
        random,
        logger,
        // It asks before each vote; what it said before it may say again at any time.
        keystore: ports.keystore,
        verifier,
        network: grandpa.network,
        chain,
        selectChain: this.#selectChain(),
        journal,
        hooks: {
          requestBlock: (hash, peer) => this.#sync.requestBlock(hash, peer as PeerId),
          requestJustification: ({ hash }) => this.#sync.requestJustification(hash),
          reportEquivocation: (proof) => this.#equivocations.reportVoter(proof),
          mayVote: () => this.#guard?.maySign !== false,
          isWaiting: () => this.#guard?.isLookingAround === true,
        },
      },
      { slotDurationMs: slotMs, rules: this.#votingRules() },
    );
    grandpa.attach(this.#voter);
    this.#author =
      config.role === "authority"
        ? new BabeAuthor<Overlay>({
            clock,
            logger,
            keystore,
            importer,
            selectParent: () => this.#selectParent(),
            proposer: blockProposer({
              clock,
              logger,
              states,
              pool: this.pool,
              overseer: this.#overseer,
            }),
            journal,
            isSyncing: () => this.#isSyncing,
          })
        : undefined;

    // A subsystem that failed ends the node: it must not go on half.
    void this.ended.then(() => this.#halt());
    chain.subscribe((event) => this.#onChainEvent(event));
    this.#channels = [this.#sync.channel, this.#gossip.channel, grandpa.channel];
    this.#reserved = new Set(config.peers.filter((peer) => peer !== this.localPeer));
    this.#keepReserved();
    void this.#sync.fillGap(gapChain(importer, (error) => this.#onHostError(error)));
    this.#lookAround();
    this.#voter.start();
    this.#author?.start();
    if (config.collator !== undefined) {
      const { key, paraId, collate } = config.collator;
      void this.#overseer.send("collation-generation", {
        type: "initialize",
        config: { key, paraId, collator: collate },
      });
    }
  }

  /** Whoever starts a network with few approvals or large groups is told what they are worth. */
  #warnOfChoices(): void {
    const state = this.states.view(this.chain.best().hash);
    const session = state && runtimeApi.sessionInfo(state, runtimeApi.sessionIndexForChild(state));
    if (state === undefined || session === undefined) return;
    const votes = runtimeApi.minimumBackingVotes(state);
    for (const warning of [approvalWarning(session, votes), groupWarning(session)])
      if (warning !== undefined) this.#ports.logger.log("warn", TARGET, warning);
  }

  /** Judges a transaction, takes it into the pool and passes it on. */
  submit(extrinsic: Uint8Array): Result<Hash, PoolError> {
    const taken = this.pool.submit(extrinsic, "local");
    if (taken.ok) this.#gossip.propagate(extrinsic);
    return taken;
  }

  /** Peers that exchange blocks with us. */
  peers(): readonly PeerId[] {
    return this.#sync.channel.peers();
  }

  /** Peers to whom connections are kept, whether they are there or not. */
  reservedPeers(): readonly PeerId[] {
    return [...this.#reserved];
  }

  /** Keeps a connection to the peer at an address, which ends with `/p2p/` and its id. */
  addReservedPeer(address: string): Result<PeerId, AddressError> {
    const reserved = this.#ports.network.reserve(address);
    if (reserved.ok && reserved.value !== this.localPeer) {
      this.#reserved.add(reserved.value);
      this.#keepReserved();
    }
    return reserved;
  }

  /** Keeps the connection no longer. The peer may come again, where strangers may. */
  removeReservedPeer(id: string): Result<void, AddressError> {
    if (peerIdBytes(id) === undefined) {
      const message = `${JSON.stringify(id)} is no id of a peer, such as 12D3KooW…`;
      return err({ code: "badAddress", message });
    }
    const peer = peerId(id);
    this.#ports.network.unreserve(peer);
    if (this.#reserved.delete(peer)) this.#keepReserved();
    return ok(undefined);
  }

  #keepReserved(): void {
    for (const channel of this.#channels) channel.setReserved(this.#reserved);
  }

  /** What those peers told us of themselves and of their chains. */
  peerStates(): readonly PeerState[] {
    return this.#sync.peerStates();
  }

  get isSyncing(): boolean {
    return this.#isSyncing;
  }

  get role(): NodeConfig["role"] {
    return this.#config.role;
  }

  get localPeer(): PeerId {
    return this.#ports.network.localPeer;
  }

  get keystore(): Keystore {
    return this.#ports.keystore;
  }

  /** Number of the highest block that we or a peer of ours know. */
  highestSeen(): number {
    return Math.max(this.#sync.bestSeenNumber(), this.chain.best().number);
  }

  /** A validator signs nothing until it knows where the others are. */
  #lookAround(): void {
    const guard = this.#guard;
    if (guard === undefined) return;
    const behind = this.#sync.bestSeenNumber() - this.chain.best().number;
    guard.look(this.peers().length, behind > MAJOR_SYNC_BLOCKS);
    if (guard.isLookingAround)
      this.#lookTimer = this.#ports.clock.setTimer(LOOK_EVERY_MS, () => this.#lookAround());
    else this.#voter.onFinalized();
  }

  #watchEpoch({ hash }: BlockRef): void {
    const startSlot = this.chain.epochs.record(hash)?.epochs?.current.startSlot;
    if (startSlot !== undefined) this.#guard?.onEpoch(startSlot);
  }

  /** By how many blocks our last vote was held back. */
  finalityLags(): FinalityLags {
    return this.#finalityLags;
  }

  /** Votes of the present round of finality; `undefined` while there is none. */
  finalityRound(): RoundStatus | undefined {
    return this.#voter.roundStatus();
  }

  /** Whether the candidate is included, approved, undisputed, and past its acceptance period. */
  isAccepted(session: SessionIndex, candidate: CandidateHash): Promise<boolean> {
    const { chain, states } = this;
    return isAccepted({ chain, states, overseer: this.#overseer }, session, candidate);
  }

  /** What a candidate that is included was made from, from those who hold it; `undefined` where too few answer. */
  async recover(
    candidateReceipt: CandidateReceipt,
    session: SessionIndex,
    backingGroup: GroupIndex | undefined,
    coreIndex: CoreIndex | undefined,
  ): Promise<AvailableData | undefined> {
    const recovered = await unlessCancelled(
      this.#overseer.ask("availability-recovery", {
        type: "recoverAvailableData",
        candidateReceipt,
        session,
        backingGroup,
        coreIndex,
      }),
    );
    return recovered?.ok === true ? recovered.value : undefined;
  }

  /** Ends everything; what is being written is finished first. */
  async stop(): Promise<OverseerEnd> {
    this.#halt();
    const end = await this.#overseer.stop();
    this.#ports.network.close();
    await this.#ports.executor.close();
    return end;
  }

  /** The disk does not take what was decided: nothing may be decided on top of it. */
  #onHostError(error: HostError): void {
    this.#ports.logger.log("error", TARGET, `the node stops: ${describe(error)}`);
    this.#halt();
    void this.#overseer.stop();
  }

  /** Nothing is authored, voted for, imported or asked for any more. */
  #halt(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#lookTimer?.cancel();
    this.#author?.stop();
    this.#voter.stop();
    this.#queue.stop();
    this.#sync.close();
  }

  // Chain

  #onChainEvent(event: ChainEvent): void {
    const { chain } = this;
    switch (event.type) {
      case "imported": {
        const { author, block, header } = event;
        // What we fetch while we are behind is no news to anybody.
        if (event.origin !== "sync") this.#sync.announce(block.hash);
        if (event.origin !== "own") this.#guard?.onForeignBlock(author, event.preDigest.value.slot);
        this.#voter.onImported(block.hash);
        // Nobody works on top of what is abandoned.
        if (chain.tree.isViable(block.hash))
          this.#tell(() =>
            this.#overseer.blockImported({ ...block, parentHash: header.parentHash }),
          );
        this.#watchSyncing();
        for (const data of this.#eventsOf(event)) this.events.emit(data);
        this.#judge(block);
        break;
      }
      case "newBest": {
        const { head, retracted } = event;
        const enacted = event.enacted.map(({ hash }) => ({ hash, body: chain.body(hash) ?? [] }));
        this.#watchEpoch(head);
        this.pool.onBestBlock(head, retracted, enacted);
        this.#tellOfFishermen(head);
        break;
      }
      case "finalized":
        this.#voter.onFinalized();
        this.#condemned.onFinalized(event.head.number);
        this.#tell(() => this.#overseer.blockFinalized(event.head.hash, event.head.number));
        for (const { hash, number } of event.finalized)
          this.events.emit({ event: "relay.finalized", number, hash });
        break;
      case "reverted":
        this.#onReverted(event.block);
        break;
      case "equivocation":
        this.#equivocations.reportAuthor(event.proof);
        break;
      case "authoritySetChanged":
        this.#voter.onFinalized();
        break;
      case "reorg":
      case "evicted":
        break;
    }
  }

  #eventsOf(event: Extract<ChainEvent, { type: "imported" }>) {
    const { block, header, author } = event;
    const state = this.states.view(block.hash);
    return eventsOfBlock(
      header,
      block.hash,
      this.#config.authorName?.(author) ?? author,
      state,
      this.#config.headNumber ?? (() => undefined),
    );
  }

  /** The chain has left the block and all on top of it; everybody goes back with it. */
  #onReverted(block: BlockRef): void {
    const { chain } = this;
    const leaves = chain.tree.leaves().map(({ hash, number, parent }) => ({
      hash,
      number,
      parentHash: parent,
    }));
    this.#tell(async () => {
      await this.#overseer.send("chain-selection", { type: "revertBlocks", blocks: [block] });
      await this.#overseer.blocksReverted(leaves);
    });
    const parent = chain.header(block.hash)?.parentHash;
    if (parent !== undefined)
      this.events.emit({ event: "chain.reverted", to: block.number - 1, hash: parent });
  }

  /** Abandons what the block shows to be invalid. */
  #judge(block: BlockRef): void {
    const state = this.states.view(block.hash);
    if (state === undefined) return;
    this.#abandon(this.#condemned.onImported(block, verdictsIn(state)));
    this.#witness?.see(runtimeApi.fishermenReports(state), (candidate) =>
      this.#condemned.has(candidate),
    );
  }

  #tellOfFishermen({ hash }: BlockRef): void {
    const state = this.states.view(hash);
    if (state !== undefined) this.#witness?.tell(testimonyQuestions(state));
  }

  #abandon(blocks: readonly Hash[]): void {
    for (const hash of blocks) this.chain.revert(hash);
  }

  #onSeconded(candidate: CommittedCandidateReceipt, relayNumber: number): void {
    const para = candidate.descriptor.paraId;
    const number = this.#config.headNumber?.(para, candidate.commitments.headData);
    this.events.emit({
      event: "candidate.seconded",
      para,
      candidate: candidateHash(candidate),
      relayNumber,
      ...(number === undefined ? {} : { number }),
    });
  }

  #onApproved(receipt: CandidateReceipt, headData: Uint8Array, relayNumber: number): void {
    const para = receipt.descriptor.paraId;
    const number = this.#config.headNumber?.(para, headData);
    this.events.emit({
      event: "candidate.approved",
      para,
      candidate: candidateHash(receipt),
      relayNumber,
      ...(number === undefined ? {} : { number }),
    });
  }

  #reportBadCandidate({ pair, stake }: FishermanConfig, bad: BadCandidate): void {
    const { chain, states, pool } = this;
    const submit = (extrinsic: Uint8Array) => this.submit(extrinsic);
    const parts = { chain, states, pool, logger: this.#ports.logger, submit };
    reportBadCandidate(parts, pair, stake, bad);
  }

  #tell(news: () => Promise<void>): void {
    this.#news = this.#news.then(news).catch((failure: unknown) => {
      this.#ports.logger.log("error", TARGET, `the overseer took no news: ${describe(failure)}`);
    });
  }

  #watchSyncing(): void {
    const behind = this.#sync.bestSeenNumber() - this.chain.best().number;
    const isSyncing = behind > MAJOR_SYNC_BLOCKS;
    if (isSyncing === this.#isSyncing) return;
    this.#isSyncing = isSyncing;
    this.#tell(() => this.#overseer.setMajorSyncing(isSyncing));
  }

  /** Who votes has the whole of a node's judgement; others have no keys to vote with. */
  #votingRules(): readonly VotingRule[] {
    const rules = [keepBehind(KEEP_BEHIND_BLOCKS), threeQuarters];
    if (this.#config.role !== "authority") return rules;
    const hold = finalityRule(this.#overseer, (lags) => {
      this.#finalityLags = lags;
    });
    return [...rules, hold];
  }

  /** Leaves out what chain selection finds not viable. */
  #selectChain(): SelectChain {
    return {
      bestContaining: async (hash) => {
        const leaf = await unlessCancelled(
          this.#overseer.ask("chain-selection", { type: "bestLeafContaining", target: hash }),
        );
        const chosen = leaf === undefined ? undefined : this.chain.block(leaf);
        return chosen ?? this.chain.bestContaining(hash);
      },
    };
  }

  async #selectParent(): Promise<BlockRef | undefined> {
    const leaves = await unlessCancelled(this.#overseer.ask("chain-selection", { type: "leaves" }));
    const first = leaves?.[0];
    return (first === undefined ? undefined : this.chain.tree.get(first)) ?? this.chain.best();
  }

  // Subsystems

  #subsystems(identity: ChainIdentity, role: Role, verifier: SignatureVerifier): Subsystems {
    const { clock, random, logger, network, store, keystore, discovery, executor } = this.#ports;
    const { coder = directCoder } = this.#ports;
    const {
      slotMs,
      collator,
      approvalProfile = "modern",
      invalidStatements = false,
    } = this.#config;
    const bridge = new NetworkBridge({
      network,
      chain: identity,
      role,
      discovery,
      clock,
      logger,
    });
    const provider = runtimeApiProvider(this.states);
    const common: Subsystems = {
      "runtime-api": (context) => runRuntimeApi(context, { provider, logger }),
      "chain-api": (context) => runChainApi(context, { chain: chainBackend(this.chain), logger }),
      "chain-selection": (context) =>
        runChainSelection(context, { abandon: (hash) => this.#abandon([hash]) }),
      "network-bridge-rx": (context) => runRx(context, bridge),
      "network-bridge-tx": (context) => runTx(context, bridge),
    };
    const recovery: Subsystems = {
      "availability-store": (context) =>
        runAvailabilityStore(context, { clock, logger, store, coder }),
      "availability-recovery": (context) =>
        runAvailabilityRecovery(context, { clock, logger, random, keystore, coder }),
      "candidate-validation": (context) =>
        runCandidateValidation(context, { clock, logger, executor, verifier }),
    };
    if (this.#config.role !== "authority") {
      const { fisherman } = this.#config;
      const fishing: Subsystems =
        fisherman === undefined
          ? {}
          : {
              ...recovery,
              fisherman: (context) =>
                runFisherman(context, {
                  clock,
                  logger,
                  random,
                  share: fisherman.share,
                  report: (bad) => this.#reportBadCandidate(fisherman, bad),
                }),
            };
      if (collator === undefined) return { ...common, ...fishing };
      return {
        ...common,
        ...recovery,
        ...fishing,
        "collation-generation": (context) =>
          runCollationGeneration(context, { logger, keystore, coder, compress: compressBlob }),
        "collator-protocol": (context) =>
          runCollatorSide(context, {
            clock,
            logger,
            keystore,
            verifier,
            localPeer: network.localPeer,
            collatorKey: collator.key,
            slotMs,
          }),
      };
    }
    return {
      ...common,
      ...recovery,
      "gossip-support": (context) =>
        runGossipSupport(context, { clock, logger, keystore, discovery }),
      "approval-voting": (context) =>
        runApprovalVoting(context, {
          clock,
          logger,
          keystore,
          store,
          profile: approvalProfile,
          slotMs,
          onApproved: (receipt, headData, number) => this.#onApproved(receipt, headData, number),
        }),
      "approval-distribution": (context) =>
        runApprovalDistribution(context, {
          clock,
          logger,
          random,
          verifier,
          profile: approvalProfile,
          slotMs,
        }),
      "availability-distribution": (context) =>
        runAvailabilityDistribution(context, { keystore, logger, random }),
      "bitfield-signing": (context) =>
        runBitfieldSigning(context, { clock, logger, keystore, store, slotMs }),
      "bitfield-distribution": (context) =>
        runBitfieldDistribution(context, { verifier, random, logger }),
      "candidate-backing": (context) =>
        runCandidateBacking(context, {
          logger,
          keystore,
          store,
          invalidStatements,
          onSeconded: (candidate, relayNumber) => this.#onSeconded(candidate, relayNumber),
        }),
      "statement-distribution": (context) =>
        runStatementDistribution(context, {
          clock,
          logger,
          keystore,
          verifier,
          slotMs,
          invalidStatements,
        }),
      "collator-protocol": (context) =>
        runValidatorSide(context, { clock, logger, keystore, verifier }),
      "dispute-coordinator": (context) =>
        runDisputeCoordinator(context, {
          clock,
          logger,
          keystore,
          verifier,
          store,
          watcher: disputeEvents(this.events, (candidate) =>
            this.#abandon(this.#condemned.condemn(candidate)),
          ),
        }),
      "dispute-distribution": (context) =>
        runDisputeDistribution(context, { clock, random, logger, keystore, verifier, discovery }),
      "misbehavior-arbitration": (context) =>
        runMisbehaviorArbitration(context, {
          logger,
          verifier,
          submit: (extrinsic) => this.submit(extrinsic),
        }),
      "remote-disputes": (context) =>
        runRemoteDisputes(context, {
          logger,
          keystore,
          submit: (extrinsic) => this.submit(extrinsic),
        }),
      "pvf-checker": (context) =>
        runPvfChecker(context, {
          logger,
          keystore,
          store,
          submit: (extrinsic) => this.submit(extrinsic),
        }),
      "prospective-parachains": (context) => runProspectiveParachains(context, { logger }),
      provisioner: (context) => runProvisioner(context, { clock, logger, slotMs }),
    };
  }
}
