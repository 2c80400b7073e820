/**
 * A local network in one process that can be moved: its clock is ours, and so are its disks. Moving it needs
 * no rights inside the protocol but one: storage is set by a transaction of the network's sudo key.
 */
import { expectOk } from "@parahost/base";
import { pairFromUri } from "@parahost/crypto";
import type { Executor } from "@parahost/executor";
import type { NodeColumn, RelayNode } from "@parahost/node/service/node";
import { NODE_COLUMNS } from "@parahost/node/service/node";
import { type ParaId, transactionHash } from "@parahost/primitives";
import {
  type DevControl,
  type DevEntry,
  type DevHead,
  DevRefusal,
  type EventSource,
  nextNonce,
  relayView,
} from "@parahost/rpc";
import { accountOf, runtimeApi, signExtrinsic } from "@parahost/runtime";
import type { Collator, LocalNetwork, World } from "@parahost/sim/local-network";
import type { ParaPlan } from "@parahost/sim/para-plan";
import { MemoryStore } from "@parahost/storage";
import { keepingBlocks, PARA_COLUMNS, type ParaColumn, takeUpBlocks } from "../node/para-blocks.ts";
import { DevClock } from "../ports/dev-clock.ts";
import { systemClock } from "../ports/system.ts";

/** Snapshots kept; the oldest makes room. */
const SNAPSHOTS_MAX = 16;
/** A block is waited for through so many slots: authors may be missing from some. */
const SLOTS_WITHOUT_BLOCK_MAX = 8;
/** Slots within which a transaction of ours must be in a block of every node. */
const SLOTS_TO_INCLUDE_MAX = 24;
/** Holder of the sudo key of local networks. */
const SUDO_URI = "//Alice";

interface Disks {
  readonly nodes: ReadonlyMap<string, MemoryStore<NodeColumn>>;
  readonly paras: ReadonlyMap<ParaId, MemoryStore<ParaColumn>>;
}

interface Snapshot extends Disks {
  readonly now: number;
  readonly waiting: Waiting;
}

/** Transactions that wait for a block, as they came, by the names of the nodes that have them. */
interface Waiting {
  readonly relay: ReadonlyMap<string, readonly Uint8Array[]>;
  readonly paras: ReadonlyMap<string, readonly Uint8Array[]>;
}

export interface DevNetworkOptions {
  readonly slotMs: number;
  readonly executor: Executor;
  /** Starts every node on this world: clock, disks and executor are given. */
  start(world: Pick<World, "clock" | "executor" | "store" | "para">): LocalNetwork;
}

