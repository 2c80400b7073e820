/**
 * A network for an author's tests: a relay chain with parachains in virtual time, without ports or processes. What
 * happens repeats from the seed, to the byte. Works in any test runner.
 *
 * ```ts
 * const net = await testNetwork({ seed: 1, para: import.meta.dirname });
 * const sent = await net.para(1000).send({ pallet: "Counter", call: "increment", args: { by: 2 } });
 * assert.equal(await sent.outcome(), "done");
 * await net.para(1000).block(5);
 * assert.equal(net.para(1000).read("Counter", "count"), 2);
 * await net.stop();
 * ```
 */
import { assert, describe, type Hex, type Result } from "@parahost/base";
import type { ParaNode } from "@parahost/collator";
import { GuestStateMachine } from "@parahost/collator";
import { type KeyPair, pairFromUri } from "@parahost/crypto";
import { buildProject, loadProject } from "@parahost/kit/compile";
import {
  type ChainEvent,
  type ChainSchema,
  encodeCall,
  failureName,
  type GenesisConfig,
  type NamedCall,
  readEvents,
  readStorage,
  type StateLookup,
  signTransaction,
} from "@parahost/kit/schema";
import { asParaId, type Hash, type HeadData, Header, headerHash } from "@parahost/primitives";
import { type DispatchError, developmentAccount } from "@parahost/runtime";
import { decode } from "@parahost/scale";
import { FIRST_PARA_ID, planGuest } from "./para-plan.ts";
import { Simulation } from "./simulation.ts";

/** A chain that is built already. */
export interface BuiltChain {
  readonly schema: ChainSchema;
  readonly wasm: Uint8Array;
  readonly sourceMap?: string;
  readonly storage?: GenesisConfig["storage"];
}

export interface TestNetworkOptions {
  /** What is drawn by chance is drawn from it. */
  readonly seed: number;
  /** Folders of projects, or chains that are built; they get the ids from 1000 on. */
  readonly para: string | BuiltChain | readonly (string | BuiltChain)[];
  readonly validators?: number;
  readonly slotMs?: number;
  readonly epochSlots?: number;
}

export interface TestNetwork {
  /** A parachain by its id. */
  para(id: number): TestPara;
  /** Virtual time, milliseconds since 1970. */
  readonly now: number;
  /** Number and hash of the best relay chain block. */
  readonly relay: { readonly number: number; readonly hash: Hash };
  /** Lets virtual time pass. */
  advance(ms: number): Promise<void>;
  /** Until the relay chain has come to this block. */
  relayBlock(number: number): Promise<void>;
  stop(): Promise<void>;
}

export interface TestBlock {
  readonly number: number;
  readonly hash: Hash;
  readonly events: readonly ChainEvent[];
}

export interface Sent {
  readonly hash: Hex;
  /** Until it is in a block of the best chain: `done`, or the name of why the call failed. */
  outcome(): Promise<string>;
}

/** Who calls, and what a call costs beyond its fee. */
export interface SendOptions {
  /** A secret URI; `//Alice` unless given. */
  readonly from?: string;
  readonly tip?: bigint;
}

/** Virtual time after which what is waited for will not come: some hundred slots. */
const PATIENCE_SLOTS = 300;

export async function testNetwork(options: TestNetworkOptions): Promise<TestNetwork> {
  const { seed, validators = 4, slotMs = 6000, epochSlots = 20 } = options;
  const asked = options.para;
  const sources = typeof asked === "string" || "schema" in asked ? [asked] : asked;
  const chains = await Promise.all(
    sources.map((source) => (typeof source === "string" ? builtOnce(source) : source)),
  );
  const machines: GuestStateMachine[][] = chains.map(() => []);
  const simulation = new Simulation({
    seed,
    validators,
    slotMs,
    epochSlots,
    paras: chains.map(({ schema, wasm, storage, sourceMap }, index) => {
      const plan = planGuest(asParaId(FIRST_PARA_ID + index), schema, wasm, {
        storage,
        sourceMap: () => sourceMap,
      });
      return {
        ...plan,
        machine: () => {
          const machine = plan.machine();
          assert(machine instanceof GuestStateMachine, "a declared chain is a guest");
          machines[index]?.push(machine);
          return machine;
        },
      };
    }),
  });
  const paras = new Map(
    simulation.collators.map(({ plan, para }, index) => {
      const chain = chains[index];
      assert(chain !== undefined, "every para has its chain");
      return [plan.id as number, new TestPara(simulation, para, chain, machines[index] ?? [])];
    }),
  );
  const relayChain = () => {
    const [first] = simulation.validators;
    assert(first !== undefined, "a network has validators");
    return first.chain.best();
  };
  return {
    para: (id) => {
      const para = paras.get(id);
      assert(para !== undefined, `there is no parachain ${id}, only ${[...paras.keys()]}`);
      return para;
    },
    get now() {
      return simulation.now;
    },
    get relay() {
      const { number, hash } = relayChain();
      return { number, hash };
    },
    advance: (ms) => simulation.run(ms),
    relayBlock: (number) => until(simulation, () => relayChain().number >= number),
    stop: () => simulation.stop(),
  };
}

