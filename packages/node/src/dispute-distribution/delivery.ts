/**
 * Who has confirmed one message and who must still get it. Recipients are the validators of the
 * dispute's session and all authorities of now: these put votes into blocks. Node-side reference, 5.25.
 */
import type { AuthorityDiscoveryId, SessionInfo } from "@parahost/primitives";

/** The validators of the disputed session, and all authorities of the sessions of our leaves, but us. */
export function recipientsOf(
  disputed: SessionInfo,
  current: readonly SessionInfo[],
  isUs: (authority: AuthorityDiscoveryId) => boolean,
): ReadonlySet<AuthorityDiscoveryId> {
  const all = [
    ...disputed.discoveryKeys.slice(0, disputed.validators.length),
    ...current.flatMap(({ discoveryKeys }) => discoveryKeys),
  ];
  return new Set(all.filter((authority) => !isUs(authority)));
}

type State = "sending" | "confirmed" | "failed";

export class Delivery {
  readonly #states = new Map<AuthorityDiscoveryId, State>();

  /** Starts a round: those of `recipients` that have not confirmed and are not being asked now. */
  begin(recipients: ReadonlySet<AuthorityDiscoveryId>): readonly AuthorityDiscoveryId[] {
    for (const [authority, state] of this.#states)
      if (state !== "sending" && !recipients.has(authority)) this.#states.delete(authority);
    const due = [...recipients].filter((authority) => {
      const state = this.#states.get(authority);
      return state === undefined || state === "failed";
    });
    for (const authority of due) this.#states.set(authority, "sending");
    return due;
  }

  end(authority: AuthorityDiscoveryId, isConfirmed: boolean): void {
    this.#states.set(authority, isConfirmed ? "confirmed" : "failed");
  }
}
