/** `req_pov/1`: the PoV of a candidate, from who signed a statement about it. Node-side reference, 3.3. */
import { CandidateHash, PoV } from "@parahost/primitives";
import { struct, type ValueOf, variant } from "@parahost/scale";
import type { RequestProtocol } from "../port.ts";
import {
  type ChainIdentity,
  PARACHAIN_REQUEST_BYTES_MAX,
  POV_RESPONSE_BYTES_MAX,
  protocolName,
} from "./names.ts";

export const PovFetchingRequest = struct({ candidateHash: CandidateHash });
export type PovFetchingRequest = ValueOf<typeof PovFetchingRequest>;

export const PovFetchingResponse = variant({ pov: [0, PoV], noSuchPov: 1 });
export type PovFetchingResponse = ValueOf<typeof PovFetchingResponse>;

export function povFetchingProtocol(chain: ChainIdentity): RequestProtocol {
  return {
    name: protocolName(chain, "req_pov/1"),
    requestBytesMax: PARACHAIN_REQUEST_BYTES_MAX,
    responseBytesMax: POV_RESPONSE_BYTES_MAX,
    timeoutMs: 1200,
    inboundMax: 10,
  };
}
