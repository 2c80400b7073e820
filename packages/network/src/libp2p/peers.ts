/** What protocols need to know of the connections below them. */

import type { Connection, Stream } from "@libp2p/interface";
import type { Clock } from "@parahost/base";
import type { PeerId } from "../port.ts";
import type { BufferBudget } from "./buffer-budget.ts";

export type OpenStreamError = "notConnected" | "refused";

export interface Peers {
  readonly clock: Clock;
  readonly budget: BufferBudget;
  isBanned(peer: PeerId): boolean;
  /** Whether the peer may be talked to at all: it is not we, not banned and not shut out. */
  isWelcome(peer: PeerId): boolean;
  isConnected(peer: PeerId): boolean;
  /**
   * A stream with the first of `names` that the peer knows, over the connection that there is or a new
   * one. Never rejects.
   */
  openStream(
    peer: PeerId,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<Stream | OpenStreamError>;
  report(peer: PeerId, delta: number, reason: string): void;
}

/** The peer at the other end. */
export const remoteOf = (connection: Connection): PeerId =>
  connection.remotePeer.toString() as PeerId;