async function until(simulation: Simulation, done: () => boolean, what = "block"): Promise<void> {
  const came = await simulation.runUntil(done, PATIENCE_SLOTS * simulation.slotMs);
  assert(came, `the ${what} did not come within ${PATIENCE_SLOTS} slots`);
}

/** Compiling takes seconds: each folder is compiled once for all networks of a process. */
const built = new Map<string, Promise<BuiltChain>>();

function builtOnce(directory: string): Promise<BuiltChain> {
  const known = built.get(directory);
  if (known !== undefined) return known;
  const building = buildChain(directory);
  built.set(directory, building);
  return building;
}

async function buildChain(directory: string): Promise<BuiltChain> {
  const project = orThrow(await loadProject(directory));
  const guest = orThrow(await buildProject(project));
  const { schema, storage } = project;
  return { schema, ...guest, ...(storage === undefined ? {} : { storage }) };
}

function orThrow<T>(result: Result<T, { readonly message: string }>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** A parachain, as its author's tests look at it. */
export class TestPara {
  readonly schema: ChainSchema;
  readonly #simulation: Simulation;
  readonly #para: ParaNode;
  readonly #machines: readonly GuestStateMachine[];
  readonly #genesisHash: Hash;
  /** Numbers of transactions that have been sent. */
  readonly #nonces = new Map<Hex, number>();

  constructor(
    simulation: Simulation,
    para: ParaNode,
    { schema }: BuiltChain,
    machines: readonly GuestStateMachine[],
  ) {
    this.schema = schema;
    this.#simulation = simulation;
    this.#para = para;
    this.#machines = machines;
    this.#genesisHash = headerHash(decode(Header, para.head("finalized").head));
  }

  /** Signs a call and gives it to the collator. Throws for what its pool refuses. */
  async send(call: NamedCall, { from = "//Alice", tip = 0n }: SendOptions = {}): Promise<Sent> {
    const pair = keyPair(from);
    const account = developmentAccount(from);
    const next = orThrow(told(this.#para.account(account, "latest"))).nonce;
    const nonce = Math.max(next, this.#nonces.get(account) ?? 0);
    const transaction = signTransaction(this.schema, pair, encodeCall(this.schema, call), {
      genesisHash: this.#genesisHash,
      nonce,
      tip,
    });
    const hash = orThrow(told(this.#para.submit(transaction)));
    this.#nonces.set(account, nonce + 1);
    return { hash, outcome: () => this.#outcome(hash) };
  }

  /** Until the best chain has come to this block. */
  async block(number: number): Promise<TestBlock> {
    await until(this.#simulation, () => (this.#para.head("best").number ?? 0) >= number);
    return this.#blockAt(number);
  }

  /** Number of the best block. */
  get number(): number {
    return this.#para.head("best").number ?? 0;
  }

  /** An entry of the best block's storage, by its names and keys. */
  read(pallet: string, item: string, ...keys: readonly unknown[]): unknown {
    return readStorage(this.schema, this.#stateAt(this.#best()), pallet, item, keys);
  }

  /** The best block's events. */
  events(): readonly ChainEvent[] {
    return readEvents(this.schema, this.#stateAt(this.#best()));
  }

  /** What an account has, by its secret URI. */
  balance(uri: string): bigint {
    return orThrow(told(this.#para.account(developmentAccount(uri), "best"))).balance;
  }

  #best(): HeadData {
    return this.#para.head("best").head;
  }

  #blockAt(number: number): TestBlock {
    const [block] = this.#para.blocks(number, 1);
    assert(block !== undefined, `block ${number} is forgotten: ask for it when it is new`);
    return {
      number,
      hash: block.hash,
      events: readEvents(this.schema, this.#stateAt(block.head)),
    };
  }

  #stateAt(head: HeadData): StateLookup {
    const machine = this.#machines.find((candidate) => candidate.has(head));
    assert(machine !== undefined, "the state of this block is forgotten: ask when it is new");
    const state = machine.stateAt(head);
    assert(state.ok, "a machine has the states that it says it has");
    return (key) => state.value.get(key);
  }

  async #outcome(hash: Hex): Promise<string> {
    const place = () => {
      const status = this.#para.transactionStatus(hash);
      if (status?.type === "dropped") throw new Error(`not included: ${describe(status)}`);
      return status !== undefined && "number" in status ? status.number : undefined;
    };
    await until(this.#simulation, () => place() !== undefined, "transaction's block");
    const number = place() ?? 0;
    const [block] = this.#para.blocks(number, 1);
    const index = block?.transactions.indexOf(hash);
    const failed = this.#blockAt(number).events.find(
      ({ name, extrinsic }) => name === "ExtrinsicFailed" && extrinsic === index,
    );
    return failed === undefined
      ? "done"
      : failureName(this.schema, failed.fields["dispatchError"] as DispatchError);
  }
}

function keyPair(uri: string): KeyPair {
  const pair = pairFromUri("sr25519", uri);
  if (!pair.ok) throw new Error(`"${uri}" is no secret URI such as //Alice`);
  return pair.value;
}

const told = <T>(result: Result<T, unknown>): Result<T, { readonly message: string }> =>
  result.ok ? result : { ok: false, error: { message: describe(result.error) } };