export class DevNetwork implements DevControl {
  readonly clock: DevClock = new DevClock(systemClock);
  readonly #options: DevNetworkOptions;
  readonly #snapshots = new Map<string, Snapshot>();
  readonly #startListeners: ((network: LocalNetwork) => void)[] = [];
  #disks: {
    nodes: Map<string, MemoryStore<NodeColumn>>;
    paras: Map<ParaId, MemoryStore<ParaColumn>>;
  };
  #network: LocalNetwork;
  /** Paras that genesis does not have. */
  readonly #later: ParaPlan[] = [];
  /** Executions that have begun. */
  #executing = 0;
  #nextSnapshot = 1;
  /** One move after the other. */
  #moving: Promise<unknown> = Promise.resolve();

  constructor(options: DevNetworkOptions) {
    this.#options = options;
    this.#disks = { nodes: new Map(), paras: new Map() };
    this.#network = this.#start();
  }

  /** As it runs now; another one after `restore`. */
  get network(): LocalNetwork {
    return this.#network;
  }

  /** Starts collators of a para that the relay chain may come to know, also after a `restore`. */
  addPara(plan: ParaPlan): void {
    this.#later.push(plan);
    this.#network.addPara(plan);
  }

  /** Calls the listener with the network now, and with each that takes its place. */
  onStart(listener: (network: LocalNetwork) => void): void {
    this.#startListeners.push(listener);
    listener(this.#network);
  }

  /** Calls the listener after each `restore`. */
  onRestore(listener: () => void): void {
    this.#startListeners.push(listener);
  }

  /** The events of whatever network runs. */
  events(of: (network: LocalNetwork) => EventSource): EventSource {
    const listeners = new Set<Parameters<EventSource>[0]>();
    this.onStart((network) => {
      of(network)((event) => {
        for (const listener of listeners) listener(event);
      });
    });
    return (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    };
  }

  // Moves

  newBlocks(count: number): Promise<DevHead> {
    return this.#move(async () => {
      for (let i = 0; i < count; i++) {
        const wanted = this.#best().number + 1;
        await this.#advanceUntil(
          () => this.#network.nodes.every(({ chain }) => chain.best().number >= wanted),
          SLOTS_WITHOUT_BLOCK_MAX,
          `no block came within ${SLOTS_WITHOUT_BLOCK_MAX} slots: are enough validators running?`,
        );
      }
      return this.#best();
    });
  }

  advance(slots: number): Promise<DevHead> {
    return this.#move(async () => {
      const limitMs = slots * this.#options.slotMs;
      await this.clock.advanceUntil(
        () => false,
        limitMs,
        () => this.#settle(),
      );
      return this.#best();
    });
  }

  setStorage(entries: readonly DevEntry[]): Promise<DevHead> {
    return this.#move(async () => {
      if (entries.length === 0) return this.#best();
      const extrinsic = this.#sudo(entries);
      const submitted = this.#first().submit(extrinsic);
      if (!submitted.ok)
        throw new DevRefusal(
          `the transaction of ${SUDO_URI}, who may set storage, was refused: ${submitted.error.code}`,
        );
      const hash = transactionHash(extrinsic);
      let head: DevHead | undefined;
      const end = this.#first().chain.subscribe((event) => {
        if (event.type !== "newBest") return;
        for (const block of event.enacted)
          if (
            this.#first()
              .chain.body(block.hash)
              ?.some((one) => transactionHash(one) === hash) === true
          )
            head = { hash: block.hash, number: block.number };
      });
      try {
        await this.#advanceUntil(
          () =>
            head !== undefined &&
            this.#network.nodes.every(({ chain }) => chain.best().number >= (head?.number ?? 0)),
          SLOTS_TO_INCLUDE_MAX,
          `the storage was not set within ${SLOTS_TO_INCLUDE_MAX} slots`,
        );
      } finally {
        end();
      }
      return head ?? this.#best();
    });
  }

  snapshot(): Promise<string> {
    return this.#move(async () => {
      await this.#settle();
      const id = `0x${(this.#nextSnapshot++).toString(16).padStart(8, "0")}`;
      this.#snapshots.set(id, {
        ...copyOf(this.#disks),
        now: this.clock.now(),
        waiting: waitingIn(this.#network),
      });
      const [oldest] = this.#snapshots.keys();
      if (this.#snapshots.size > SNAPSHOTS_MAX && oldest !== undefined)
        this.#snapshots.delete(oldest);
      return id;
    });
  }

  restore(id: string): Promise<DevHead> {
    return this.#move(async () => {
      const snapshot = this.#snapshots.get(id);
      if (snapshot === undefined)
        throw new DevRefusal(
          `there is no snapshot ${id}: ${this.#snapshots.size === 0 ? "none was taken" : `there are ${[...this.#snapshots.keys()].join(", ")}`}`,
        );
      await this.#network.stop();
      this.clock.setTo(snapshot.now);
      this.#disks = copyOf(snapshot);
      this.#network = this.#start();
      resubmit(this.#network, snapshot.waiting);
      for (const listener of this.#startListeners) listener(this.#network);
      return this.#best();
    });
  }

  #move<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#moving.then(task);
    this.#moving = done.catch(() => undefined);
    return done;
  }

  async #advanceUntil(done: () => boolean, slots: number, otherwise: string): Promise<void> {
    const limitMs = slots * this.#options.slotMs;
    if (!(await this.clock.advanceUntil(done, limitMs, () => this.#settle())))
      throw new DevRefusal(otherwise);
  }

  /** Until nothing is left to do but waiting for a timer. */
  async #settle(): Promise<void> {
    do {
      await new Promise((resolve) => setImmediate(resolve));
      while (this.#executing > 0) await new Promise((resolve) => setTimeout(resolve, 1));
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#executing > 0);
  }

  #first(): RelayNode {
    const [first] = this.#network.validators;
    if (first === undefined) throw new RangeError("a network needs validators");
    return first;
  }

  #best(): DevHead {
    const { hash, number } = this.#first().chain.best();
    return { hash, number };
  }

  /** A transaction that sets and removes entries, signed by the holder of the sudo key. */
  #sudo(entries: readonly DevEntry[]): Uint8Array {
    const { chain, states } = this.#first();
    const pair = expectOk(pairFromUri("sr25519", SUDO_URI), SUDO_URI);
    const state = states.view(chain.best().hash);
    if (state === undefined) throw new RangeError("the best block's state is kept");
    const items = entries.flatMap(({ key, value }) =>
      value === undefined ? [] : [[key, value] as const],
    );
    const keys = entries.flatMap(({ key, value }) => (value === undefined ? [key] : []));
    const calls = [
      { type: "system", value: { type: "setStorage", value: { items } } },
      { type: "system", value: { type: "killStorage", value: { keys } } },
    ] as const;
    const call = { type: "utility", value: { type: "batchAll", value: { calls } } } as const;
    return signExtrinsic(
      pair,
      { type: "sudo", value: { type: "sudo", value: { call } } },
      {
        genesisHash: chain.genesisHash,
        nonce: nextNonce(relayView(this.#first()), accountOf(pair)),
        version: runtimeApi.version(state),
      },
    );
  }

  #start(): LocalNetwork {
    const { executor } = this.#options;
    const counted = async <T>(execution: Promise<T>): Promise<T> => {
      this.#executing += 1;
      try {
        return await execution;
      } finally {
        this.#executing -= 1;
      }
    };
    const network = this.#options.start({
      clock: this.clock,
      executor: {
        prepare: (request) => counted(executor.prepare(request)),
        validate: (request) => counted(executor.validate(request)),
        close: () => Promise.resolve(),
      },
      store: (name) => onDisk(this.#disks.nodes, name, NODE_COLUMNS),
      para: (id) => {
        const store = onDisk(this.#disks.paras, id, PARA_COLUMNS);
        return {
          machine: (machine) => keepingBlocks(machine, store),
          resume: (collator: Collator, genesisHead, setFinal) =>
            takeUpBlocks(collator, genesisHead, store, setFinal),
        };
      },
    });
    for (const plan of this.#later) network.addPara(plan);
    return network;
  }
}

const waitingIn = ({ nodes, collators }: LocalNetwork): Waiting => ({
  relay: new Map(
    nodes.map(({ name, pool }) => [name, pool.all().map(({ extrinsic }) => extrinsic)]),
  ),
  paras: new Map(collators.map(({ node, para }) => [node.name, para.waitingTransactions()])),
});

/** Gives every node what it had waiting: pools are in memory only. What was valid then is so now. */
function resubmit({ nodes, collators }: LocalNetwork, { relay, paras }: Waiting): void {
  for (const { name, pool } of nodes)
    for (const extrinsic of relay.get(name) ?? []) pool.submit(extrinsic, "local");
  for (const { node, para } of collators)
    for (const transaction of paras.get(node.name) ?? []) para.submit(transaction);
}

/** A disk of this name: the one that there is, or an empty one. */
function onDisk<Name, Column extends string>(
  disks: Map<Name, MemoryStore<Column>>,
  name: Name,
  columns: readonly Column[],
): MemoryStore<Column> {
  const disk = disks.get(name) ?? new MemoryStore(columns);
  disks.set(name, disk);
  return disk;
}

function copyOf({ nodes, paras }: Disks) {
  const copies = <Name, Column extends string>(
    disks: ReadonlyMap<Name, MemoryStore<Column>>,
    columns: readonly Column[],
  ): Map<Name, MemoryStore<Column>> =>
    new Map(
      [...disks].map(([name, disk]) => {
        const copy = new MemoryStore(columns);
        for (const column of columns)
          for (const { key, value } of disk.range(column, new Uint8Array(0)))
            copy.write([{ column, key, value }]);
        return [name, copy];
      }),
    );
  return { nodes: copies(nodes, NODE_COLUMNS), paras: copies(paras, PARA_COLUMNS) };
}
