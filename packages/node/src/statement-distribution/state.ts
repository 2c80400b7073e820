/** What the parts of statement distribution share. */
import type { Clock, Logger, LruMap } from "@parahost/base";
import type { Keystore, SignatureVerifier } from "@parahost/crypto";
import type { PeerId, ReputationClass } from "@parahost/network";
import type { CandidateHash, Hash, SessionIndex } from "@parahost/primitives";
import type { ImplicitView } from "../implicit-view.ts";
import type { GossipTopology } from "../network-bridge/messages.ts";
import type { Context } from "../overseer/context.ts";
import type { Peers } from "./peers.ts";
import type { RelayParent } from "./relay-parent.ts";
import type { RequestManager } from "./request-manager.ts";

export const TARGET = "parachain::statement-distribution";

export type StatementDistributionSends =
  | "candidate-backing"
  | "chain-api"
  | "network-bridge-tx"
  | "misbehavior-arbitration"
  | "runtime-api";
export type StatementDistributionContext = Context<
  "statement-distribution",
  StatementDistributionSends
>;

export interface Dependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keystore: Keystore;
  readonly verifier: SignatureVerifier;
  readonly slotMs: number;
  /** Whether the network signs the guide's "it is invalid"; off without it. */
  readonly invalidStatements?: boolean;
}

export interface State {
  readonly context: StatementDistributionContext;
  readonly deps: Dependencies;
  readonly peers: Peers;
  readonly view: ImplicitView;
  readonly relayParents: Map<Hash, RelayParent>;
  readonly requests: RequestManager;
  /** Grids of the last sessions. */
  readonly topologies: LruMap<SessionIndex, GossipTopology>;
  /** Relay parents that were worked on: whoever speaks of them is merely late. */
  readonly past: LruMap<Hash, true>;
  /** Candidates of those that we had: whoever asks for them is merely late. */
  readonly pastCandidates: LruMap<CandidateHash, true>;
}

/** Whether the relay parent is still the one that is worked on. */
export const isLive = ({ relayParents }: State, relayParent: RelayParent): boolean =>
  relayParents.get(relayParent.hash) === relayParent;

export function report(
  { context }: State,
  peer: PeerId,
  change: ReputationClass,
  reason: string,
): Promise<void> {
  return context.send("network-bridge-tx", { type: "reportPeer", peer, change, reason });
}
