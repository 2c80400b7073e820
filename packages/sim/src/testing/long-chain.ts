/**
 * Long chains in a short time: validators on virtual time and links that take none, beside which other nodes may be started.
 * For nodes that come late or were away, and for measurements of how they sync.
 */
import {
  assert,
  expectOk,
  HostError,
  SeededRandom,
  silentLogger,
  VirtualClock,
} from "@parahost/base";
import { CachingVerifier, DirectVerifier, type Keystore, MemoryKeystore } from "@parahost/crypto";
import { InlineExecutor } from "@parahost/executor";
import { MemoryNetwork, type PeerId, peerIdOfName } from "@parahost/network";
import { AuthorityTable } from "@parahost/node/network-bridge/authority-discovery";
import { NODE_COLUMNS, type NodeColumn, RelayNode } from "@parahost/node/service/node";
import {
  accountOf,
  developmentKeys,
  developmentUri,
  type Genesis,
  runtimeApi,
  signExtrinsic,
} from "@parahost/runtime";
import { pairOf, setKeys } from "@parahost/runtime/testing/transactions";
import { type KeyValueStore, MemoryStore } from "@parahost/storage";
import { validatorKeystore, validatorName } from "../local-network.ts";

const SESSION_KEYS = ["babe", "gran", "para", "asgn", "audi"] as const;
const SIGNATURES_KNOWN_MAX = 16_384;

export interface LongChainOptions {
  readonly genesis: Genesis;
  readonly slotMs: number;
  /** All validators of genesis, which have the well-known keys. */
  readonly validators: number;
  /** After each so many final blocks the last validator takes other keys, so that the set of voters changes. */
  readonly keysChangeEvery?: number;
  /** Unix milliseconds at which it starts. */
  readonly startMs: number;
}

export class LongChain {
  readonly clock: VirtualClock;
  readonly hub: MemoryNetwork;
  readonly verifier = new CachingVerifier(new DirectVerifier(), SIGNATURES_KNOWN_MAX);
  readonly #options: LongChainOptions;
  readonly #discovery = new AuthorityTable();
  readonly #peers: readonly PeerId[];
  readonly #keystores: readonly Keystore[];
  readonly #stores = new Map<string, KeyValueStore<NodeColumn>>();
  readonly #running = new Map<string, RelayNode>();
  #changes = 0;

  constructor(options: LongChainOptions) {
    this.#options = options;
    this.clock = new VirtualClock(options.startMs);
    this.hub = new MemoryNetwork(this.clock);
    const indices = Array.from({ length: options.validators }, (_, index) => index);
    this.#peers = indices.map((index) => peerIdOfName(validatorName(index)));
    for (const [index, peer] of this.#peers.entries())
      this.#discovery.add(developmentKeys(developmentUri(index)).authorityDiscovery, peer);
    this.#keystores = indices.map((index) => validatorKeystore(developmentUri(index)));
    for (const index of indices) this.startValidator(index);
  }

  /** Starts a validator, on what it has kept. */
  startValidator(index: number): RelayNode {
    const keystore = this.#keystores[index];
    assert(keystore !== undefined, `there is a validator ${index}`);
    return this.#start(validatorName(index), "authority", keystore, this.#peers);
  }

  /** Starts a node that follows, on what its store has. */
  startFull(name: string, peers: readonly PeerId[] = this.#peers): RelayNode {
    return this.#start(name, "full", new MemoryKeystore(), peers);
  }

  /** What the node of this name keeps, whether it runs or not. */
  store(name: string): KeyValueStore<NodeColumn> {
    const store = this.#stores.get(name) ?? new MemoryStore<NodeColumn>(NODE_COLUMNS);
    this.#stores.set(name, store);
    return store;
  }

  node(name: string): RelayNode {
    const node = this.#running.get(name);
    assert(node !== undefined, `${name} runs`);
    return node;
  }

  async stop(name: string): Promise<void> {
    await this.node(name).stop();
    this.#running.delete(name);
  }

  async stopAll(): Promise<void> {
    for (const name of [...this.#running.keys()]) await this.stop(name);
  }

  /** Lets time pass, in steps of a slot. */
  async pass(slots: number): Promise<void> {
    const { slotMs } = this.#options;
    const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    await this.clock.runUntil(this.clock.now() + slots * slotMs, settle);
  }

  /** Lets time pass until it is so. Throws `HostError` `tooLong` after so many slots. */
  async until(done: () => boolean, slotsMax: number): Promise<void> {
    for (let slot = 0; !done(); slot++) {
      if (slot >= slotsMax) throw new HostError("tooLong", { message: `${slotsMax} slots` });
      await this.pass(1);
    }
  }

  /** Grows until the first validator has this many final blocks. */
  async grow(blocks: number): Promise<void> {
    const { validators, keysChangeEvery = Number.POSITIVE_INFINITY } = this.#options;
    const { chain } = this.node(validatorName(0));
    await this.until(() => {
      const { number } = chain.finalized();
      if (number >= (this.#changes + 1) * keysChangeEvery) this.#changeKeys(validators - 1);
      return number >= blocks;
    }, 4 * blocks);
  }

  #start(
    name: string,
    role: "authority" | "full",
    keystore: Keystore,
    peers: readonly PeerId[],
  ): RelayNode {
    const { genesis, slotMs } = this.#options;
    const node = new RelayNode(
      { name, genesis, slotMs, role, peers },
      {
        clock: this.clock,
        executor: new InlineExecutor(),
        logger: silentLogger,
        random: new SeededRandom(this.#stores.size),
        network: this.hub.join(peerIdOfName(name)),
        store: this.store(name),
        keystore,
        verifier: this.verifier,
        discovery: this.#discovery,
      },
    );
    this.#running.set(name, node);
    return node;
  }

  /** The validator registers new keys, which its node has from now on beside those that it had. */
  #changeKeys(index: number): void {
    this.#changes += 1;
    const uri = developmentUri(index);
    const next = `${uri}//${this.#changes}`;
    const keystore = this.#keystores[index];
    assert(keystore !== undefined, `there is a validator ${index}`);
    for (const type of SESSION_KEYS) expectOk(keystore.insert(type, next), `key of ${next}`);
    const node = this.node(validatorName(index));
    const state = node.states.view(node.chain.best().hash);
    assert(state !== undefined, "the best block's state is kept");
    const stash = pairOf(`${uri}//stash`);
    const extrinsic = signExtrinsic(stash, setKeys(next, accountOf(stash)), {
      genesisHash: node.chain.genesisHash,
      nonce: runtimeApi.accountNonce(state, accountOf(stash)),
    });
    expectOk(node.submit(extrinsic), "registering keys");
  }
}

/** Copies everything that a node has kept into an empty store. */
export function copyStore(from: KeyValueStore<NodeColumn>, to: KeyValueStore<NodeColumn>): void {
  for (const column of NODE_COLUMNS)
    to.write([...from.range(column, new Uint8Array(0))].map((entry) => ({ column, ...entry })));
  to.write([], { durable: true });
}
