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

const verifierOf = (state: State): SignatureVerifier => verifiers.get(state) ?? direct;

/** Whether the claim is true. */
export const verifySignature = (state: State, item: SignatureItem): boolean =>
  verifierOf(state).verify(item);

/**
 * What `check` finds, with all signatures that it asks about verified together, which costs a fraction of verifying
 * them one by one. At first it is told that each is good; if one is not, it runs once more and is told the
 * truth. So it may read the state and must not change it.
 */
export function verifyTogether<T>(
  state: State,
  check: (verify: (item: SignatureItem) => boolean) => T,
): T {
  const verifier = verifierOf(state);
  const items: SignatureItem[] = [];
  const found = check((item) => {
    items.push(item);
    return true;
  });
  if (!verifier.verifyAll(items).includes(false)) return found;
  return check((item) => verifier.verify(item));
}
