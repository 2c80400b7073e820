/** `transactions/1`: extrinsics on their way to authors. Reference: consensus 7.4. */
import { OpaqueExtrinsic } from "@parahost/primitives";
import { type Codec, vec } from "@parahost/scale";
import type { NotificationProtocol } from "../port.ts";
import { type ChainIdentity, MIB, protocolName } from "./names.ts";

export const Transactions: Codec<readonly OpaqueExtrinsic[]> = vec(OpaqueExtrinsic);

export function transactionsProtocol(
  chain: ChainIdentity,
  parts: Pick<NotificationProtocol, "handshake" | "accept">,
): NotificationProtocol {
  return {
    name: protocolName(chain, "transactions/1"),
    messageBytesMax: 16 * MIB,
    queueMax: 256,
    ...parts,
  };
}
