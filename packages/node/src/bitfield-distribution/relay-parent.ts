/**
 * What is known about the bitfields of one leaf: the first one of each validator, and who told whom.
 * Holds at most one bitfield per validator and one mark per validator and peer.
 */
import { equalBytes } from "@parahost/base";
import type { SignatureVerifier } from "@parahost/crypto";
import type { PeerId, ReputationClass } from "@parahost/network";
import {
  bitfieldPayload,
  type SigningContext,
  type UncheckedSignedAvailabilityBitfield,
  type ValidatorId,
  type ValidatorIndex,
} from "@parahost/primitives";

/** What came of a peer's bitfield, for its sender and for us. */
export type Verdict =
  /** New and good: keep it, pass it on. */
  | { readonly type: "first"; readonly change: ReputationClass }
  /** Known already. */
  | { readonly type: "known"; readonly change: ReputationClass }
  /** The validator signed two different ones; the sender may be innocent. */
  | { readonly type: "equivocation" }
  | { readonly type: "refused"; readonly change: ReputationClass; readonly reason: string };

export class RelayParentBitfields {
  readonly signingContext: SigningContext;
  readonly #validators: readonly ValidatorId[];
  readonly #coreCount: number;
  readonly #verifier: SignatureVerifier;
  readonly #bitfields = new Map<ValidatorIndex, UncheckedSignedAvailabilityBitfield>();
  /** Validators whose bitfield the peer has told us, and those it knows otherwise. */
  readonly #received = new Map<PeerId, Set<ValidatorIndex>>();
  readonly #sent = new Map<PeerId, Set<ValidatorIndex>>();

  constructor(
    validators: readonly ValidatorId[],
    coreCount: number,
    signingContext: SigningContext,
    verifier: SignatureVerifier,
  ) {
    this.#validators = validators;
    this.#coreCount = coreCount;
    this.signingContext = signingContext;
    this.#verifier = verifier;
  }

  /** First bitfields of all validators that we know of. */
  bitfields(): Iterable<UncheckedSignedAvailabilityBitfield> {
    return this.#bitfields.values();
  }

  /** Our own, just signed. False when we know one of ours. */
  addOwn(bitfield: UncheckedSignedAvailabilityBitfield): boolean {
    if (this.#bitfields.has(bitfield.validatorIndex)) return false;
    this.#bitfields.set(bitfield.validatorIndex, bitfield);
    return true;
  }

  judge(peer: PeerId, bitfield: UncheckedSignedAvailabilityBitfield): Verdict {
    const { validatorIndex, payload } = bitfield;
    if (this.#validators.length === 0)
      return { type: "refused", change: "costMinor", reason: "no validator set" };
    const publicKey = this.#validators[validatorIndex];
    if (publicKey === undefined)
      return { type: "refused", change: "costMajor", reason: "no such validator" };
    if (!mark(this.#received, peer, validatorIndex))
      return { type: "refused", change: "costMinorRepeated", reason: "bitfield told twice" };
    const known = this.#bitfields.get(validatorIndex);
    const isSame = known !== undefined && equalBytes(known.payload.bytes, payload.bytes);
    if (isSame && equalBytes(known.signature, bitfield.signature))
      return { type: "known", change: "benefitMinor" };
    if (payload.length !== this.#coreCount)
      return { type: "refused", change: "costMajor", reason: "bitfield of another length" };
    const isSigned = this.#verifier.verify({
      scheme: "sr25519",
      publicKey,
      message: bitfieldPayload(payload, this.signingContext),
      signature: bitfield.signature,
    });
    if (!isSigned) return { type: "refused", change: "costMajor", reason: "wrong signature" };
    // Signatures are drawn, so the same bitfield may be signed twice.
    if (isSame) return { type: "known", change: "benefitMinor" };
    if (known !== undefined) return { type: "equivocation" };
    this.#bitfields.set(validatorIndex, bitfield);
    return { type: "first", change: "benefitMinorFirst" };
  }

  /** Whether the peer has not heard this validator's bitfield, neither from us nor elsewhere. */
  isNewTo(peer: PeerId, validator: ValidatorIndex): boolean {
    return (
      this.#received.get(peer)?.has(validator) !== true &&
      this.#sent.get(peer)?.has(validator) !== true
    );
  }

  noteSent(peer: PeerId, validator: ValidatorIndex): void {
    mark(this.#sent, peer, validator);
  }

  forget(peer: PeerId): void {
    this.#received.delete(peer);
    this.#sent.delete(peer);
  }
}

/** False when it was marked before. */
function mark(
  marks: Map<PeerId, Set<ValidatorIndex>>,
  peer: PeerId,
  validator: ValidatorIndex,
): boolean {
  let marked = marks.get(peer);
  if (marked === undefined) {
    marked = new Set();
    marks.set(peer, marked);
  }
  if (marked.has(validator)) return false;
  marked.add(validator);
  return true;
}
