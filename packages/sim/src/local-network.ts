/**
 * A relay chain network with its collators, on whatever world it is given: the simulator and
 * `parahost up` start the same nodes through this one function.
 */
import { assert, type Clock, expectOk, type Logger, type Random, sleep } from "@parahost/base";
import { type IncludedCandidate, ParaNode, type RecoveredBlock } from "@parahost/collator";
import { slotOf } from "@parahost/consensus";
import { DirectVerifier, type Keystore, MemoryKeystore } from "@parahost/crypto";
import type { Executor } from "@parahost/executor";
import type { ParaStateMachine } from "@parahost/kit";
import { type Network, type PeerId, peerIdOfName } from "@parahost/network";
import type { ApprovalProfile } from "@parahost/node/approval-criteria/criteria";
import { AuthorityTable } from "@parahost/node/network-bridge/authority-discovery";
import type { Subsystems } from "@parahost/node/overseer/overseer";
import {
  type FishermanConfig,
  type NodeColumn,
  type NodePorts,
  RelayNode,
} from "@parahost/node/service/node";
import {
  asCollatorId,
  type Hash,
  type HeadData,
  type HostConfiguration,
  type ParaId,
  type ValidationCodeHash,
  ZERO_HASH,
} from "@parahost/primitives";
import {
  buildGenesis,
  developmentKeys,
  developmentUri,
  type Genesis,
  localGenesis,
  runtimeApi,
} from "@parahost/runtime";
import type { KeyValueStore } from "@parahost/storage";
import type { ParaPlan } from "./para-plan.ts";

/** What nodes stand on. Each gets its own by name; the executor is shared and ended by the world. */
export interface World {
  readonly clock: Clock;
  readonly executor: Executor;
  network(peer: PeerId): Network;
  random(name: string): Random;
  logger(name: string): Logger;
  store(name: string): KeyValueStore<NodeColumn>;
  /** What a para's node keeps from one run to the next, where it keeps anything. */
  para?(id: ParaId): ParaDisk;
  /** What differs from a node's own code, where something does. */
  replacement?(name: string): Replacement | undefined;
}

export interface ParaDisk {
  /** The machine, with what it takes in written down. */
  machine(own: ParaStateMachine): ParaStateMachine;
  /** Gives the para's node what was written down; `setFinal` says of a head that it is final. */
  resume(collator: Collator, genesisHead: HeadData, setFinal: (head: HeadData) => void): void;
}

/** The node's own code with something replaced. */
export interface Replacement {
  readonly ports?: (own: NodePorts) => NodePorts;
  readonly subsystems?: (own: Subsystems) => Subsystems;
}

export interface LocalNetworkOptions {
  readonly validators: number;
  readonly paras: readonly ParaPlan[];
  /** They take turns by slot; 1 unless given. */
  readonly collatorsPerPara?: number;
  readonly slotMs: number;
  /** Slots of an epoch; a session is an epoch. */
  readonly epochSlots: number;
  /** Validators of a backing group at most; see `localGenesis`. */
  readonly groupSize?: number;
  /** Fields of the host configuration that differ from a local network's. */
  readonly configuration?: Partial<HostConfiguration>;
  /** Indices of validators whose nodes are not started; somebody else may hold their keys. */
  readonly absent?: readonly number[];
  /** Indices of validators of whom a second node runs, which it should not. */
  readonly twins?: readonly number[];
  /** A full node that fishes for bad candidates. */
  readonly fisherman?: FishermanConfig;
  /** How checkers are drawn; Polkadot's way without it. */
  readonly approvalProfile?: ApprovalProfile;
  /** Whether the guide's "it is invalid" is signed in backing; off unless given. */
  readonly invalidStatements?: boolean;
}

export interface Collator {
  readonly node: RelayNode;
  readonly para: ParaNode;
  /** It holds the states of the para's node. */
  readonly machine: ParaStateMachine;
  readonly plan: ParaPlan;
}

export interface LocalNetwork {
  readonly genesis: Genesis;
  readonly validators: readonly RelayNode[];
  readonly collators: readonly Collator[];
  readonly fisherman: RelayNode | undefined;
  readonly nodes: readonly RelayNode[];
  /** Starts collators of a para that the relay chain may come to know. */
  addPara(plan: ParaPlan): void;
  /** Calls the listener for each collator that there is, and for each that comes. */
  onCollator(listener: (collator: Collator) => void): void;
  /**
   * Ends a validator's node, and starts it again `downMs` later on the same disk with the same keys. What takes
   * its place among `validators` is returned.
   */
  restart(index: number, downMs: number): Promise<RelayNode>;
  stop(): Promise<void>;
}

/** `alice`, `bob`, …, `validator-6`, …: the name of a validator's node. */
export function validatorName(index: number): string {
  return developmentUri(index).slice(2).toLowerCase().replace("//", "-");
}

/** A second process with the keys of a validator. */
export const twinName = (index: number): string => `${validatorName(index)}-twin`;

export const FISHERMAN_NAME = "fisherman";

