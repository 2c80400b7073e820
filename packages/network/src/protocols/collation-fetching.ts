/** `req_collation/2`: an advertised collation, from its collator. Node-side reference, 3.3. */
import { CandidateHash, CandidateReceipt, Hash, HeadData, ParaId, PoV } from "@parahost/primitives";
import { struct, type ValueOf, variant } from "@parahost/scale";
import type { RequestProtocol } from "../port.ts";
import {
  type ChainIdentity,
  PARACHAIN_REQUEST_BYTES_MAX,
  POV_RESPONSE_BYTES_MAX,
  protocolName,
} from "./names.ts";

export const CollationFetchingRequest = struct({
  relayParent: Hash,
  paraId: ParaId,
  candidateHash: CandidateHash,
});
export type CollationFetchingRequest = ValueOf<typeof CollationFetchingRequest>;

export const CollationFetchingResponse = variant({
  collation: [0, struct({ candidateReceipt: CandidateReceipt, pov: PoV })],
  /** For a receiver that may not know the head that the candidate builds on. */
  collationWithParentHeadData: [
    1,
    struct({ candidateReceipt: CandidateReceipt, pov: PoV, parentHeadData: HeadData }),
  ],
});
export type CollationFetchingResponse = ValueOf<typeof CollationFetchingResponse>;

export function collationFetchingProtocol(chain: ChainIdentity): RequestProtocol {
  return {
    name: protocolName(chain, "req_collation/2"),
    requestBytesMax: PARACHAIN_REQUEST_BYTES_MAX,
    responseBytesMax: POV_RESPONSE_BYTES_MAX,
    timeoutMs: 1200,
    inboundMax: 10,
  };
}
