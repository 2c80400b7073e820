/**
 * One recovery, from the cheapest source to the last: our own store, a backer that has it all, the
 * chunks that are the data themselves, any chunks. Guide: Availability Recovery.
 */
import {
  type Clock,
  describe,
  err,
  expectOk,
  type Logger,
  ok,
  type Random,
  type Result,
  shuffle,
  sleep,
} from "@parahost/base";
import type { Keystore } from "@parahost/crypto";
import {
  chunkIndexFor,
  type ErasureCoder,
  systematicThreshold,
  verifyChunkProof,
} from "@parahost/erasure";
import type { PeerId } from "@parahost/network";
import {
  type AvailableData,
  type CandidateHash,
  type Hash,
  isFeatureOn,
  recoveryThreshold,
  type SessionInfo,
  type ValidatorIndex,
} from "@parahost/primitives";
import type { Context } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import { ChunkHunt } from "./chunk-hunt.ts";
import type { AvailabilityRecoveryMessage, RecoveryError } from "./messages.ts";
import { hasErasureRoot, rebuild } from "./rebuild.ts";

const TARGET = "parachain::availability-recovery";
/** Candidates of less are asked of their backers whole. */
const SMALL_POV_BYTES = 128 * 1024;
const ATTEMPTS_MAX = 5;
const SYSTEMATIC_ATTEMPTS_MAX = 2;
/** With nothing coming in for so long more are asked at once. */
const PATIENCE_MS = 1000;

export type AvailabilityRecoverySends = "availability-store" | "network-bridge-tx" | "runtime-api";
export type AvailabilityRecoveryContext = Context<
  "availability-recovery",
  AvailabilityRecoverySends
>;

export interface AvailabilityRecoveryDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  readonly coder: ErasureCoder;
  /** To know which validator we are. */
  readonly keystore: Keystore;
}

export type RecoverMessage = Extract<
  AvailabilityRecoveryMessage,
  { readonly type: "recoverAvailableData" }
>;
export type RecoveryOutcome = Result<AvailableData, RecoveryError>;

const UNAVAILABLE: RecoveryOutcome = err({ code: "unavailable" });

export class Recovery {
  readonly #context: AvailabilityRecoveryContext;
  readonly #deps: AvailabilityRecoveryDependencies;
  readonly #candidateHash: CandidateHash;
  readonly #question: RecoverMessage;
  readonly #abort: AbortSignal;

  constructor(
    context: AvailabilityRecoveryContext,
    deps: AvailabilityRecoveryDependencies,
    candidateHash: CandidateHash,
    question: RecoverMessage,
    abort: AbortSignal,
  ) {
    this.#context = context;
    this.#deps = deps;
    this.#candidateHash = candidateHash;
    this.#question = question;
    this.#abort = abort;
  }

