/**
 * Fetching our own chunk of every candidate that waits for availability, from the group that backed
 * it. One task per candidate, shared by the leaves that need it; a task that found nobody is
 * forgotten, and the next leaf starts it again.
 */
import { describe, type Logger, LruMap, type Random, shuffle } from "@parahost/base";
import { verifyChunkProof } from "@parahost/erasure";
import type { PeerId, ReputationClass } from "@parahost/network";
import {
  type AuthorityDiscoveryId,
  asCoreIndex,
  type CandidateHash,
  type CoreIndex,
  type ErasureChunk,
  type Hash,
  type OccupiedCore,
  type SessionIndex,
  type ValidatorIndex,
} from "@parahost/primitives";
import type { Job } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import { askingOrder, chunkIndexOf, type Session } from "./session.ts";
import type { AvailabilityDistributionContext } from "./subsystem.ts";

/** Sessions whose unhelpful validators are remembered. */
const SESSIONS_MAX = 8;
const TARGET = "parachain::availability-distribution";

interface Task {
  readonly leaves: Set<Hash>;
  job: Job | undefined;
}

export class ChunkFetching {
  readonly #context: AvailabilityDistributionContext;
  readonly #logger: Logger;
  readonly #random: Random;
  readonly #tasks = new Map<CandidateHash, Task>();
  readonly #failed = new LruMap<SessionIndex, Set<ValidatorIndex>>(SESSIONS_MAX);

  constructor(context: AvailabilityDistributionContext, logger: Logger, random: Random) {
    this.#context = context;
    this.#logger = logger;
    this.#random = random;
  }

  /** Candidates being fetched or already held, for leaves that are active. */
  get size(): number {
    return this.#tasks.size;
  }

  /** Starts or joins a task for each candidate on a core after `block`. */
  async addBlock(leaf: Hash, block: Hash, session: Session): Promise<void> {
    const cores = await queryRuntime(this.#context, block, "availabilityCores");
    for (const [index, core] of (cores ?? []).entries())
      if (core.type === "occupied") this.#add(leaf, asCoreIndex(index), core.value, session);
  }

  /** Tasks that no other leaf needs end. */
  dropLeaf(leaf: Hash): void {
    for (const [candidate, task] of this.#tasks) {
      task.leaves.delete(leaf);
      if (task.leaves.size > 0) continue;
      task.job?.cancel();
      this.#tasks.delete(candidate);
    }
  }

  dropAll(): void {
    for (const task of this.#tasks.values()) task.job?.cancel();
    this.#tasks.clear();
  }

  #add(leaf: Hash, core: CoreIndex, occupied: OccupiedCore, session: Session): void {
    const { ourIndex } = session;
    if (ourIndex === undefined) return;
    const { candidateHash } = occupied;
    const known = this.#tasks.get(candidateHash);
    if (known !== undefined) {
      known.leaves.add(leaf);
      return;
    }
    const task: Task = { leaves: new Set([leaf]), job: undefined };
    this.#tasks.set(candidateHash, task);
    task.job = this.#context.spawn("fetch chunk", async (abort) => {
      const isHeld = await this.#fetch(core, occupied, session, ourIndex, abort);
      if (!isHeld && this.#tasks.get(candidateHash) === task) this.#tasks.delete(candidateHash);
    });
  }

  /** True once the chunk is stored. */
  async #fetch(
    core: CoreIndex,
    occupied: OccupiedCore,
    session: Session,
    ourIndex: ValidatorIndex,
    abort: AbortSignal,
  ): Promise<boolean> {
    const { candidateHash, groupResponsible } = occupied;
    const question = { candidateHash, validatorIndex: ourIndex };
    const isStored = await unlessCancelled(
      this.#context.ask("availability-store", { type: "queryChunkAvailability", ...question }),
    );
    if (isStored === true) return true;
    const failed = this.#failedIn(session.index);
    const order = askingOrder(session, groupResponsible, failed, (validators) =>
      shuffle(this.#random, validators),
    );
    for (const validator of order) {
      if (abort.aborted) return false;
      const chunk = await this.#ask(validator, core, occupied, session, ourIndex);
      if (abort.aborted) return false;
      if (chunk === undefined) {
        failed.add(validator);
        continue;
      }
      failed.delete(validator);
      const stored = await unlessCancelled(
        this.#context.ask("availability-store", { type: "storeChunk", ...question, chunk }),
      );
      return stored === true;
    }
    this.#logger.log("debug", TARGET, "nobody has our chunk", { candidateHash });
    return false;
  }

  /** Our chunk from one validator, checked against the candidate's erasure root. */
  async #ask(
    validator: ValidatorIndex,
    core: CoreIndex,
    { candidateHash, candidateDescriptor }: OccupiedCore,
    session: Session,
    ourIndex: ValidatorIndex,
  ): Promise<ErasureChunk | undefined> {
    const authority: AuthorityDiscoveryId | undefined = session.info.discoveryKeys[validator];
    if (authority === undefined) return undefined;
    const answer = await unlessCancelled(
      this.#context.ask("network-bridge-tx", {
        type: "requestChunk",
        to: { type: "authority", authority },
        payload: { candidateHash, validatorIndex: ourIndex },
        ifDisconnected: "immediateError",
      }),
    );
    if (answer?.ok !== true) {
      this.#logger.log("debug", TARGET, "chunk request failed", {
        validator,
        candidateHash,
        failure: answer?.error,
      });
      return undefined;
    }
    const { peer, response } = answer.value;
    if (response.type === "noSuchChunk") return undefined;
    const chunk = response.value;
    const index = chunkIndexOf(session, ourIndex, core);
    if (chunk.index !== index) {
      await this.#report(peer, "costMajor", "chunk of another index");
      return undefined;
    }
    const { erasureRoot } = candidateDescriptor;
    const checked = verifyChunkProof(erasureRoot, index, chunk.chunk, chunk.proof);
    if (checked.ok) return chunk;
    this.#logger.log("debug", TARGET, "bad chunk", { peer, why: describe(checked.error) });
    await this.#report(peer, "costMajor", "chunk with a wrong proof");
    return undefined;
  }

  #report(peer: PeerId, change: ReputationClass, reason: string): Promise<void> {
    return this.#context.send("network-bridge-tx", { type: "reportPeer", peer, change, reason });
  }

  #failedIn(session: SessionIndex): Set<ValidatorIndex> {
    const known = this.#failed.get(session);
    if (known !== undefined) return known;
    const failed = new Set<ValidatorIndex>();
    this.#failed.set(session, failed);
    return failed;
  }
}
