/**
 * A collator that declares and advertises as it should, and then misbehaves in the way it was told to.
 * It advertises at each relay chain block that a validator tells it of.
 */
import { assert, expectOk } from "@parahost/base";
import { sr25519PairFromUri, sr25519Sign } from "@parahost/crypto";
import {
  type AdvertiseCollation,
  CollationFetchingRequest,
  CollationFetchingResponse,
  CollationWireMessage,
  type Declare,
  declarePayload,
  type PeerId,
} from "@parahost/network";
import {
  asCollatorId,
  type CandidateHash,
  type CandidateReceipt,
  type CollatorSignature,
  candidateHash,
  type Hash,
  type ParaId,
  type PoV,
  paraHeadHash,
} from "@parahost/primitives";
import { decode, encode } from "@parahost/scale";
import type { Simulation } from "../simulation.ts";
import { chainAt } from "./chain-view.ts";
import { type MadeUpCandidate, makeUpCandidate } from "./made-up-candidate.ts";
import { type Heard, Stranger } from "./stranger.ts";

export interface Served {
  readonly candidateReceipt: CandidateReceipt;
  readonly pov: PoV;
}

/** Where it departs from what a collator does; each part is as it should be unless given. */
export interface CollatorFault {
  readonly declare?: (declared: Declare) => Declare | undefined;
  /** What it collates, before it advertises it. */
  readonly collate?: (made: MadeUpCandidate) => Served;
  readonly advertise?: (advertised: AdvertiseCollation) => AdvertiseCollation;
  /** What it hands over; bytes are sent as they are. */
  readonly serve?: (served: Served) => Served | Uint8Array;
}

export class RogueCollator {
  readonly stranger: Stranger;
  readonly #simulation: Simulation;
  readonly #para: ParaId;
  readonly #fault: CollatorFault;
  readonly #validators: readonly PeerId[];
  readonly #declaredTo = new Set<PeerId>();
  readonly #collations = new Map<CandidateHash, Served>();

  constructor(simulation: Simulation, name: string, para: ParaId, fault: CollatorFault) {
    this.#simulation = simulation;
    this.#para = para;
    this.#fault = fault;
    this.stranger = new Stranger(simulation, name);
    this.stranger.onHeard = (heard) => this.#onHeard(heard);
    this.stranger.answers.collation = (payload) => this.#answer(payload);
    this.#validators = simulation.validators.map((_, index) => simulation.peerOf(index));
    this.stranger.connect(this.#validators, ["collation"]);
  }

  get peer(): PeerId {
    return this.stranger.peer;
  }

  #onHeard({ peer, bytes }: Heard): void {
    const message = decode(CollationWireMessage, bytes);
    if (message.type !== "viewUpdate") return;
    this.#declare(peer);
    for (const head of message.value.heads) this.#advertise(peer, head);
  }

  #declare(peer: PeerId): void {
    if (this.#declaredTo.has(peer)) return;
    this.#declaredTo.add(peer);
    const pair = expectOk(sr25519PairFromUri(`//${this.peer}`), "a name is a path");
    const declared: Declare = {
      collatorId: asCollatorId(pair.publicKey),
      paraId: this.#para,
      signature: sr25519Sign(pair, declarePayload(this.peer)) as CollatorSignature,
    };
    const value = this.#fault.declare === undefined ? declared : this.#fault.declare(declared);
    if (value !== undefined) this.#say(peer, { type: "declare", value });
  }

  #advertise(peer: PeerId, head: Hash): void {
    const view = chainAt(this.#simulation, head);
    if (view === undefined) return;
    const made = makeUpCandidate(view, this.#para);
    const served = this.#fault.collate?.(made) ?? { candidateReceipt: made.receipt, pov: made.pov };
    const hash = candidateHash(served.candidateReceipt);
    this.#collations.set(hash, served);
    const advertised: AdvertiseCollation = {
      relayParent: head,
      candidateHash: hash,
      parentHeadDataHash: paraHeadHash(made.validationData.parentHead),
    };
    const value = this.#fault.advertise?.(advertised) ?? advertised;
    this.#say(peer, { type: "advertiseCollation", value });
  }

  #answer(payload: Uint8Array): Uint8Array | undefined {
    const asked = decode(CollationFetchingRequest, payload);
    const collation = this.#collations.get(asked.candidateHash);
    if (collation === undefined) return undefined;
    const served = this.#fault.serve?.(collation) ?? collation;
    if (served instanceof Uint8Array) return served;
    return encode(CollationFetchingResponse, { type: "collation", value: served });
  }

  #say(
    peer: PeerId,
    value:
      | { readonly type: "declare"; readonly value: Declare }
      | { readonly type: "advertiseCollation"; readonly value: AdvertiseCollation },
  ): void {
    const message = { type: "collatorProtocol", value } as const;
    this.stranger.say(
      "collation",
      peer,
      encode(CollationWireMessage, { type: "protocolMessage", value: message }),
    );
  }
}

/** The receipt with another descriptor. */
export function withDescriptor(
  { receipt, pov }: MadeUpCandidate,
  change: Partial<Omit<CandidateReceipt["descriptor"], "version">>,
): Served {
  const { descriptor } = receipt;
  assert(descriptor.version === 2, "candidates are made up with version 2");
  return { candidateReceipt: { ...receipt, descriptor: { ...descriptor, ...change } }, pov };
}
