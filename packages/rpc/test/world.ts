/** A small network in virtual time whose first validator answers clients, for tests. */
import { bytesToHex, expectOk, type Hex } from "@parahost/base";
import { type KeyPair, pairFromUri } from "@parahost/crypto";
import type { RelayNode } from "@parahost/node/service/node";
import { type AccountId, encodeExtrinsic } from "@parahost/primitives";
import { accountOf, type RuntimeCall, runtimeApi, signExtrinsic } from "@parahost/runtime";
import { Simulation } from "@parahost/sim/simulation";
import type { Methods } from "../src/method.ts";
import { listMethods } from "../src/methods/list.ts";
import { relayMethods } from "../src/methods/relay-methods.ts";
import { TestClient } from "../src/testing/client.ts";

export const IDENTITY = { name: "Test Network", type: "Local", version: "1.2.3" } as const;

export class World {
  readonly simulation: Simulation;
  readonly node: RelayNode;
  readonly methods: Methods;
  readonly client: TestClient;

  private constructor(simulation: Simulation, allowUnsafe: boolean) {
    const [first] = simulation.validators;
    if (first === undefined) throw new RangeError("a network needs validators");
    this.simulation = simulation;
    this.node = first;
    this.methods = listMethods(
      relayMethods(first, { identity: IDENTITY, random: simulation.random, allowUnsafe }),
    );
    this.client = this.connect();
  }

  /** Two validators, and some finalized blocks. */
  static async start({ finalized = 2, allowUnsafe = true } = {}): Promise<World> {
    const simulation = new Simulation({ seed: 7, validators: 2, paras: 0 });
    if (finalized > 0) await simulation.runUntilFinalized(finalized, 300_000);
    return new World(simulation, allowUnsafe);
  }

  connect(): TestClient {
    return new TestClient(this.methods);
  }

  /** Lets slots pass. */
  run(slots: number): Promise<void> {
    return this.simulation.run(slots * this.simulation.slotMs);
  }

  runUntil(done: () => boolean): Promise<boolean> {
    return this.simulation.runUntil(done, 300_000);
  }

  stop(): Promise<void> {
    this.client.close();
    return this.simulation.stop();
  }

  /** A signed transaction as clients send it: hex, with its length. */
  signed(uri: string, call: RuntimeCall, options: { nonce?: number; tip?: bigint } = {}): Hex {
    const pair = pairOf(uri);
    const { chain, states } = this.node;
    const state = states.toExecuteOn(chain.best().hash);
    if (state === undefined) throw new RangeError("the best block's state is kept");
    const extrinsic = signExtrinsic(pair, call, {
      genesisHash: chain.genesisHash,
      nonce: runtimeApi.accountNonce(state, accountOf(pair)),
      ...options,
    });
    return bytesToHex(encodeExtrinsic(extrinsic));
  }

  /** Moves tokens from //Alice to //Bob. */
  transfer(value: bigint, options: { nonce?: number; tip?: bigint } = {}): Hex {
    const dest = { type: "id", value: accountOf(pairOf("//Bob")) } as const;
    return this.signed(
      "//Alice",
      { type: "balances", value: { type: "transferKeepAlive", value: { dest, value } } },
      options,
    );
  }
}

export const pairOf = (uri: string): KeyPair => expectOk(pairFromUri("sr25519", uri), uri);

export const accountIdOf = (uri: string): AccountId => accountOf(pairOf(uri));
