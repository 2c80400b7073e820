/** `req_chunk/2`: one erasure chunk of a candidate, with its proof. Node-side reference, 3.3. */
import { CandidateHash, ErasureChunk, ValidatorIndex } from "@parahost/primitives";
import { struct, type ValueOf, variant } from "@parahost/scale";
import type { RequestProtocol } from "../port.ts";
import {
  type ChainIdentity,
  PARACHAIN_REQUEST_BYTES_MAX,
  POV_RESPONSE_BYTES_MAX,
  protocolName,
} from "./names.ts";

/** The chunk that a validator should hold, by its index in the candidate's session. */
export const ChunkFetchingRequest = struct({
  candidateHash: CandidateHash,
  validatorIndex: ValidatorIndex,
});
export type ChunkFetchingRequest = ValueOf<typeof ChunkFetchingRequest>;

export const ChunkFetchingResponse = variant({ chunk: [0, ErasureChunk], noSuchChunk: 1 });
export type ChunkFetchingResponse = ValueOf<typeof ChunkFetchingResponse>;

export function chunkFetchingProtocol(chain: ChainIdentity): RequestProtocol {
  return {
    name: protocolName(chain, "req_chunk/2"),
    requestBytesMax: PARACHAIN_REQUEST_BYTES_MAX,
    responseBytesMax: 3 * POV_RESPONSE_BYTES_MAX,
    timeoutMs: 1000,
    inboundMax: 100,
  };
}