/** The first collator of a para has its name alone. */
export const collatorName = (para: ParaId, index = 0): string =>
  index === 0 ? `collator-${para}` : `collator-${para}-${index}`;

const collatorUri = (para: ParaId, index: number): string =>
  index === 0 ? `//Collator//${para}` : `//Collator//${para}//${index}`;

/** Block 0 of the network that these options describe: always the same one. */
export function localNetworkGenesis(options: LocalNetworkOptions): Genesis {
  const { validators, paras, slotMs, epochSlots, groupSize, configuration } = options;
  return buildGenesis(
    localGenesis({
      validators,
      slotMs,
      epochSlots,
      ...(groupSize === undefined ? {} : { groupSize }),
      ...(configuration === undefined ? {} : { configuration }),
      paras: paras.map(({ id, code, machine, lifecycle }) => ({
        id,
        code,
        head: machine().genesisHead,
        kind: lifecycle ?? "parachain",
      })),
    }),
  );
}

/** Starts every node. */
export function startLocalNetwork(options: LocalNetworkOptions, world: World): LocalNetwork {
  const { validators: count, paras, slotMs, absent = [], fisherman: fishing } = options;
  const { twins: twinIndices = [] } = options;
  const genesis = localNetworkGenesis(options);
  const names = Array.from({ length: count }, (_, index) => validatorName(index));
  const discovery = new AuthorityTable();
  const authors = new Map<string, string>();
  names.forEach((name, index) => {
    const keys = developmentKeys(developmentUri(index));
    discovery.add(keys.authorityDiscovery, peerIdOfName(name));
    authors.set(keys.babe, name);
  });
  const { collatorsPerPara = 1 } = options;
  const seatsOf = (plan: ParaPlan) =>
    Array.from({ length: collatorsPerPara }, (_, index) => ({ plan, index }));
  const seats = paras.flatMap(seatsOf);
  const peers = [
    ...names,
    ...twinIndices.map(twinName),
    ...seats.map(({ plan, index }) => collatorName(plan.id, index)),
    ...(fishing === undefined ? [] : [FISHERMAN_NAME]),
  ].map(peerIdOfName);
  const plans = new Map(paras.map((plan) => [plan.id, plan]));
  const common = {
    genesis,
    slotMs,
    ...(options.approvalProfile === undefined ? {} : { approvalProfile: options.approvalProfile }),
    invalidStatements: options.invalidStatements === true,
    peers,
    authorName: (key: string) => authors.get(key),
    headNumber: (para: ParaId, head: Uint8Array) => plans.get(para)?.headNumber(head),
  };
  const verifier = new DirectVerifier();
  const portsOf = (name: string, keystore: Keystore): NodePorts => {
    const own: NodePorts = {
      clock: world.clock,
      executor: shared(world.executor),
      random: world.random(name),
      logger: world.logger(name),
      network: world.network(peerIdOfName(name)),
      store: world.store(name),
      keystore,
      verifier,
      discovery,
    };
    return world.replacement?.(name)?.ports?.(own) ?? own;
  };
  const replacedIn = (name: string) => {
    const replaceSubsystems = world.replacement?.(name)?.subsystems;
    return replaceSubsystems === undefined ? {} : { replaceSubsystems };
  };
  const startAuthority = (name: string, index: number): RelayNode =>
    new RelayNode(
      { ...common, ...replacedIn(name), name, role: "authority" },
      portsOf(name, validatorKeystore(developmentUri(index))),
    );
  const startValidator = (index: number): RelayNode => {
    const name = names[index];
    assert(name !== undefined, `there are ${count} validators`);
    return startAuthority(name, index);
  };

  const present = names.map((_, index) => index).filter((index) => !absent.includes(index));
  const validators = present.map(startValidator);
  const twins = twinIndices.map((index) => startAuthority(twinName(index), index));
  const startCollator = ({ plan, index }: ReturnType<typeof seatsOf>[number]): Collator => {
    const name = collatorName(plan.id, index);
    const keystore = new MemoryKeystore();
    const key = asCollatorId(expectOk(keystore.insert("coll", collatorUri(plan.id, index)), name));
    const ports = portsOf(name, keystore);
    const disk = index === 0 ? world.para?.(plan.id) : undefined;
    const own = plan.machine();
    const machine = disk?.machine(own) ?? own;
    const siblings = seatsOf(plan)
      .filter((seat) => seat.index !== index)
      .map((seat) => peerIdOfName(collatorName(plan.id, seat.index)));
    /** While blocks are taken from disk: the head to be told instead of the relay chain's. */
    let resuming: HeadData | undefined;
    // The node asks the para for blocks, and the para asks the node for heads: each knows the other late.
    const para: ParaNode = new ParaNode(
      {
        paraId: plan.id,
        machine,
        ...(collatorsPerPara > 1 ? { turn: { index, count: collatorsPerPara } } : {}),
      },
      {
        clock: world.clock,
        logger: ports.logger,
        emit: (event) => node.events.emit(event),
        headAt: (block) => resuming ?? paraHead(node, plan.id, block),
        relayNode: (_, hash) => node.states.node(hash),
        slotOf: (block) => relaySlot(node, block),
        recover: (candidate) => recoverBlock(node, candidate),
        codeByHash: (block, hash) => codeByHash(node, block, hash),
        ...(siblings.length === 0 ? {} : { siblings: { network: ports.network, peers: siblings } }),
      },
    );
    const node: RelayNode = new RelayNode(
      {
        ...common,
        ...replacedIn(name),
        name,
        role: "full",
        collator: {
          paraId: plan.id,
          key,
          collate: (...request) => para.collate(...request),
        },
      },
      ports,
    );
    const collator = { node, para, machine: own, plan };
    disk?.resume(collator, machine.genesisHead, (head) => {
      resuming = head;
      para.onRelayFinalized({ hash: ZERO_HASH, number: 0 });
      resuming = undefined;
    });
    followRelayChain(node, para);
    return collator;
  };
  const collators = seats.map(startCollator);
  const collatorListeners: ((collator: Collator) => void)[] = [];
  const fisherman =
    fishing === undefined
      ? undefined
      : new RelayNode(
          { ...common, name: FISHERMAN_NAME, role: "full", fisherman: fishing },
          portsOf(FISHERMAN_NAME, new MemoryKeystore()),
        );
  const nodes = (): RelayNode[] => [
    ...validators,
    ...twins,
    ...collators.map(({ node }) => node),
    ...(fisherman === undefined ? [] : [fisherman]),
  ];
  return {
    genesis,
    validators,
    collators,
    fisherman,
    get nodes() {
      return nodes();
    },
    addPara: (plan) => {
      plans.set(plan.id, plan);
      const added = seatsOf(plan).map(startCollator);
      collators.push(...added);
      for (const collator of added) for (const listener of collatorListeners) listener(collator);
    },
    onCollator: (listener) => {
      collatorListeners.push(listener);
      for (const collator of collators) listener(collator);
    },
    restart: async (index, downMs) => {
      const place = present.indexOf(index);
      const running = validators[place];
      assert(running !== undefined, `validator ${index} does not run`);
      await running.stop();
      await sleep(world.clock, downMs);
      const started = startValidator(index);
      validators[place] = started;
      return started;
    },
    stop: async () => {
      await Promise.all(nodes().map((node) => node.stop()));
    },
  };
}

