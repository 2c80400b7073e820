/** `transactions/1`: extrinsics on their way to authors. Reference: consensus 7.4. */
import { OpaqueExtrinsic } from "@parahost/primitives";
import { type Codec, vec } from "@parahost/scale";
import type { NotificationProtocol } from "../port.ts";
import { type ChainIdentity, MIB, protocolName, SYNC_SLOTS } from "./names.ts";

/** Extrinsics in one message; more than a pool takes in is malformed. */
export const TRANSACTIONS_PER_MESSAGE_MAX = 4096;

export const Transactions: Codec<readonly OpaqueExtrinsic[]> = vec(
  OpaqueExtrinsic,
  TRANSACTIONS_PER_MESSAGE_MAX,
);

export function transactionsProtocol(
  chain: ChainIdentity,
  parts: Pick<NotificationProtocol, "handshake" | "accept">,
): NotificationProtocol {
  return {
    name: protocolName(chain, "transactions/1"),
    messageBytesMax: 16 * MIB,
    queueMax: 256,
    slots: SYNC_SLOTS,
    ...parts,
  };
}