  /** `block` is one whose state knows the session. */
  async run(block: Hash | undefined): Promise<RecoveryOutcome> {
    const candidateHash = this.#candidateHash;
    // What is stored was compared with the root when it was stored.
    const stored = await unlessCancelled(
      this.#context.ask("availability-store", { type: "queryAvailableData", candidateHash }),
    );
    if (stored !== undefined) return ok(stored);
    if (block === undefined) return UNAVAILABLE;
    const { session, coreIndex, backingGroup } = this.#question;
    const info = await queryRuntime(this.#context, block, "sessionInfo", session);
    const features = await queryRuntime(this.#context, block, "nodeFeatures", session);
    if (info === undefined || features === undefined) return UNAVAILABLE;
    if (backingGroup !== undefined && (await this.#isSmall(info))) {
      const whole = await this.#fromBackers(info, info.validatorGroups[backingGroup] ?? []);
      if (whole !== undefined) return ok(whole);
    }
    const isMapped = isFeatureOn(features, "availabilityChunkMapping");
    if (isMapped && coreIndex === undefined)
      // Whose chunk has which index is then anybody's guess: the answer tells, and the proof decides.
      return this.#fromChunks(info, () => undefined, new Map());
    const indexOf = (validator: ValidatorIndex): number =>
      expectOk(
        chunkIndexFor(validator, coreIndex ?? 0, info.validators.length, isMapped),
        "a session has enough validators",
      );
    const chunks = new Map<number, Uint8Array>();
    if (isMapped) {
      const recovered = await this.#fromSystematic(info, indexOf, chunks);
      if (recovered !== undefined) return recovered;
    }
    return this.#fromChunks(info, indexOf, chunks);
  }

  // Backers

  /** By the size of a chunk at hand; unknown is not small. */
  async #isSmall(info: SessionInfo): Promise<boolean> {
    const candidateHash = this.#candidateHash;
    const chunkBytes = await unlessCancelled(
      this.#context.ask("availability-store", { type: "queryChunkSize", candidateHash }),
    );
    return chunkBytes !== undefined && (chunkBytes * info.validators.length) / 3 < SMALL_POV_BYTES;
  }

  async #fromBackers(
    info: SessionInfo,
    group: readonly ValidatorIndex[],
  ): Promise<AvailableData | undefined> {
    const candidateHash = this.#candidateHash;
    for (const validator of shuffle(this.#deps.random, this.#others(info, group))) {
      const authority = info.discoveryKeys[validator];
      if (authority === undefined || this.#abort.aborted) continue;
      const answer = await unlessCancelled(
        this.#context.ask("network-bridge-tx", {
          type: "requestAvailableData",
          to: { type: "authority", authority },
          payload: { candidateHash },
          ifDisconnected: "immediateError",
        }),
      );
      if (answer?.ok !== true || answer.value.response.type === "noSuchData") continue;
      const { peer, response } = answer.value;
      const { erasureRoot } = this.#question.candidateReceipt.descriptor;
      const { coder } = this.#deps;
      if (await hasErasureRoot(coder, response.value, info.validators.length, erasureRoot))
        return response.value;
      await this.#punish(peer, "data without the candidate's erasure root");
    }
    return undefined;
  }

  // Chunks

  async #fromSystematic(
    info: SessionInfo,
    indexOf: (validator: ValidatorIndex) => number,
    chunks: Map<number, Uint8Array>,
  ): Promise<RecoveryOutcome | undefined> {
    const needed = expectOk(
      systematicThreshold(info.validators.length),
      "a session has enough validators",
    );
    await this.#addOwn(chunks);
    const systematic = new Map([...chunks].filter(([index]) => index < needed));
    const order = this.#others(info).filter((validator) => {
      const index = indexOf(validator);
      return index < needed && !systematic.has(index);
    });
    const hunt = new ChunkHunt(needed, SYSTEMATIC_ATTEMPTS_MAX, order, systematic);
    const isComplete = await this.#hunt(info, indexOf, hunt);
    for (const [index, chunk] of systematic) chunks.set(index, chunk);
    return isComplete ? this.#rebuild(info, systematic) : undefined;
  }

  async #fromChunks(
    info: SessionInfo,
    indexOf: (validator: ValidatorIndex) => number | undefined,
    chunks: Map<number, Uint8Array>,
  ): Promise<RecoveryOutcome> {
    await this.#addOwn(chunks);
    const order = this.#others(info).filter((validator) => {
      const index = indexOf(validator);
      return index === undefined || !chunks.has(index);
    });
    const needed = recoveryThreshold(info.validators.length);
    const asked = shuffle(this.#deps.random, order);
    const hunt = new ChunkHunt(needed, ATTEMPTS_MAX, asked, chunks);
    if (await this.#hunt(info, indexOf, hunt)) return this.#rebuild(info, chunks);
    this.#deps.logger.log("debug", TARGET, "too few chunks", {
      candidate: this.#candidateHash,
      have: chunks.size,
      needed,
    });
    return UNAVAILABLE;
  }

  async #addOwn(chunks: Map<number, Uint8Array>): Promise<void> {
    const candidateHash = this.#candidateHash;
    const own = await unlessCancelled(
      this.#context.ask("availability-store", { type: "queryAllChunks", candidateHash }),
    );
    for (const { chunk } of own ?? []) chunks.set(chunk.index, chunk.chunk);
  }

  /** True once the hunt is complete, false when it is hopeless or nobody wants it any more. */
  async #hunt(
    info: SessionInfo,
    indexOf: (validator: ValidatorIndex) => number | undefined,
    hunt: ChunkHunt,
  ): Promise<boolean> {
    let landed: () => void = () => {};
    while (!hunt.isComplete && !hunt.isHopeless && !this.#abort.aborted) {
      const anyLanded = new Promise<void>((resolve) => {
        landed = resolve;
      });
      for (let next = hunt.next(); next !== undefined; next = hunt.next()) {
        const validator = next;
        this.#context.spawn("fetch chunk", async () => {
          await this.#fetch(info, validator, indexOf(validator), hunt);
          landed();
        });
      }
      const patience = new AbortController();
      const timer = sleep(this.#deps.clock, PATIENCE_MS, patience.signal);
      const isSlow = await Promise.race([anyLanded.then(() => false), timer]);
      patience.abort();
      if (isSlow) hunt.lostPatience();
    }
    return hunt.isComplete;
  }

  async #fetch(
    info: SessionInfo,
    validator: ValidatorIndex,
    expectedIndex: number | undefined,
    hunt: ChunkHunt,
  ): Promise<void> {
    const authority = info.discoveryKeys[validator];
    if (authority === undefined) return hunt.refused();
    const answer = await unlessCancelled(
      this.#context.ask("network-bridge-tx", {
        type: "requestChunk",
        to: { type: "authority", authority },
        payload: { candidateHash: this.#candidateHash, validatorIndex: validator },
        ifDisconnected: "tryConnect",
      }),
    );
    if (answer?.ok !== true) {
      if (answer?.error.code === "undecodable") hunt.refused();
      else hunt.failed(validator);
      return;
    }
    const { peer, response } = answer.value;
    if (response.type === "noSuchChunk") return hunt.refused();
    const { chunk, index, proof } = response.value;
    const { erasureRoot } = this.#question.candidateReceipt.descriptor;
    const checked = verifyChunkProof(erasureRoot, index, chunk, proof);
    if (checked.ok && (expectedIndex === undefined || expectedIndex === index)) {
      hunt.found(index, chunk);
      return;
    }
    hunt.refused();
    const why = checked.ok ? "another index" : describe(checked.error);
    this.#deps.logger.log("debug", TARGET, "bad chunk", { peer, why });
    await this.#punish(peer, checked.ok ? "chunk of another index" : "chunk with a wrong proof");
  }

  #rebuild(info: SessionInfo, chunks: ReadonlyMap<number, Uint8Array>): Promise<RecoveryOutcome> {
    const { erasureRoot } = this.#question.candidateReceipt.descriptor;
    return rebuild(this.#deps.coder, [...chunks], info.validators.length, erasureRoot);
  }

  /** These validators, all without a list, but us. */
  #others(info: SessionInfo, among?: readonly ValidatorIndex[]): ValidatorIndex[] {
    const own = new Set<string>(this.#deps.keystore.publicKeys("para"));
    const indices = among ?? info.validators.map((_, index) => index as ValidatorIndex);
    return indices.filter((index) => !own.has(info.validators[index] ?? ""));
  }

  #punish(peer: PeerId, reason: string): Promise<void> {
    const change = "costMajor";
    return this.#context.send("network-bridge-tx", { type: "reportPeer", peer, change, reason });
  }
}