/** Tells the para what happens on the relay chain. */
export function followRelayChain(node: RelayNode, para: ParaNode): void {
  node.chain.subscribe((event) => {
    switch (event.type) {
      case "imported": {
        const state = node.states.view(event.block.hash);
        para.onRelayBlock({
          ...event.block,
          parentHash: event.header.parentHash,
          candidateEvents: state === undefined ? [] : runtimeApi.candidateEvents(state),
          isBest: false,
        });
        break;
      }
      case "newBest":
        para.onRelayBest(event.head);
        break;
      case "finalized":
        para.onRelayFinalized(event.head);
        break;
    }
  });
}

/** A para's block that the relay chain included, from those who hold pieces of it. */
export async function recoverBlock(
  node: RelayNode,
  { receipt, core, group }: IncludedCandidate,
): Promise<RecoveredBlock | undefined> {
  const state = node.states.view(receipt.descriptor.relayParent);
  if (state === undefined) return undefined;
  const session = runtimeApi.sessionIndexForChild(state);
  const data = await node.recover(receipt, session, group, core);
  if (data === undefined) return undefined;
  const { parentHead, maxPovSize } = data.validationData;
  return { parentHead, maxPovSize, blockData: data.pov.blockData };
}

/** Slot of a relay chain block. */
export function relaySlot(node: RelayNode, block: Hash): number | undefined {
  const header = node.chain.header(block);
  return header && slotOf(header);
}

/** Head of the para in the state after a relay chain block. */
export function paraHead(node: RelayNode, para: ParaId, block: Hash): Uint8Array | undefined {
  const state = node.states.view(block);
  // As if nothing waited for availability: the head that is in the state.
  const assumption = { type: "timedOut" } as const;
  return state && runtimeApi.persistedValidationData(state, para, assumption)?.parentHead;
}

/** Validation code that a relay chain block's state has. */
export function codeByHash(
  node: RelayNode,
  block: Hash,
  hash: ValidationCodeHash,
): Uint8Array | undefined {
  const state = node.states.view(block);
  return state && runtimeApi.validationCodeByHash(state, hash);
}

/** All session keys of a well-known validator. */
export function validatorKeystore(uri: string): Keystore {
  const keystore = new MemoryKeystore();
  for (const type of ["babe", "gran", "para", "asgn", "audi"] as const)
    expectOk(keystore.insert(type, uri), `key ${type} of ${uri}`);
  return keystore;
}

/** One of several users of an executor: a node that stops does not end it for the others. */
function shared(executor: Executor): Executor {
  return {
    prepare: (request) => executor.prepare(request),
    validate: (request) => executor.validate(request),
    close: () => Promise.resolve(),
  };
}
