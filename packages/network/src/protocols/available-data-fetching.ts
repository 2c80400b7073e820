/** `req_available_data/1`: PoV and validation data of a candidate, from its backers. Node-side reference, 3.3. */
import { AvailableData, CandidateHash } from "@parahost/primitives";
import { struct, type ValueOf, variant } from "@parahost/scale";
import type { RequestProtocol } from "../port.ts";
import {
  type ChainIdentity,
  PARACHAIN_REQUEST_BYTES_MAX,
  POV_RESPONSE_BYTES_MAX,
  protocolName,
} from "./names.ts";

export const AvailableDataFetchingRequest = struct({ candidateHash: CandidateHash });
export type AvailableDataFetchingRequest = ValueOf<typeof AvailableDataFetchingRequest>;

export const AvailableDataFetchingResponse = variant({
  availableData: [0, AvailableData],
  noSuchData: 1,
});
export type AvailableDataFetchingResponse = ValueOf<typeof AvailableDataFetchingResponse>;

export function availableDataFetchingProtocol(chain: ChainIdentity): RequestProtocol {
  return {
    name: protocolName(chain, "req_available_data/1"),
    requestBytesMax: PARACHAIN_REQUEST_BYTES_MAX,
    responseBytesMax: POV_RESPONSE_BYTES_MAX,
    timeoutMs: 1200,
    inboundMax: 100,
  };
}
