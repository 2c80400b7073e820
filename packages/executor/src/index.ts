export type { CodePosition } from "./backtrace.ts";
export { type BlobError, type BlobKind, compressBlob, decompressBlob } from "./blob.ts";
export { customSection, functionNames, sourceMapUrl } from "./debug/custom-section.ts";
export {
  type ExplainedFault,
  explainFault,
  faultLine,
  type SourceFrame,
} from "./debug/explain-fault.ts";
export { type BadSourceMap, SourceMap } from "./debug/source-map.ts";
export {
  type BadExecutorParams,
  DEFAULT_ENGINE_PARAMETERS,
  type EngineParameters,
  engineParameters,
  preparationHash,
  type Timeouts,
} from "./engine-parameters.ts";
export {
  CODE_LIMIT_BYTES,
  type ExecutionKind,
  type ExecutionOutcome,
  type ExecutionPriority,
  type ExecutionRequest,
  type Executor,
  type InternalReason,
  type InvalidReason,
  type PossiblyInvalidReason,
  type PreparationKind,
  type PreparationRefusal,
  type PreparationRequest,
  type PrepareResult,
} from "./executor.ts";
export { explainRefusal } from "./explain-refusal.ts";
export type { SourceLocation } from "./host/guest-trap.ts";
export { InlineExecutor, type InlineExecutorOptions } from "./inline-executor.ts";
export { type IsolationMeasure, workerIsolation } from "./pool/isolation.ts";
export { ProcessPoolExecutor, type ProcessPoolOptions } from "./pool/process-pool-executor.ts";
export type { WorkerOptions } from "./pool/worker-process.ts";
export {
  type CheckedPvf,
  checkPvf,
  hostFunction,
  type PreparedPvf,
  type PrepareOptions,
  preparePvf,
} from "./pvf.ts";
export {
  callGuest,
  callValidateBlock,
  type GuestAnswer,
  type GuestCall,
  type GuestFault,
  type Oracle,
  type RawAnswer,
  type TrapCause,
  validateBlock,
} from "./validate-block.ts";
export { type FailureClass, RETRY_PAUSE_MS, type Verdict, verdictOf } from "./verdict.ts";
export type { WasmRefusal, WasmRefusalCode } from "./wasm/refusal.ts";
