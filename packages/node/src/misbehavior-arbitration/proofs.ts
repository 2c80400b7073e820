/**
 * Proven offences on their way to the chain: one for each validator, relay parent and kind, until the
 * chain has it or does not take it any more. Node-side reference, 5.20.
 */
import type { Hash, SessionIndex, ValidatorIndex } from "@parahost/primitives";
import type { StatementOffence } from "./evidence.ts";
import type { SignedStatementEvidence } from "./messages.ts";

export const PROOFS_MAX = 1_000;
/** Sessions of which the chain takes reports. */
export const PROOF_SESSIONS = 6;

export interface Proof {
  readonly kind: StatementOffence;
  readonly session: SessionIndex;
  readonly relayParent: Hash;
  readonly validatorIndex: ValidatorIndex;
  readonly votes: readonly [SignedStatementEvidence, SignedStatementEvidence];
}

export class Proofs {
  /** The oldest first; a proof that the chain has is kept without its votes being sent again. */
  readonly #proofs = new Map<string, { readonly proof: Proof; isReported: boolean }>();

  /** Whether there is a proof of this kind against the validator at the relay parent. */
  has(kind: StatementOffence, relayParent: Hash, validator: ValidatorIndex): boolean {
    return this.#proofs.has(nameOf(kind, relayParent, validator));
  }

  /** Keeps the proof; the oldest goes when there are too many. */
  add(proof: Proof): void {
    const name = nameOf(proof.kind, proof.relayParent, proof.validatorIndex);
    if (this.#proofs.has(name)) return;
    this.#proofs.set(name, { proof, isReported: false });
    if (this.#proofs.size <= PROOFS_MAX) return;
    const oldest = this.#proofs.keys().next();
    if (oldest.done !== true) this.#proofs.delete(oldest.value);
  }

  /** What the chain has not been told, oldest first. */
  unreported(): readonly Proof[] {
    return [...this.#proofs.values()].flatMap(({ proof, isReported }) =>
      isReported ? [] : [proof],
    );
  }

  noteReported({ kind, relayParent, validatorIndex }: Proof): void {
    const known = this.#proofs.get(nameOf(kind, relayParent, validatorIndex));
    if (known !== undefined) known.isReported = true;
  }

  /** Drops what is older than the chain takes, now that it is in this session. */
  prune(session: SessionIndex): void {
    for (const [name, { proof }] of this.#proofs)
      if (proof.session + PROOF_SESSIONS <= session) this.#proofs.delete(name);
  }
}

function nameOf(kind: StatementOffence, relayParent: Hash, validator: ValidatorIndex): string {
  return `${kind} ${relayParent} ${validator}`;
}
