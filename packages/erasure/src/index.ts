export { chunkIndexFor } from "./chunk-index.ts";
export {
  type EncodeError,
  type ErasureError,
  obtainChunks,
  reconstruct,
  reconstructFromSystematic,
} from "./chunks.ts";
export { type CodedPayload, directCoder, type ErasureCoder } from "./coder.ts";
export {
  branches,
  branchesOfHashes,
  CHUNK_PROOF_MAX_NODES,
  CHUNK_PROOF_NODE_MAX_BYTES,
  type ChunkProofError,
  type Commitment,
  verifyChunkProof,
} from "./commitment.ts";
export { type ErasureKernel, type IndexedChunk, tableKernel } from "./kernel.ts";
export {
  chunkLength,
  type ErasureParameters,
  erasureParameters,
  type ParametersError,
  recoveryThreshold,
  systematicThreshold,
  VALIDATORS_MAX,
  VALIDATORS_MIN,
} from "./parameters.ts";
export { wasmKernel } from "./wasm-kernel.ts";
