/**
 * A chain for tests: authors with well-known keys build its blocks, and every block is executed again as an
 * importer would, so that each test that adds a block also checks that building and importing agree.
 */

import type { Result } from "@parahost/base";
import { assert, expectOk } from "@parahost/base";
import { type Sr25519Pair, sr25519PairFromUri, vrfSign } from "@parahost/crypto";
import {
  asHash,
  BABE_ENGINE_ID,
  type BabeId,
  BabePreDigest,
  type BackedCandidate,
  type Block,
  type Digest,
  type Hash,
  type Header,
  headerHash,
  type OpaqueExtrinsic,
  type ParachainsInherentData,
} from "@parahost/primitives";
import { encode } from "@parahost/scale";
import {
  applyExtrinsic,
  type BlockError,
  executeBlock,
  finalizeBlock,
  initializeBlock,
} from "../executive.ts";
import type { State } from "../framework/index.ts";
import { developmentUri, type LocalNetwork, localGenesis } from "../genesis/development.ts";
import { type GenesisConfig, genesisHeader, writeGenesis } from "../genesis/genesis.ts";
import { inherentExtrinsics } from "../inherents.ts";
import { epochStartSlot } from "../pallets/babe/epochs.ts";
import { slotTranscript } from "../pallets/babe/randomness.ts";
import { storage as babeStorage, epochDuration, slotDuration } from "../pallets/babe/storage.ts";
import { emptyState } from "./state.ts";

/** Far enough from zero that no test meets the epoch by accident. */
const FIRST_SLOT = 1_000_000;

/** Pairs of validators that some test has asked for, by public key. */
const pairs = new Map<string, Sr25519Pair>();
let pairCount = 0;

/** Makes the keys of the first `count` validators known. */
function knowValidators(count: number): void {
  for (; pairCount < count; pairCount++) {
    const uri = developmentUri(pairCount);
    const pair = expectOk(sr25519PairFromUri(uri), uri);
    pairs.set(pair.publicKey, pair);
  }
}

/** The sr25519 pair of a validator of one of the chains made so far. */
export function validatorPair(publicKey: string): Sr25519Pair {
  const pair = pairs.get(publicKey);
  assert(pair !== undefined, `${publicKey} is not a well-known validator's`);
  return pair;
}

export interface BlockPlan {
  /** The slot after the parent's, if not given. */
  readonly slot?: number;
  /** Primary claims contribute randomness. */
  readonly kind?: "primary" | "secondaryVRF";
  /** Index among the authorities of the slot's epoch; 0 if not given. */
  readonly author?: number;
  readonly extrinsics?: readonly OpaqueExtrinsic[];
  readonly parachains?: Partial<Omit<ParachainsInherentData, "parentHeader">>;
}

export class TestChain {
  readonly state: State = emptyState();
  readonly config: GenesisConfig;
  readonly genesisHash: Hash;
  head: Header;

  constructor(network: Partial<LocalNetwork> = {}) {
    knowValidators(Math.max(8, network.validators ?? 0));
    this.config = localGenesis({
      validators: 4,
      paras: [],
      slotMs: 2_000,
      epochSlots: 10,
      // A core for each para, and no idle ones.
      groupSize: network.validators ?? 4,
      ...network,
    });
    expectOk(writeGenesis(this.state, this.config), "the network can begin");
    this.head = genesisHeader(asHash(this.state.root(1)));
    this.genesisHash = headerHash(this.head);
  }

  get nextSlot(): number {
    return this.head.number === 0 ? FIRST_SLOT : babeStorage.currentSlot.get(this.state) + 1;
  }

  /** The key of the authority with this index in a slot's epoch. */
  authority(slot: number, index: number): BabeId {
    const authority = this.#epochOf(slot).authorities[index];
    assert(authority !== undefined, `authority ${index} of slot ${slot}`);
    return authority.id;
  }

  /** The author's items of the next block. */
  digest({ slot = this.nextSlot, kind = "secondaryVRF", author = 0 }: BlockPlan = {}): Digest {
    const { epoch, randomness, authorities } = this.#epochOf(slot);
    const pair = validatorPair(authorities[author]?.id ?? `authority ${author}`);
    const vrf = vrfSign(pair, slotTranscript(slot, epoch, randomness));
    const claim: BabePreDigest = {
      type: kind,
      value: {
        authorityIndex: author,
        slot,
        vrfSignature: vrf,
      },
    };
    const data = encode(BabePreDigest, claim);
    return [{ type: "preRuntime", value: { engine: BABE_ENGINE_ID, data } }];
  }

  /** Builds the next block upon the head, as its author would; the state stays as it is. */
  build(plan: BlockPlan = {}): Block {
    const { slot = this.nextSlot, extrinsics = [], parachains = {} } = plan;
    const { state, head } = this;
    state.begin();
    const opening = {
      parentHash: headerHash(head),
      number: head.number + 1,
      digest: this.digest({ ...plan, slot }),
    };
    expectOk(initializeBlock(state, opening), "the block is opened");
    const inherents = inherentExtrinsics(state, {
      timestamp: slot * slotDuration(state),
      parachains: {
        bitfields: [],
        backedCandidates: [] as readonly BackedCandidate[],
        disputes: [],
        ...parachains,
        parentHeader: head,
      },
    });
    const body = [...inherents, ...extrinsics];
    for (const extrinsic of body) expectOk(applyExtrinsic(state, extrinsic), "it is applied");
    const header = finalizeBlock(state);
    state.rollback();
    return { header, extrinsics: body };
  }

  /** Executes a block as its importer would; on success it is the head. */
  execute(block: Block): Result<Header, BlockError> {
    const executed = executeBlock(this.state, block);
    if (executed.ok) this.head = executed.value;
    return executed;
  }

  /** Builds and executes the next block. */
  add(plan: BlockPlan = {}): Header {
    return expectOk(this.execute(this.build(plan)), "what was built is imported");
  }

  /** Builds and executes `count` blocks in consecutive slots. */
  addMany(count: number): void {
    for (let i = 0; i < count; i++) this.add();
  }

  /** The epoch that a claim to `slot` must be made in. */
  #epochOf(slot: number) {
    const { state } = this;
    const index = babeStorage.epochIndex.get(state);
    const isFirst = this.head.number === 0;
    if (isFirst || slot < epochStartSlot(state, index + 1))
      return {
        epoch: index,
        randomness: babeStorage.randomness.get(state),
        authorities: babeStorage.authorities.get(state),
      };
    return {
      epoch: Math.floor((slot - babeStorage.genesisSlot.get(state)) / epochDuration(state)),
      randomness: babeStorage.nextRandomness.get(state),
      authorities: babeStorage.nextAuthorities.get(state),
    };
  }
}
