/**
 * `send_dispute/1`: two opposing votes on a candidate, from a validator to every authority. It is
 * answered once the votes are on the receiver's disk. Node-side reference, 3.3, 5.25.
 */
import { UncheckedDisputeMessage } from "@parahost/primitives";
import { type ValueOf, variant } from "@parahost/scale";
import type { RequestProtocol } from "../port.ts";
import { type ChainIdentity, PARACHAIN_REQUEST_BYTES_MAX, protocolName } from "./names.ts";

export const SendDisputeRequest = UncheckedDisputeMessage;
export type SendDisputeRequest = ValueOf<typeof SendDisputeRequest>;

export const SendDisputeResponse = variant({ confirmed: 0 });
export type SendDisputeResponse = ValueOf<typeof SendDisputeResponse>;

/** How long a sender waits for the confirmation; receivers answer well before. */
export const SEND_DISPUTE_TIMEOUT_MS = 12_000;

export function sendDisputeProtocol(chain: ChainIdentity): RequestProtocol {
  return {
    name: protocolName(chain, "send_dispute/1"),
    requestBytesMax: PARACHAIN_REQUEST_BYTES_MAX,
    responseBytesMax: 100,
    timeoutMs: SEND_DISPUTE_TIMEOUT_MS,
    inboundMax: 100,
  };
}
