/**
 * The port through which the node has validation code prepared and run. Implementations: `InlineExecutor`, in
 * the caller's thread and repeatable, for the simulator; `ProcessPoolExecutor`, in killable processes, for the
 * world. `testing/executor-suite.ts` says what both must do.
 *
 * Guide: Candidate Validation. Reference: runtime-and-primitives.md 3.4 to 3.6, node-side.md 5.18.
 */

import type {
  ExecutorParams,
  ValidationCodeHash,
  ValidationParams,
  ValidationResult,
} from "@parahost/primitives";
import type { BlobError } from "./blob.ts";
import type { BadExecutorParams } from "./engine-parameters.ts";
import type { GuestFault } from "./validate-block.ts";
import type { WasmRefusal } from "./wasm/refusal.ts";

/** What an execution is for; decides its time limit and what a failure means. */
export type ExecutionKind = "backing" | "approval" | "dispute";

/** Who goes first when more is asked than can run. */
export type ExecutionPriority = "dispute" | "approval" | "backingSystemPara" | "backing";

/** Pre-checking decides over registration, under a stricter time limit. */
export type PreparationKind = "precheck" | "prepare";

export interface PreparationRequest {
  /** As stored on chain, compressed or not. */
  readonly code: Uint8Array;
  readonly executorParams: ExecutorParams;
  /** `prepare` unless said otherwise. */
  readonly kind?: PreparationKind;
  /** Bytes that the code may have after decompression; 30 MiB unless said otherwise. */
  readonly codeLimitBytes?: number;
}

export type PrepareResult =
  | { readonly type: "prepared"; readonly cpuMs: number }
  /** By the code's own fault: everybody who prepares it under these parameters comes to this. */
  | { readonly type: "refused"; readonly reason: PreparationRefusal }
  /** Too slow for the limit, which another machine might keep. */
  | { readonly type: "timeout" }
  /** By ours. */
  | { readonly type: "failed"; readonly reason: InternalReason };

export type PreparationRefusal =
  | { readonly code: "wasm"; readonly refusal: WasmRefusal }
  | { readonly code: "decompression"; readonly cause: BlobError }
  /** Preparing it takes more memory than the session's parameters allow; found in pre-checking only. */
  | { readonly code: "outOfMemory"; readonly limitBytes: number };

export interface ExecutionRequest {
  /** BLAKE2b-256 of `code`, which the caller has compared with the descriptor. */
  readonly codeHash: ValidationCodeHash;
  /** As stored on chain, compressed or not. */
  readonly code: Uint8Array;
  /** With the block data as the PoV carries it, compressed or not. */
  readonly params: ValidationParams;
  readonly executorParams: ExecutorParams;
  readonly kind: ExecutionKind;
  /** That of the kind unless said otherwise. */
  readonly priority?: ExecutionPriority;
  /** CPU milliseconds; what the parameters give the kind unless said otherwise. */
  readonly timeoutMs?: number;
  /** Bytes that the code may have after decompression; 30 MiB unless said otherwise. */
  readonly codeLimitBytes?: number;
  /** Takes the job back as long as it waits; one that runs is finished. */
  readonly signal?: AbortSignal;
}

export type ExecutionOutcome =
  /** The validation function has given a well-formed result; whether it fits the candidate is not known here. */
  | { readonly type: "valid"; readonly result: ValidationResult; readonly cpuMs: number }
  /** Beyond doubt the candidate's fault. */
  | { readonly type: "invalid"; readonly reason: InvalidReason }
  /** The worker came to harm by itself, which a hostile candidate may have caused. */
  | { readonly type: "possiblyInvalid"; readonly reason: PossiblyInvalidReason }
  /** Our fault: says nothing about the candidate. */
  | { readonly type: "internal"; readonly reason: InternalReason };

export type InvalidReason =
  | GuestFault
  | { readonly code: "povDecompression"; readonly cause: BlobError };

export type PossiblyInvalidReason =
  /** Ended by a signal of its own making: SIGSEGV, SIGILL, SIGSYS, SIGABRT, … */
  | { readonly code: "workerDied"; readonly signal: string }
  /** The engine failed in a way that it should not be able to. */
  | { readonly code: "jobError"; readonly message: string };

export type InternalReason =
  /** The chain should not have accepted this code: an alarm. */
  | { readonly code: "preparation"; readonly cause: PreparationRefusal }
  | { readonly code: "preparationTimeout" }
  | BadExecutorParams
  /** The code does not hash to what the caller says. */
  | { readonly code: "codeHashMismatch" }
  /** By a signal from outside, or it ended without a word. */
  | { readonly code: "workerKilled"; readonly signal: string }
  /** Much more time than CPU time has gone by: the machine is busy, suspended or swapping. */
  | { readonly code: "wallClock"; readonly wallMs: number; readonly cpuMs: number }
  /** Half an answer, an answer to another job, or one that cannot be true. */
  | { readonly code: "badAnswer"; readonly detail: string }
  | { readonly code: "spawnFailed"; readonly message: string }
  | { readonly code: "outOfHostMemory" }
  | { readonly code: "nativeStackExhausted" }
  | { readonly code: "queueFull"; readonly capacity: number }
  | { readonly code: "cancelled" }
  | { readonly code: "closed" };

export interface Executor {
  /** Checks and compiles code ahead of its first use. */
  prepare(request: PreparationRequest): Promise<PrepareResult>;
  /** Runs `validate_block` once. Settles in bounded time and never rejects for what a candidate does. */
  validate(request: ExecutionRequest): Promise<ExecutionOutcome>;
  /** Ends everything; what is under way settles as `internal: closed`. */
  close(): Promise<void>;
}

/** Limit after decompression for code of up to 3 MiB, when the runtime does not say another. */
export const CODE_LIMIT_BYTES: number = 30 * 2 ** 20;
