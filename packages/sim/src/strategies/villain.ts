/** A faulty validator: its keys, what it knows, and when it does what it does. */
import { type Clock, expectOk, randomUnit, type SeededRandom } from "@parahost/base";
import { type Sr25519Pair, sr25519PairFromUri } from "@parahost/crypto";
import type { RelayNode } from "@parahost/node/service/node";
import type {
  CandidateCommitments,
  CandidateHash,
  PersistedValidationData,
  PoV,
} from "@parahost/primitives";
import { developmentKeys, developmentUri, runtimeApi, type SessionKeys } from "@parahost/runtime";
import { validatorName } from "../local-network.ts";
import type { Simulation } from "../simulation.ts";
import type { FalseData } from "./erasure-lies.ts";

/** Who does what, and when. */
export interface Role {
  /** Index of the validator among the development ones. */
  readonly validator: number;
  readonly strategy: string;
  /** How often it misbehaves when it could, 0 to 1. */
  readonly share: number;
  /** Slots since the start during which it misbehaves; before and after it is honest. */
  readonly fromSlot: number;
  readonly toSlot: number;
}

/** Where villains live: a simulation, or a network in real time. */
export type Stage = Pick<Simulation, "validators" | "slotMs" | "restart">;

/** A candidate that is not what it claims, and what its friends have to say to stand by it. */
export interface Invented {
  readonly commitments: CandidateCommitments;
  readonly validationData: PersistedValidationData;
  readonly pov: PoV;
}

/** What all faulty validators of a run know of each other. */
export class Conspiracy {
  /** Set once the network has started. */
  simulation: Stage | undefined;
  readonly members: Villain[] = [];
  /** Invalid candidates of theirs, for which they stand up. */
  readonly invented = new Map<CandidateHash, Invented>();
  /** What is behind erasure roots that are not those of their candidates' data. */
  readonly falseData = new Map<CandidateHash, FalseData>();
  /** How often each strategy took effect. */
  readonly effects = new Map<string, number>();
}

export class Villain {
  readonly role: Role;
  readonly name: string;
  readonly conspiracy: Conspiracy;
  readonly keys: SessionKeys;
  /** Signs statements, bitfields, votes: all session keys of a development validator are one secret. */
  readonly pair: Sr25519Pair;
  readonly random: SeededRandom;
  readonly clock: Clock;
  readonly slotMs: number;
  readonly #startMs: number;

  constructor(
    role: Role,
    conspiracy: Conspiracy,
    world: { readonly clock: Clock; readonly random: SeededRandom; readonly slotMs: number },
  ) {
    const uri = developmentUri(role.validator);
    this.role = role;
    this.name = validatorName(role.validator);
    this.conspiracy = conspiracy;
    this.keys = developmentKeys(uri);
    this.pair = expectOk(sr25519PairFromUri(uri), "a well-known key");
    this.random = world.random;
    this.clock = world.clock;
    this.slotMs = world.slotMs;
    this.#startMs = world.clock.now();
    conspiracy.members.push(this);
  }

  /** The network, which is there whenever something happens in it. */
  get simulation(): Stage {
    const { simulation } = this.conspiracy;
    if (simulation === undefined) throw new RangeError("nothing has happened yet");
    return simulation;
  }

  /** Its own node. */
  get node(): RelayNode {
    const node = this.simulation.validators.find(({ name }) => name === this.name);
    if (node === undefined) throw new RangeError(`${this.name} does not run`);
    return node;
  }

  /** Whose blocks it can read: its own node's before those of others, whose machines may be dying. */
  get sources(): Pick<Stage, "validators"> {
    return { validators: [this.node, ...this.simulation.validators] };
  }

  /** Its index among the validators of the session of the best block; -1 when it is none of them. */
  indexNow(): number {
    const { chain, states } = this.node;
    const state = states.view(chain.best().hash);
    return state === undefined ? -1 : runtimeApi.validators(state).indexOf(this.keys.paraValidator);
  }

  /** Whether it misbehaves in these slots. */
  get isActive(): boolean {
    const slot = (this.clock.now() - this.#startMs) / this.slotMs;
    return slot >= this.role.fromSlot && slot < this.role.toSlot;
  }

  /** Whether it takes this opportunity: draws from its share. */
  feelsLikeIt(): boolean {
    return this.isActive && randomUnit(this.random) < this.role.share;
  }

  /** The strategy took effect. */
  tookEffect(): void {
    const { effects } = this.conspiracy;
    const { strategy } = this.role;
    effects.set(strategy, (effects.get(strategy) ?? 0) + 1);
  }
}
