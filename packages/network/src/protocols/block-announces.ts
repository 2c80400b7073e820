/**
 * `block-announces/1`: who we are, and every block that became our best or opened a fork.
 * Reference: consensus 7.3.
 */
import { BlockNumber, Hash } from "@parahost/primitives";
import { bool, bytes, struct, u8, type ValueOf } from "@parahost/scale";
import type { NotificationProtocol } from "../port.ts";
import { ForeignHeader } from "./foreign-header.ts";
import { type ChainIdentity, MIB, protocolName, SYNC_SLOTS } from "./names.ts";

export const BlockAnnouncesHandshake = struct({
  role: u8,
  bestNumber: BlockNumber,
  bestHash: Hash,
  genesisHash: Hash,
});
export type BlockAnnouncesHandshake = ValueOf<typeof BlockAnnouncesHandshake>;

export const BlockAnnounce = struct({
  header: ForeignHeader,
  /** Whether the sender takes this block for the best. */
  isBest: bool,
  /** Nothing today; peers may put what they like. */
  data: bytes(),
});
export type BlockAnnounce = ValueOf<typeof BlockAnnounce>;

export function blockAnnouncesProtocol(
  chain: ChainIdentity,
  parts: Pick<NotificationProtocol, "handshake" | "accept">,
): NotificationProtocol {
  return {
    name: protocolName(chain, "block-announces/1"),
    messageBytesMax: MIB,
    queueMax: 256,
    slots: SYNC_SLOTS,
    ...parts,
  };
}
