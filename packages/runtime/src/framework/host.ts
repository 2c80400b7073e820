/**
 * What the runtime asks of the node that runs it: to check signatures. Most signatures in a block reached
 * the node before, by gossip; a verifier that remembers them (`CachingVerifier`) spares checking twice.
 * Answers do not depend on the verifier, so neither does the state.
 *
 * Routines take only `state`, so the host is bound to it for as long as the state lives.
 */
import { DirectVerifier, type SignatureItem, type SignatureVerifier } from "@parahost/crypto";
import type { State } from "./state.ts";

const verifiers = new WeakMap<State, SignatureVerifier>();
const direct = new DirectVerifier();

/** From now on signatures in this state are checked by `verifier`; by a plain one until then. */
export function bindVerifier(state: State, verifier: SignatureVerifier): void {
  verifiers.set(state, verifier);
}

/** Whether the claim is true. */
export const verifySignature = (state: State, item: SignatureItem): boolean =>
  (verifiers.get(state) ?? direct).verify(item);
