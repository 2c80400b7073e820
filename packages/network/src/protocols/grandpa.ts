/**
 * `grandpa/1`: the handshake is the role byte; every notification is one GRANDPA message, whose
 * layout is in `primitives`. Reference: consensus 4.3, 7.5.
 */
import type { NotificationProtocol } from "../port.ts";
import { type ChainIdentity, MIB, protocolName, SYNC_SLOTS } from "./names.ts";

export function grandpaProtocol(
  chain: ChainIdentity,
  parts: Pick<NotificationProtocol, "handshake" | "accept">,
): NotificationProtocol {
  return {
    name: protocolName(chain, "grandpa/1"),
    messageBytesMax: MIB,
    queueMax: 1024,
    slots: SYNC_SLOTS,
    ...parts,
  };
}
