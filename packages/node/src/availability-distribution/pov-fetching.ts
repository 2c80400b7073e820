/**
 * Fetching a PoV from the very validator whose statement we hold: point to point, the hash checked.
 * Guide: PoV Distribution.
 */
import { err, ok, type Result } from "@parahost/base";
import { type Hash, type PoV, povHash } from "@parahost/primitives";
import type { Job, OfType } from "../overseer/context.ts";
import { unlessCancelled } from "../overseer/reply.ts";
import { queryRuntime } from "../runtime-api/query.ts";
import type { AvailabilityDistributionMessage, FetchPovError } from "./messages.ts";
import type { AvailabilityDistributionContext } from "./subsystem.ts";

type FetchPov = OfType<AvailabilityDistributionMessage, "fetchPov">;

export class PovFetching {
  readonly #context: AvailabilityDistributionContext;
  /** Fetches under way, by relay parent. */
  readonly #jobs = new Map<Hash, Set<Job>>();

  constructor(context: AvailabilityDistributionContext) {
    this.#context = context;
  }

  start(message: FetchPov): void {
    const { relayParent, reply } = message;
    const jobs = this.#jobs.get(relayParent) ?? new Set();
    this.#jobs.set(relayParent, jobs);
    const job = this.#context.spawn("fetch PoV", async (abort) => {
      abort.addEventListener("abort", () => reply.cancel(), { once: true });
      const fetched = await this.#fetch(message);
      if (!abort.aborted) reply(fetched);
    });
    jobs.add(job);
    void job.ended.then(() => {
      jobs.delete(job);
      if (jobs.size === 0 && this.#jobs.get(relayParent) === jobs) this.#jobs.delete(relayParent);
    });
  }

  /** Whoever asked for a PoV at this relay parent is told that there will be none. */
  dropRelayParent(relayParent: Hash): void {
    for (const job of this.#jobs.get(relayParent) ?? []) job.cancel();
    this.#jobs.delete(relayParent);
  }

  dropAll(): void {
    for (const relayParent of [...this.#jobs.keys()]) this.dropRelayParent(relayParent);
  }

  async #fetch(message: FetchPov): Promise<Result<PoV, FetchPovError>> {
    const context = this.#context;
    const { relayParent, fromValidator, candidateHash } = message;
    const session = await queryRuntime(context, relayParent, "sessionIndexForChild");
    if (session === undefined) return err({ code: "unavailable" });
    const info = await queryRuntime(context, relayParent, "sessionInfo", session);
    const authority = info?.discoveryKeys[fromValidator];
    if (authority === undefined) return err({ code: "unavailable" });
    const answer = await unlessCancelled(
      context.ask("network-bridge-tx", {
        type: "requestPov",
        to: { type: "authority", authority },
        payload: { candidateHash },
        ifDisconnected: "immediateError",
      }),
    );
    if (answer?.ok !== true) return err({ code: "unavailable" });
    const { peer, response } = answer.value;
    if (response.type === "noSuchPov") return err({ code: "noSuchPov" });
    if (povHash(response.value) === message.povHash) return ok(response.value);
    const report = { peer, change: "costMajor", reason: "PoV with a wrong hash" } as const;
    await context.send("network-bridge-tx", { type: "reportPeer", ...report });
    return err({ code: "wrongPov" });
  }
}
